import { DiskVolume } from './disk-volume.ts';
import { makeFolders, removeAll } from './durable.ts';
import { Layout } from './layout.ts';
import { readModes } from './modes.ts';
import type { AgentOptions, Clock } from './ports.ts';
import { recover, type Bench } from './transact.ts';
import { errnoOf, onVolume } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { WriterLock } from './writer-lock.ts';

/** The clocks of this machine. */
export const SYSTEM_CLOCK: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

/**
 * Takes the data directory and ends whatever an earlier process was interrupted in.
 * @throws SyncError AnotherWriter, OwnerMismatch, VolumeFailed, InsufficientSpace
 */
export async function open(options: AgentOptions): Promise<{ readonly bench: Bench; readonly lock: WriterLock }> {
  return onVolume('starting', async () => {
    const volume = options.volume?.(options.dataDir) ?? new DiskVolume(options.dataDir);
    const layout = new Layout(volume);
    const bench: Bench = { layout, clock: options.clock ?? SYSTEM_CLOCK, onStep: options.onStep };
    let lock: WriterLock | undefined;
    try {
      for (const folder of [layout.own, layout.manifests, layout.staging, layout.snapshots]) makeFolders(volume, folder);
      lock = await WriterLock.take(volume, layout.lock);
      await removeAll(volume, layout.proof);
      await recover(bench);
      return { bench, lock };
    } catch (error) {
      return await closed(volume, lock, error);
    }
  });
}

/** Ends an opening that failed. @throws SyncError OwnerMismatch when that is why the volume refused, else `error` */
async function closed(volume: VolumeFs, lock: WriterLock | undefined, error: unknown): Promise<never> {
  try {
    await lock?.release();
    if (['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) readModes(volume);
  } finally {
    volume[Symbol.dispose]();
  }
  throw error;
}

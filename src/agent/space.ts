import { statfs } from 'node:fs/promises';
import { SyncError } from '../domain/errors.ts';
import type { VolumeSpace } from './ports.ts';

const MiB = 1024 * 1024;
const FLOOR = 512 * MiB;

export async function volumeSpace(folder: string): Promise<VolumeSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

/**
 * Keeps max(512 MiB, 10 %) of the volume free for the gateway after `needed` more bytes.
 * @throws SyncError InsufficientSpace
 */
export function guardSpace(volume: VolumeSpace, needed: number): void {
  const keep = Math.max(FLOOR, volume.total / 10);
  if (volume.free - needed >= keep) return;
  throw new SyncError(
    'InsufficientSpace',
    `The sync needs ${inMiB(needed)} on the gateway's volume, ${inMiB(volume.free)} are free and ${inMiB(keep)} must stay free for the gateway. Enlarge or clean the volume.`,
  );
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / MiB)} MiB`;
}

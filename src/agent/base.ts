import type { ApplyInput } from '../contract/gateway-activities.ts';
import { NO_MANIFEST, type Digest, type ManifestLines } from '../domain/manifest.ts';
import { hashFile } from './hash.ts';
import type { Layout } from './layout.ts';
import { obtainManifest } from './manifests.ts';
import type { Doing, RelayClient } from './ports.ts';
import type { State } from './state.ts';
import { Blocked, errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** What a step takes to be ours on the gateway before it. */
export interface Base {
  readonly digest: Digest;
  readonly manifest: ManifestLines;
  /** The record on the volume is lost, and what the gateway confirmed last stands in for it: nobody knows what each path holds since then. */
  readonly standsIn: boolean;
}

/**
 * What our record says is live. Where there is no record, what the gateway confirmed last, if this is still the volume that it confirmed it
 * on; a volume that is new has a first apply.
 * @throws SyncError ContentUnavailable, RelayUnreachable: what was confirmed is never passed over only because it cannot be had now
 */
export async function baseOf(layout: Layout, relay: RelayClient, state: State, step: ApplyInput, doing: Doing): Promise<Base> {
  const { live, seq, recordLost = seq === 0 } = state;
  const { lastConfirmed } = step;
  if (live === NO_MANIFEST && recordLost && lastConfirmed !== undefined && lastConfirmed !== NO_MANIFEST) {
    const manifest = await obtainManifest(layout, relay, lastConfirmed, doing.signal);
    if (await standsThere(layout.volume, manifest, doing)) return { digest: lastConfirmed, manifest, standsIn: true };
  }
  return { digest: live, manifest: await obtainManifest(layout, relay, live, doing.signal), standsIn: false };
}

/** Whether most files of a manifest are on the volume with their bytes. */
async function standsThere(volume: VolumeFs, manifest: ManifestLines, { signal, onProgress }: Doing): Promise<boolean> {
  const of = manifest.count();
  let [asked, equal] = [0, 0];
  for (const { path, sha256, ifAbsent } of manifest.entries()) {
    await giveWay(asked);
    signal.throwIfAborted();
    if (asked % 200 === 0) onProgress({ doing: 'comparing', files: asked, of });
    if (ifAbsent) continue; // may be the gateway's own
    asked += 1;
    if ((await digestAt(volume, path)) === sha256) equal += 1;
  }
  return equal * 2 > asked;
}

async function digestAt(volume: VolumeFs, path: string): Promise<Digest | undefined> {
  try {
    return await hashFile(volume, path);
  } catch (error) {
    if (error instanceof Blocked || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

import { join } from 'node:path';
import { MAX_BLOBS_PER_REQUEST } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import { hashFile, readPieces } from './hash.ts';
import type { Modes } from './modes.ts';
import type { Doing, RelayClient } from './ports.ts';
import { receive, type Scratch } from './scratch.ts';
import type { VolumeFs } from './volume-fs.ts';

/** A file that shall lie in scratch. */
export interface Needed {
  readonly path: string;
  readonly after: FileState;
}

export interface ContentSources {
  readonly relay: RelayClient;
  /** The live tree, and in it a path that should have each digest: what is on the volume is not fetched. */
  readonly tree: VolumeFs;
  readonly liveByDigest: ReadonlyMap<Digest, string>;
}

/** The files of a plan that still have to be brought to scratch. */
export async function missingFiles(scratch: Scratch, needed: readonly Needed[], trusted: boolean, doing: Doing): Promise<Needed[]> {
  const missing: Needed[] = [];
  for (const [index, file] of needed.entries()) {
    if (index % 200 === 0) doing.signal.throwIfAborted();
    if (!(await isThere(scratch.volume, join(scratch.root, file.path), file.after, trusted))) missing.push(file);
  }
  return missing;
}

/**
 * Brings content to scratch: from the live tree where it is there, else from the relay, each digest checked.
 * Interrupted, it can be called again: what is in scratch stays.
 * @returns files and bytes that came from the relay
 */
export async function fetchFiles(
  scratch: Scratch,
  missing: readonly Needed[],
  from: ContentSources,
  modes: Modes,
  doing: Doing,
): Promise<{ files: number; bytes: number }> {
  const byDigest = Map.groupBy(missing, ({ after }) => after.sha256);
  const store = async (digest: Digest, body: AsyncIterable<Uint8Array>): Promise<boolean> => {
    const [first, ...more] = byDigest.get(digest) ?? [];
    if (!first) return false;
    const place = scratch.placeFor(first.path);
    if ((await receive(scratch.volume, place, body, first.after.mode, modes.owner)) !== digest) {
      scratch.volume.remove(place);
      return false;
    }
    for (const { path, after } of more) await copyFile(scratch.volume, place, scratch.placeFor(path), after.mode, modes.owner);
    byDigest.delete(digest);
    return true;
  };

  for (const digest of [...byDigest.keys()]) {
    const path = from.liveByDigest.get(digest);
    if (path !== undefined) await storeLive(from.tree, path, digest, store);
  }
  const wanted = [...byDigest.keys()];
  let files = 0;
  let bytes = 0;
  for (let at = 0; at < wanted.length; at += MAX_BLOBS_PER_REQUEST) {
    const batch = wanted.slice(at, at + MAX_BLOBS_PER_REQUEST);
    for await (const blob of from.relay.blobs(batch, doing.signal)) {
      if (!byDigest.has(blob.sha256))
        throw new SyncError('ContentUnavailable', `The relay sent content that was not asked for: ${blob.sha256}.`);
      if (!(await store(blob.sha256, blob.body))) throw new SyncError('ContentUnavailable', `Content ${blob.sha256} arrived damaged.`);
      files += 1;
      bytes += blob.size;
      doing.onProgress({ doing: 'fetching', files, of: wanted.length });
    }
    const absent = batch.find((digest) => byDigest.has(digest));
    if (absent !== undefined)
      throw new SyncError(
        'ContentUnavailable',
        `The relay has no content ${absent}, needed for ${String(byDigest.get(absent)?.[0]?.path)}.`,
      );
  }
  return { files, bytes };
}

async function isThere(volume: VolumeFs, path: string, after: FileState, trusted: boolean): Promise<boolean> {
  const standing = volume.look(path);
  if (standing.kind !== 'file') return false;
  const { size, mode } = standing.stat;
  if (size !== after.size || (mode & 0o7777) !== after.mode) return false;
  return trusted || (await hashFile(volume, path)) === after.sha256;
}

async function storeLive(
  tree: VolumeFs,
  path: string,
  digest: Digest,
  store: (digest: Digest, body: AsyncIterable<Uint8Array>) => Promise<boolean>,
): Promise<void> {
  if (tree.look(path).kind !== 'file') return;
  const fd = tree.open(path);
  if (fd === undefined) return;
  try {
    await store(digest, readPieces(fd));
  } finally {
    tree.close(fd);
  }
}

async function copyFile(volume: VolumeFs, from: string, to: string, mode: number, owner: Modes['owner']): Promise<void> {
  const fd = volume.open(from);
  if (fd === undefined) throw new SyncError('VolumeFailed', `Scratch file ${from} went away.`);
  try {
    await receive(volume, to, readPieces(fd), mode, owner);
  } finally {
    volume.close(fd);
  }
}

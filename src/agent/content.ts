import { join } from 'node:path';
import { MAX_BLOBS_PER_REQUEST } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Digest, ManifestLines } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import { hashFile, readPieces } from './hash.ts';
import type { Listed } from './long-list.ts';
import type { Modes } from './modes.ts';
import type { Doing, RelayClient } from './ports.ts';
import { receive, type Scratch } from './scratch.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** A file that shall lie in scratch. */
export interface Needed {
  readonly path: string;
  readonly after: FileState;
}

export interface ContentSources {
  readonly relay: RelayClient;
  /** The live tree, and the manifest that says what should be where in it: what is on the volume is not fetched. */
  readonly tree: VolumeFs;
  readonly live: ManifestLines;
}

/** What came from the relay. */
export interface Fetched {
  readonly files: number;
  readonly bytes: number;
}

/** Files that are brought together: what one of them has in common with another is fetched once. Bounds the memory of a large plan. */
const TOGETHER = 8 * MAX_BLOBS_PER_REQUEST;

/** The files of a plan that still have to be brought to scratch. */
export async function* missingFiles(
  scratch: Scratch,
  changes: Iterable<{ readonly path: string; readonly after?: FileState }>,
  trusted: boolean,
  doing: Doing,
): AsyncGenerator<Needed> {
  let index = 0;
  for (const { path, after } of changes) {
    if (index++ % 200 === 0) doing.signal.throwIfAborted();
    await giveWay(index);
    if (after && !(await isThere(scratch.volume, join(scratch.root, path), after, trusted))) yield { path, after };
  }
}

/**
 * Brings content to scratch: from the live tree where it is there, else from the relay, each digest checked.
 * Interrupted, it can be called again: what is in scratch stays.
 */
export async function fetchFiles(
  scratch: Scratch,
  missing: Listed<Needed>,
  from: ContentSources,
  modes: Modes,
  doing: Doing,
): Promise<Fetched> {
  const fetched = { files: 0, bytes: 0 };
  const arrived = (size: number): void => {
    fetched.files += 1;
    fetched.bytes += size;
    doing.onProgress({ doing: 'fetching', files: fetched.files, of: missing.length });
  };
  for (const some of inSeries(missing, TOGETHER)) await fetchSome(scratch, some, from, modes, arrived, doing);
  return fetched;
}

async function fetchSome(
  scratch: Scratch,
  missing: readonly Needed[],
  from: ContentSources,
  modes: Modes,
  arrived: (size: number) => void,
  doing: Doing,
): Promise<void> {
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

  const liveByDigest = from.live.pathsOf(new Set(byDigest.keys()));
  for (const digest of [...byDigest.keys()]) {
    const path = liveByDigest.get(digest);
    if (path !== undefined) await storeLive(from.tree, path, digest, store);
  }
  const wanted = [...byDigest.keys()];
  for (let at = 0; at < wanted.length; at += MAX_BLOBS_PER_REQUEST) {
    const batch = wanted.slice(at, at + MAX_BLOBS_PER_REQUEST);
    for await (const blob of from.relay.blobs(batch, doing.signal)) {
      if (!byDigest.has(blob.sha256))
        throw new SyncError('ContentUnavailable', `The relay sent content that was not asked for: ${blob.sha256}.`);
      if (!(await store(blob.sha256, blob.body))) throw new SyncError('ContentUnavailable', `Content ${blob.sha256} arrived damaged.`);
      arrived(blob.size);
    }
    const absent = batch.find((digest) => byDigest.has(digest));
    if (absent !== undefined)
      throw new SyncError(
        'ContentUnavailable',
        `The relay has no content ${absent}, needed for ${String(byDigest.get(absent)?.[0]?.path)}.`,
      );
  }
}

function* inSeries<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let series: T[] = [];
  for (const item of items) {
    series.push(item);
    if (series.length < size) continue;
    yield series;
    series = [];
  }
  if (series.length > 0) yield series;
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

import { join } from 'node:path';
import { MAX_BLOBS_PER_REQUEST } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { ManifestLines } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import { arrivedOf, fetchFromRelay, type Store } from './from-relay.ts';
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
  /** Bytes of it that came before it was cut short. */
  readonly arrived: number;
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
    const place = join(scratch.root, path);
    if (after && !(await isThere(scratch.volume, place, after, trusted)))
      yield { path, after, arrived: arrivedOf(scratch.volume, place, after) };
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
  const store: Store = async (digest, receiveAt) => {
    const [first, ...more] = byDigest.get(digest) ?? [];
    if (!first) return false;
    const place = scratch.placeFor(first.path);
    if ((await receiveAt(place, first.after.mode)) !== digest) {
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
    if (path === undefined) continue;
    await storeLive(from.tree, path, (body) => store(digest, (place, mode) => receive(scratch.volume, place, body, mode, modes.owner)));
  }
  const wanted = [...byDigest].flatMap(([sha256, [first]]) => (first ? { sha256, size: first.after.size, path: first.path } : []));
  await fetchFromRelay(from.relay, wanted, { volume: scratch.volume, owner: modes.owner, store, arrived }, doing.signal);
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

async function storeLive(tree: VolumeFs, path: string, store: (body: AsyncIterable<Uint8Array>) => Promise<boolean>): Promise<void> {
  if (tree.look(path).kind !== 'file') return;
  const fd = tree.open(path);
  if (fd === undefined) return;
  try {
    await store(readPieces(fd));
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

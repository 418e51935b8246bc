import { posix } from 'node:path';
import { comparePaths } from '../domain/manifest.ts';
import { Nesting } from '../domain/nesting.ts';

/** One change of a directory tree's names. Each may be done again after it was done: that is what recovery relies on. */
export type Step =
  | { readonly do: 'remove'; readonly path: string }
  /** Removes a folder if it is empty. */
  | { readonly do: 'removeFolder'; readonly path: string; readonly must?: boolean }
  | { readonly do: 'place'; readonly path: string }
  | { readonly do: 'placeFolder'; readonly path: string };

/** What a gateway reads first of a resource, collection or project: these appear last and go first. */
const MANIFEST_RANK: Readonly<Record<string, number>> = {
  'resource.json': 1,
  'unary-resource.json': 1,
  'config-mode.json': 2,
  'project.json': 3,
};
/** Folders that every gateway has. */
const STRUCTURE = new Set(['projects', 'config', 'config/resources']);

/** The ranks, and in which order they appear. */
const RANKS = [0, 1, 2, 3];
const MANIFESTS_FIRST = RANKS.toReversed();

/** One path of a change: with `after` a file is placed there, without one goes. */
interface Changing {
  readonly path: string;
  readonly after?: unknown;
}

/** Folders, and whether one is among them. */
export type Folders = Iterable<string> & Pick<ReadonlySet<string>, 'has'>;

/** What `orderSteps` needs to know of the disk. */
export interface Ground {
  readonly folderExists: (path: string) => boolean;
  /** Folders that must make room for a file, deepest first. */
  readonly room: readonly string[];
  /** Folders that go if they are empty in the end, besides those that our deletes leave so. */
  readonly prune?: readonly string[];
  /** Folders that shall be there in the end, empty or not. */
  readonly keep: Folders;
}

/**
 * The order in which a plan becomes visible: what makes room, whole new folders, payloads, manifests, then deletes (manifests first), then
 * the folders that our deletes left empty.
 * @param changes in byte order of their paths; gone through several times, never held as a whole
 */
export function* orderSteps(changes: Iterable<Changing>, ground: Ground): Generator<Step, undefined> {
  const makingRoom = roomMakers(changes, ground.keep);
  for (const path of byRank([...makingRoom], MANIFESTS_FIRST)) yield { do: 'remove', path };
  for (const path of ground.room) yield { do: 'removeFolder', path, must: true };
  yield* newFolders(changes, ground);
  for (const rank of RANKS) {
    const missing = missingFolders(ground);
    for (const { path, after } of changes)
      if (after !== undefined && rankOf(path) === rank && missing(posix.dirname(path)) === undefined) yield { do: 'place', path };
  }
  for (const rank of MANIFESTS_FIRST)
    for (const { path, after } of changes)
      if (after === undefined && rankOf(path) === rank && !makingRoom.has(path)) yield { do: 'remove', path };
  const room = new Set(ground.room);
  const stays = (path: string): boolean => STRUCTURE.has(path) || room.has(path) || ground.keep.has(path);
  const prune = ground.prune ?? [];
  for (const path of emptied(prune.length === 0 ? changes : withFolders(changes, prune)))
    if (!stays(path)) yield { do: 'removeFolder', path };
  return undefined;
}

/**
 * The files that go so that a folder can take their place, or because a file takes the place of a folder above them.
 * @param changes in byte order of their paths
 * @param keep folders that shall be there, empty or not
 */
export function roomMakers(changes: Iterable<Changing>, keep: Folders = new Set()): Set<string> {
  const nesting = new Nesting<Changing>();
  const found = new Set<string>();
  for (const change of changes) {
    if (change.after === undefined && keep.has(change.path)) found.add(change.path);
    for (const above of nesting.above(change.path, change)) {
      if (change.after === undefined && above.after !== undefined) found.add(change.path);
      if (change.after !== undefined && above.after === undefined) found.add(above.path);
    }
  }
  return found;
}

/** Topmost folders that are not there yet: each appears by one rename, with all that is in it. */
function* newFolders(changes: Iterable<Changing>, ground: Ground): Generator<Step> {
  const missing = missingFolders(ground);
  const kept = new Set<string>();
  for (const folder of ground.keep) {
    const topmost = missing(folder);
    if (topmost !== undefined) kept.add(topmost);
  }
  for (const path of kept) yield { do: 'placeFolder', path };
  let last: string | undefined;
  for (const { path, after } of changes) {
    const folder = after === undefined ? undefined : missing(posix.dirname(path));
    if (folder === undefined || folder === last || kept.has(folder)) continue;
    yield { do: 'placeFolder', path: folder };
    last = folder;
  }
}

/** Asks for the topmost folder on the way that is missing; undefined when none is. Quick where one question is like the one before. */
function missingFolders({ folderExists }: Ground): (folder: string) => string | undefined {
  let there = '.';
  let missing: string | undefined;
  return (folder) => {
    if (folder === '.' || folder === there) return undefined;
    if (missing !== undefined && (folder === missing || folder.startsWith(`${missing}/`))) return missing;
    if (folderExists(folder)) {
      there = folder;
      return undefined;
    }
    missing = foldersOf(folder).find((each) => !folderExists(each)) ?? folder;
    return missing;
  };
}

/** Changes, and folders as if something in each of them went, in byte order. */
function* withFolders(changes: Iterable<Changing>, folders: readonly string[]): Generator<Changing> {
  const sorted = folders.map((folder) => `${folder}/`).sort(comparePaths);
  let next = 0;
  for (const change of changes) {
    for (; next < sorted.length && comparePaths(sorted[next] ?? '', change.path) < 0; next += 1) yield { path: `${sorted[next] ?? ''}.` };
    yield change;
  }
  for (; next < sorted.length; next += 1) yield { path: `${sorted[next] ?? ''}.` };
}

/** The folders that files leave and none comes to, each before the one it is in. */
function* emptied(changes: Iterable<Changing>): Generator<string> {
  const chain: { readonly path: string; placed: boolean; left: boolean }[] = [];
  const close = function* (until: string): Generator<string> {
    for (let last = chain.at(-1); last && !until.startsWith(`${last.path}/`); last = chain.at(-1)) {
      if (last.left && !last.placed) yield last.path;
      chain.pop();
    }
  };
  for (const { path, after } of changes) {
    yield* close(path);
    for (const folder of foldersOf(path).slice(chain.length)) chain.push({ path: folder, placed: false, left: false });
    for (const folder of chain) folder[after === undefined ? 'left' : 'placed'] = true;
  }
  yield* close('');
}

/** The folder that holds a path; `''` is the data directory. */
export function folderOf(path: string): string {
  const parent = posix.dirname(path);
  return parent === '.' ? '' : parent;
}

/** The folders on the way to a path, outermost first. */
function foldersOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? [] : [...foldersOf(parent), parent];
}

function rankOf(path: string): number {
  return MANIFEST_RANK[posix.basename(path)] ?? 0;
}

function byRank(paths: readonly string[], ranks: readonly number[]): string[] {
  return ranks.flatMap((rank) => paths.filter((path) => rankOf(path) === rank));
}

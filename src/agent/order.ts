import { posix } from 'node:path';
import type { Change, FoundFolder } from './change.ts';

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

/** What `orderSteps` needs to know of the disk. */
export interface Ground {
  readonly folderExists: (path: string) => boolean;
  /** Folders that must make room for a file, deepest first. */
  readonly room: readonly string[];
  /** Folders that go if they are empty in the end, besides those that our deletes leave so. */
  readonly prune?: readonly string[];
  /** Folders that shall be there in the end, empty or not. */
  readonly keep: ReadonlySet<string>;
}

/**
 * The order in which a plan becomes visible: what makes room, whole new folders, payloads, manifests, then deletes (manifests first), then
 * the folders that our deletes left empty.
 */
export function orderSteps(changes: readonly Change[], ground: Ground): Step[] {
  const placed = changes.filter(({ after }) => after).map(({ path }) => path);
  const leaving = changes.filter(({ after }) => !after).map(({ path }) => path);
  const files = new Set(placed);
  const ways = new Set([...placed.flatMap(foldersOf), ...ground.keep]);
  const makesRoom = (path: string): boolean => ways.has(path) || foldersOf(path).some((folder) => files.has(folder));

  const firstMissing = (folders: readonly string[]): string | undefined => folders.find((folder) => !ground.folderExists(folder));
  const newFolders = new Set(
    [...ground.keep].map((folder) => firstMissing([...foldersOf(folder), folder])).filter((folder) => folder !== undefined),
  );
  const single: string[] = [];
  for (const path of placed) {
    const missing = firstMissing(foldersOf(path));
    if (missing === undefined) single.push(path);
    else newFolders.add(missing);
  }
  const emptied = new Set(
    [...leaving.flatMap(foldersOf), ...(ground.prune ?? [])].filter((folder) => !STRUCTURE.has(folder) && !ways.has(folder)),
  );
  const roomFolders = new Set(ground.room);
  return [
    ...byRank(leaving.filter(makesRoom), 'manifestsFirst').map((path): Step => ({ do: 'remove', path })),
    ...ground.room.map((path): Step => ({ do: 'removeFolder', path, must: true })),
    ...[...newFolders].map((path): Step => ({ do: 'placeFolder', path })),
    ...byRank(single, 'manifestsLast').map((path): Step => ({ do: 'place', path })),
    ...byRank(
      leaving.filter((path) => !makesRoom(path)),
      'manifestsFirst',
    ).map((path): Step => ({ do: 'remove', path })),
    ...deepestFirst(emptied)
      .filter((path) => !roomFolders.has(path))
      .map((path): Step => ({ do: 'removeFolder', path })),
  ];
}

/** Folders that were there before and are to be there again. */
export function folderSet(folders: readonly FoundFolder[]): Set<string> {
  return new Set(folders.map(({ path }) => path));
}

/** The folders on the way to a path, outermost first. */
function foldersOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? [] : [...foldersOf(parent), parent];
}

function byRank(paths: readonly string[], order: 'manifestsFirst' | 'manifestsLast'): string[] {
  const rank = (path: string): number => MANIFEST_RANK[posix.basename(path)] ?? 0;
  const sign = order === 'manifestsLast' ? 1 : -1;
  return [...paths].sort((a, b) => sign * (rank(a) - rank(b)));
}

function deepestFirst(folders: Iterable<string>): string[] {
  return [...folders].sort((a, b) => b.split('/').length - a.split('/').length);
}

import { isAtOrBelow } from './paths.ts';

/** One row of a commit's whole listing. */
export interface TreeEntry {
  readonly path: string;
  /** File, executable file, symbolic link, submodule. */
  readonly mode: '100644' | '100755' | '120000' | '160000';
  readonly oid: string;
  /** The name is not UTF-8: `path` shows it with replacement characters. */
  readonly invalidName?: true;
}

/** What a source path is in a commit. */
export type Found =
  | { readonly kind: 'file'; readonly entry: TreeEntry }
  | { readonly kind: 'directory'; readonly entries: readonly TreeEntry[] }
  /** The path leads through a link or submodule, which is never followed. */
  | { readonly kind: 'through'; readonly entry: TreeEntry }
  | { readonly kind: 'absent' };

/** Looks a clean path up in the listing; the empty path is the whole commit. */
export function findSource(tree: readonly TreeEntry[], path: string): Found {
  if (path === '') return { kind: 'directory', entries: tree };
  const prefix = `${path}/`;
  const entries: TreeEntry[] = [];
  for (const entry of tree) {
    if (entry.path === path) return { kind: 'file', entry };
    if (entry.path.startsWith(prefix)) entries.push(entry);
    else if ((entry.mode === '120000' || entry.mode === '160000') && path.startsWith(`${entry.path}/`)) return { kind: 'through', entry };
  }
  return entries.length > 0 ? { kind: 'directory', entries } : { kind: 'absent' };
}

/** The deepest folder of `path` that the commit has, and what is in it: helps whoever mistyped the path. */
export function nearestFolder(tree: readonly TreeEntry[], path: string): { folder: string; names: string[] } {
  let folder = path;
  do folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '';
  while (folder !== '' && !tree.some((entry) => entry.path.startsWith(`${folder}/`)));
  const names = new Set<string>();
  for (const entry of tree) {
    if (isAtOrBelow(entry.path, folder)) names.add(entry.path.slice(folder === '' ? 0 : folder.length + 1).split('/')[0] ?? '');
  }
  return { folder, names: [...names] };
}

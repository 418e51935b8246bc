import type { FoundFolder } from './change.ts';
import type { VolumeFs } from './volume-fs.ts';

/** All folders at and below `path`, deepest first; `onFile` hears of everything in them that is no folder. Empty when no folder is there. */
export function foldersBelow(tree: VolumeFs, path: string, onFile: (path: string) => void): FoundFolder[] {
  const standing = tree.look(path);
  if (standing.kind !== 'folder') return [];
  const below: FoundFolder[] = [];
  for (const entry of tree.list(path)) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) below.push(...foldersBelow(tree, child, onFile));
    else onFile(child);
  }
  return [...below, { path, mode: standing.stat.mode & 0o7777 }];
}

import { lstatSync } from 'node:fs';
import { posix } from 'node:path';
import type { Tree } from './tree.ts';

/**
 * Whether a file that only stands in for a missing one may be made: nothing stands at `path`, and nothing but folders of this volume on the
 * way. A link, a special file or a mount of its own there is the gateway's affair, and no reason to hold a plan.
 */
export function isVacant(tree: Tree, path: string): boolean {
  if (tree.look(path).kind !== 'absent') return false;
  const { dev } = lstatSync(tree.root);
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    const standing = tree.look(folder);
    if (standing.kind === 'folder') return standing.stat.dev === dev;
  }
  return true;
}

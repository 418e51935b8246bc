import { posix } from 'node:path';
import type { VolumeFs } from './volume-fs.ts';

/**
 * Whether a file that only stands in for a missing one may be made: nothing stands at `path`, and nothing but folders of this volume on the
 * way. A link, a special file or a mount of its own there is the gateway's affair, and no reason to hold a plan.
 */
export function isVacant(tree: VolumeFs, path: string): boolean {
  if (tree.look(path).kind !== 'absent') return false;
  const root = tree.look('');
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    const standing = tree.look(folder);
    if (standing.kind === 'folder') return root.kind === 'folder' && standing.stat.dev === root.stat.dev;
  }
  return true;
}

import { SyncError } from '../domain/errors.ts';
import { isAtOrBelow } from '../domain/plan/paths.ts';
import type { Survey } from './survey.ts';
import type { VolumeFs } from './volume-fs.ts';

/**
 * Renames do not cross mounts, also between two of one file system, so all or nothing cannot be promised there. Nothing of ours is put on a
 * mount below the data directory, and what lies on it is changed by nobody's plan.
 * @throws SyncError NotSupportedYet naming the mount
 */
export function guardMounts(tree: VolumeFs, { changes, folders, prune }: Survey): void {
  const mounts = tree.mountsBelow();
  if (mounts.length > 0) {
    const onMount = (path: string): string | undefined => mounts.find((mount) => isAtOrBelow(path, mount));
    for (const { path } of changes) refuse(onMount(path));
    for (const path of prune) refuse(onMount(path));
  }
  // Also where the system has no list of mounts.
  const root = tree.look('');
  for (const { path } of folders) {
    const standing = tree.look(path);
    if (standing.kind === 'folder' && root.kind === 'folder' && standing.stat.dev !== root.stat.dev) refuse(path);
  }
}

function refuse(mount: string | undefined): void {
  if (mount === undefined) return;
  throw new SyncError(
    'NotSupportedYet',
    `${mount} is a mount of its own inside the data directory: mount one volume for the whole of it, or map nothing there.`,
  );
}

/** The mounts below a folder, relative to it, from what Linux lists in `/proc/self/mountinfo`. */
export function mountsIn(mountinfo: string, root: string): string[] {
  const found = new Set<string>();
  for (const line of mountinfo.split('\n')) {
    const at = unescaped(line.split(' ')[4] ?? '');
    if (at.startsWith(`${root}/`)) found.add(at.slice(root.length + 1));
  }
  return [...found];
}

/** Blanks, tabs, line ends and backslashes stand as octal numbers there. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

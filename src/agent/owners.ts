import { SyncError } from '../domain/errors.ts';
import { listSome } from '../domain/plan/text.ts';
import { folderOf } from './order.ts';
import type { Survey } from './survey.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Folders named in an answer. */
const NAMED = 5;
const REFUSED = new Set(['EACCES', 'EPERM']);

/**
 * Found out before anything changes: somebody else's folder that lets us neither put a file there nor take one away.
 * @throws SyncError OwnerMismatch naming the folders
 */
export function guardOwners(tree: VolumeFs, { changes, prune, room }: Survey): void {
  const refused = new Set<string>();
  let last: string | undefined;
  const look = (path: string): void => {
    if (folderOf(path) === last) return;
    last = folderOf(path);
    const folder = standingFolder(tree, last);
    if (isSomebodyElses(tree, folder) && !tree.takesChanges(folder)) refused.add(folder);
  };
  for (const { path } of changes) look(path);
  for (const path of [...prune, ...room]) look(path);
  if (refused.size > 0) throw ownerMismatch(tree, [...refused]);
}

/** What the system refused us at a path, named by whose it is: unchanged where that is not the reason. */
export function asOwnerMismatch(tree: VolumeFs, path: string, error: unknown): unknown {
  return REFUSED.has(errnoOf(error) ?? '') && isSomebodyElses(tree, path) ? ownerMismatch(tree, [path]) : error;
}

function ownerMismatch(tree: VolumeFs, paths: readonly string[]): SyncError {
  const [first = ''] = paths;
  const standing = tree.look(first);
  const owner = 'stat' in standing ? `user ${standing.stat.uid}` : 'somebody else';
  return new SyncError(
    'OwnerMismatch',
    `${listSome([...paths], NAMED)} belongs to ${owner} and is closed to the agent, which runs as user ${process.geteuid?.() ?? ''}: give it to the user of the gateway's files.`,
  );
}

function isSomebodyElses(tree: VolumeFs, path: string): boolean {
  const standing = tree.look(path);
  return 'stat' in standing && process.geteuid !== undefined && standing.stat.uid !== process.geteuid();
}

/** The folder, or the nearest above it that is there: in that one the missing ones appear. */
function standingFolder(tree: VolumeFs, folder: string): string {
  for (let at = folder; at !== ''; at = folderOf(at)) if (tree.look(at).kind === 'folder') return at;
  return '';
}

import { SyncError } from '../domain/errors.ts';
import { comparePaths, type ManifestEntry } from '../domain/manifest.ts';
import { Nesting } from '../domain/nesting.ts';
import { classify, isNeverOurs } from '../domain/plan/protection.ts';

/**
 * The agent's own word on what it writes and deletes, whatever the control plane or the record on disk says.
 * @throws SyncError PathNotAllowed naming the first path that is never ours
 */
export function guardPaths(paths: Iterable<string>): void {
  for (const path of paths) {
    if (isNeverOurs(path)) throw new SyncError('PathNotAllowed', `The plan names "${path}", which is refused: ${whose(path)}.`);
  }
}

/**
 * @param entries of a manifest, in its order
 * @throws SyncError PathNotAllowed naming the first path that is never ours, is listed twice or out of order, or is both a file and a folder
 */
export function guardManifest(entries: Iterable<Pick<ManifestEntry, 'path'>>): void {
  const nesting = new Nesting<string>();
  let before: string | undefined;
  for (const { path } of entries) {
    guardPaths([path]);
    if (before !== undefined && comparePaths(before, path) >= 0)
      throw new SyncError('PathNotAllowed', `The plan lists "${path}" twice, or not in the order of manifests.`);
    before = path;
    const [folder] = nesting.above(path, path);
    if (folder !== undefined)
      throw new SyncError('PathNotAllowed', `The plan has "${folder}" both as a file and as the folder of "${path}".`);
  }
}

function whose(path: string): string {
  const protection = classify(path);
  return protection.kind === 'forbidden'
    ? `${protection.place} is the gateway's own or no place for synced files`
    : `it is a ${protection.kind} path`;
}

import { SyncError } from '../domain/errors.ts';
import { comparePaths, type ManifestEntry, type Mirror } from '../domain/manifest.ts';
import { Nesting } from '../domain/nesting.ts';
import { destinationFault } from '../domain/plan/destination.ts';
import { mirrorFault, sparedBy } from '../domain/plan/mirror.ts';
import { moduleFault } from '../domain/plan/modules.ts';
import { cleanPath } from '../domain/plan/paths.ts';
import { classify, isNeverOurs } from '../domain/plan/protection.ts';

/**
 * The agent's own word on what it writes and deletes, whatever the control plane or the record on disk says.
 * @throws SyncError PathNotAllowed naming the first path that is never ours
 */
export function guardPaths(paths: Iterable<string>): void {
  for (const path of paths) {
    if (isNeverOurs(path))
      throw new SyncError('PathNotAllowed', `The plan names "${path}", which ${moduleFault(path) ?? `is refused: ${whose(path)}`}.`);
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

/**
 * The agent's own word on what it mirrors.
 * @throws SyncError PathNotAllowed naming the first folder that holds what belongs to the gateway; InvalidPattern
 */
export function guardMirror(mirror: Mirror | undefined): void {
  if (!mirror) return;
  for (const folder of mirror.folders) {
    const fault = destinationFault({ path: folder, directory: true }, 'directory') ?? mirrorFault(folder);
    const clean = cleanPath(folder);
    if (fault !== undefined || 'wrong' in clean || clean.path !== folder)
      throw new SyncError('PathNotAllowed', `The plan mirrors "${folder}", which ${fault ?? 'is no clean path'}.`);
  }
  sparedBy(mirror);
}

function whose(path: string): string {
  const protection = classify(path);
  return protection.kind === 'forbidden'
    ? `${protection.place} is the gateway's own or no place for synced files`
    : `it is a ${protection.kind} path`;
}

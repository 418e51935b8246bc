import { SyncError } from '../domain/errors.ts';
import type { Manifest } from '../domain/manifest.ts';
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

/** @throws SyncError PathNotAllowed naming the first path that is never ours, that is listed twice, or is both a file and a folder */
export function guardManifest(manifest: Manifest): void {
  const files = new Set(manifest.entries.map(({ path }) => path));
  guardPaths(files);
  if (files.size < manifest.entries.length) throw new SyncError('PathNotAllowed', 'The plan lists a path twice.');
  for (const path of files) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (files.has(folder))
        throw new SyncError('PathNotAllowed', `The plan has "${folder}" both as a file and as the folder of "${path}".`);
    }
  }
}

function whose(path: string): string {
  const protection = classify(path);
  return protection.kind === 'forbidden'
    ? `${protection.place} is the gateway's own or no place for synced files`
    : `it is a ${protection.kind} path`;
}

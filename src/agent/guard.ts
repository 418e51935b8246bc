import { SyncError } from '../domain/errors.ts';
import type { Manifest } from '../domain/manifest.ts';
import { classify, isNeverOurs } from '../domain/plan/protection.ts';

/**
 * The agent's own word on what it writes, whatever the control plane asks for.
 * @throws SyncError PathNotAllowed naming the first path that may not be written, or that is listed twice or both as a file and a folder
 */
export function guardManifest(manifest: Manifest): void {
  const files = new Set<string>();
  for (const { path } of manifest.entries) {
    const why = isNeverOurs(path) ? whose(path) : files.has(path) ? 'it is listed twice' : undefined;
    if (why !== undefined) throw new SyncError('PathNotAllowed', `The plan writes "${path}", which is refused: ${why}.`);
    files.add(path);
  }
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

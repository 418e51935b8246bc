import type { Digest } from '../domain/manifest.ts';
import type { Counts, Scans } from './state.ts';
import type { Standing } from './tree.ts';

/** A file as it is or shall be. */
export interface FileState {
  readonly sha256: Digest;
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A file as it was found, with what tells that nobody touched it since. */
export interface FoundFile extends FileState {
  readonly ino: number;
  readonly mtimeMs: number;
}

/** One path that a transaction changes: no `before` is an added file, no `after` a deleted one. */
export interface Change {
  readonly path: string;
  readonly before?: FoundFile;
  readonly after?: FileState;
}

/** A folder that stood on the way of a change. */
export interface FoundFolder {
  readonly path: string;
  readonly mode: number;
}

/** Whether a file is still the very one that was found. */
export function isAsFound(standing: Standing, found: FoundFile): boolean {
  if (standing.kind !== 'file') return false;
  const { ino, size, mtimeMs } = standing.stat;
  return ino === found.ino && size === found.size && mtimeMs === found.mtimeMs;
}

export function countChanges(changes: Iterable<Change>): Counts {
  const counts = { added: 0, modified: 0, deleted: 0 };
  for (const { before, after } of changes) counts[before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified'] += 1;
  return counts;
}

/** The project that a path lies in. */
export function projectOf(path: string): string | undefined {
  return /^projects\/([^/]+)\//.exec(path)?.[1];
}

/** Which scans tell the gateway of these changes. */
export function scansFor(changes: Iterable<Change>): Scans {
  const newProjects: string[] = [];
  let [config, projects] = [false, false];
  for (const { path, before, after } of changes) {
    config ||= path.startsWith('config/');
    projects ||= path.startsWith('projects/');
    const name = !before && after && /^projects\/([^/]+)\/project\.json$/.exec(path)?.[1];
    if (name) newProjects.push(name);
  }
  return { config, projects, newProject: newProjects.length > 0, ...(newProjects.length > 0 && { newProjects }) };
}

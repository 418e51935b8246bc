import type { Digest, Manifest, ManifestEntry } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import type { Modes } from './modes.ts';

/** What shall become of one path, and what we last wrote there. */
export interface Wanted {
  readonly path: string;
  /** Absent when no file of ours shall be there. */
  readonly after?: FileState;
  /** Digest of what we last wrote there; absent when the path was not ours. */
  readonly lastWritten?: Digest;
}

/** The paths at which two manifests differ, but for those that are released: they stay as they are. Cost: the lists, not the files. */
export function wantedBetween(live: Manifest, target: Manifest, modes: Modes, released?: Manifest): Wanted[] {
  const owned = new Map(live.entries.map((entry) => [entry.path, entry]));
  const wanted: Wanted[] = [];
  for (const entry of target.entries) {
    const was = owned.get(entry.path);
    owned.delete(entry.path);
    if (was?.sha256 === entry.sha256 && was.executable === entry.executable) continue;
    wanted.push({ path: entry.path, after: fileState(entry, modes), ...(was && { lastWritten: was.sha256 }) });
  }
  for (const { path } of released?.entries ?? []) owned.delete(path);
  for (const gone of owned.values()) wanted.push({ path: gone.path, lastWritten: gone.sha256 });
  return wanted;
}

function fileState(entry: ManifestEntry, modes: Modes): FileState {
  return { sha256: entry.sha256, size: entry.size, mode: modes.file(entry.executable) };
}

import type { Manifest, ManifestEntry } from '../manifest.ts';

/** How one manifest becomes another. */
export interface ManifestDiff {
  readonly added: readonly ManifestEntry[];
  /** Other bytes at the same path. */
  readonly modified: readonly ManifestEntry[];
  /** Same bytes, other executable bit. */
  readonly modeChanged: readonly ManifestEntry[];
  /** As they were before. */
  readonly deleted: readonly ManifestEntry[];
}

/** @param previous what is live; undefined before the first apply. */
export function diffManifests(previous: Manifest | undefined, next: Manifest): ManifestDiff {
  const before = new Map(previous?.entries.map((entry) => [entry.path, entry]));
  const diff = {
    added: [] as ManifestEntry[],
    modified: [] as ManifestEntry[],
    modeChanged: [] as ManifestEntry[],
    deleted: [] as ManifestEntry[],
  };
  for (const entry of next.entries) {
    const old = before.get(entry.path);
    before.delete(entry.path);
    if (!old) diff.added.push(entry);
    else if (old.sha256 !== entry.sha256) diff.modified.push(entry);
    else if (old.executable !== entry.executable) diff.modeChanged.push(entry);
  }
  diff.deleted.push(...before.values());
  return diff;
}

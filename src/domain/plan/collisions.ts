import { SyncError } from '../errors.ts';
import { foldersAbove } from './paths.ts';

/** A name as it is read where neither case nor the way accents are encoded counts: names with the same are twins. */
export function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/**
 * Refuses names that differ only in case or in Unicode composition, folders included: a gateway on Windows, and Ignition itself for
 * projects and collections, takes them for one.
 * @throws SyncError NameCollision naming both.
 */
export function refuseCollisions(paths: Iterable<string>): void {
  const spellings = new Map<string, string>();
  const seen = new Set<string>();
  for (const path of paths) {
    for (const name of [...foldersAbove(path), path]) {
      if (seen.has(name)) continue;
      seen.add(name);
      const read = folded(name);
      const other = spellings.get(read);
      if (other !== undefined) {
        const how = other.normalize('NFC') === name.normalize('NFC') ? 'the way accents are encoded' : 'upper and lower case';
        const [first, second] = [other, name].sort();
        throw new SyncError(
          'NameCollision',
          `"${first ?? ''}" and "${second ?? ''}" differ only in ${how}: rename or exclude one of them in the repository.`,
        );
      }
      spellings.set(read, name);
    }
  }
}

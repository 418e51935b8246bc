import { comparePaths, type Mirror } from '../manifest.ts';
import { foldersAbove, isAtOrBelow } from './paths.ts';
import { compileExcludes } from './patterns.ts';
import { classify, holdsRuntimeOwned, isGatewaysOwn } from './protection.ts';

/** No file is called so: asks about a folder by a path inside it. */
const ANY = '\uE000';

/**
 * Whether a folder may be the image of a folder of the repository.
 * @returns what speaks against it, as the end of a sentence.
 */
export function mirrorFault(folder: string): string | undefined {
  const inside = classify(`${folder}/${ANY}`);
  const above = folder === '' || folder === 'projects' || folder === 'config' || folder === 'config/resources';
  if (above || holdsRuntimeOwned(folder))
    return 'holds what belongs to the gateway itself, so it cannot be mirrored. Name a folder below it, such as projects/<name>';
  if (inside.kind !== 'allowed') return 'is a place that the gateway writes itself, so it cannot be mirrored: leave mirror out';
  return undefined;
}

/** What is mirrored, in the one form that a manifest has; undefined when nothing is. */
export function mirrorOf(folders: readonly string[], excludes: readonly string[]): Mirror | undefined {
  if (folders.length === 0) return undefined;
  const outermost = [...new Set(folders)].filter((folder) => !foldersAbove(folder).some((above) => folders.includes(above)));
  return { folders: outermost.sort(comparePaths), spares: [...new Set(excludes)].sort(comparePaths) };
}

/** What of a gateway's own and of its people's stays although it lies in a mirrored folder. */
export interface Spared {
  file(path: string): boolean;
  /** Whether everything below it is spared. */
  folder(path: string): boolean;
}

/** @throws SyncError InvalidPattern: a pattern that cannot be read spares nothing, so it is never skipped. */
export function sparedBy({ spares }: Mirror): Spared {
  const isExcluded = compileExcludes(spares.map((pattern) => ({ pattern, field: 'exclude pattern' })));
  const isOthers = (path: string): boolean => classify(path).kind !== 'allowed' || isGatewaysOwn(path);
  return {
    file: (path) => isOthers(path) || isExcluded(path),
    folder: (path) => isOthers(`${path}/${ANY}`) || isExcluded(`${path}/${ANY}`),
  };
}

/** Whether a path lies inside a mirrored folder. */
export function isMirrored({ folders }: Mirror, path: string): boolean {
  return folders.some((folder) => isAtOrBelow(path, folder));
}

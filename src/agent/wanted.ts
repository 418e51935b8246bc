import { comparePaths, type Digest, type ManifestEntry, type ManifestLines } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import type { Modes } from './modes.ts';

/** What shall become of one path, and what we last wrote there. */
export interface Wanted {
  readonly path: string;
  /** Absent when no file of ours shall be there. */
  readonly after?: FileState;
  /** Digest of what we last wrote there; absent when the path was not ours. */
  readonly lastWritten?: Digest;
  /** Only where nothing stands there. */
  readonly ifAbsent?: true;
  /** What we made there if nothing stood there: other bytes are the gateway's own, not a change of ours. */
  readonly madeIfAbsent?: Digest;
  /** Somebody else's file that goes because its folder is mirrored. */
  readonly foreign?: true;
}

export interface WantedRules {
  readonly modes: Modes;
  /** These stay as they are. */
  readonly released?: ManifestLines | undefined;
  /** Paths that both manifests have with the same bytes too: where nobody knows what is there. */
  readonly everything?: boolean;
}

/** The paths at which two manifests differ, in order. */
export function* wantedBetween(
  live: ManifestLines,
  target: ManifestLines,
  { modes, released, everything = false }: WantedRules,
): Generator<Wanted> {
  const stays = following(released?.entries() ?? []);
  for (const { path, before, after } of everything ? live.union(target) : live.differences(target)) {
    if (!after && (stays(path) || before?.ifAbsent)) continue;
    if (!everything && before && after && isSame(before, after)) continue;
    yield {
      path,
      ...(after && { after: fileState(after, modes) }),
      ...(before && !after?.ifAbsent && (before.ifAbsent ? { madeIfAbsent: before.sha256 } : { lastWritten: before.sha256 })),
      ...(after?.ifAbsent && { ifAbsent: true }),
    };
  }
}

/** Asks whether a path is among these; both come in order. */
function following(entries: Iterable<ManifestEntry>): (path: string) => boolean {
  const each = entries[Symbol.iterator]();
  let next = each.next();
  return (path) => {
    while (next.done !== true && comparePaths(next.value.path, path) < 0) next = each.next();
    return next.done !== true && next.value.path === path;
  };
}

/** The same file, and whose it is stays the same. */
function isSame(before: ManifestEntry, after: ManifestEntry): boolean {
  return !isLent(before, after) && before.sha256 === after.sha256 && before.executable === after.executable;
}

/** A file that may be the gateway's own becomes ours. */
function isLent(before: ManifestEntry, after: ManifestEntry): boolean {
  return before.ifAbsent === true && after.ifAbsent === undefined;
}

function fileState(entry: ManifestEntry, modes: Modes): FileState {
  return { sha256: entry.sha256, size: entry.size, mode: modes.file(entry.executable) };
}

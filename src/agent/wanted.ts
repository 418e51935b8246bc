import type { Digest, ManifestEntry, ManifestText } from '../domain/manifest.ts';
import type { FileState } from './change.ts';
import type { Modes } from './modes.ts';

/** What shall become of one path, and what we last wrote there. */
export interface Wanted {
  readonly path: string;
  /** Absent when no file of ours shall be there. */
  readonly after?: FileState;
  /** Digest of what we last wrote there; absent when the path was not ours. */
  readonly lastWritten?: Digest;
  /** Somebody else's file that goes because its folder is mirrored. */
  readonly foreign?: true;
}

/** The paths at which two manifests differ, but for those that are released: they stay as they are. */
export function wantedBetween(live: ManifestText, target: ManifestText, modes: Modes, released?: ManifestText): Wanted[] {
  const stays = new Set([...(released?.entries() ?? [])].map(({ path }) => path));
  const wanted: Wanted[] = [];
  for (const { path, before, after } of live.differences(target)) {
    if (!after && stays.has(path)) continue;
    if (before && after && before.sha256 === after.sha256 && before.executable === after.executable) continue;
    wanted.push({ path, ...(after && { after: fileState(after, modes) }), ...(before && { lastWritten: before.sha256 }) });
  }
  return wanted;
}

function fileState(entry: ManifestEntry, modes: Modes): FileState {
  return { sha256: entry.sha256, size: entry.size, mode: modes.file(entry.executable) };
}

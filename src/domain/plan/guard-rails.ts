import type { Fault } from '../errors.ts';
import type { Manifest, ManifestEntry } from '../manifest.ts';
import type { MappingOutcome } from './compose.ts';
import type { ManifestDiff } from './diff.ts';
import { isAtOrBelow } from './paths.ts';
import { count } from './text.ts';

/** A larger share of the owned files than this may not leave a gateway without a person's confirmation. */
const MAX_DELETE_PERCENT = 50;

/** Up to this many owned files the share says nothing. */
const SMALL_SET = 20;

/**
 * What a person must confirm before this change may reach a gateway: most of its files would go, or a mapping that brought files
 * now brings none. The faults hold for exactly this plan.
 * @param mappings what each mapping of the new plan brought.
 */
export function guardRails(previous: Manifest | undefined, diff: ManifestDiff, mappings: readonly MappingOutcome[]): Fault[] {
  if (!previous) return [];
  const leaving = contentsThatLeave(diff);
  return [...tooManyDeletes(previous.entries.length, leaving.length), ...emptySources(diff.deleted, mappings)];
}

/** Deleted files whose bytes do not come back under another path: a moved file is not a delete. */
function contentsThatLeave(diff: ManifestDiff): ManifestEntry[] {
  const arriving = new Map<string, number>();
  for (const { sha256 } of diff.added) arriving.set(sha256, (arriving.get(sha256) ?? 0) + 1);
  return diff.deleted.filter(({ sha256 }) => {
    const left = arriving.get(sha256) ?? 0;
    arriving.set(sha256, left - 1);
    return left <= 0;
  });
}

function tooManyDeletes(owned: number, leaving: number): Fault[] {
  if (owned <= SMALL_SET || leaving * 100 <= owned * MAX_DELETE_PERCENT) return [];
  const percent = Math.round((leaving * 100) / owned);
  return [
    {
      reason: 'TooManyDeletes',
      message: `${leaving} of ${owned} files (${percent} %) would be deleted; more than ${MAX_DELETE_PERCENT} % needs a confirmation. Approve the plan if that is meant.`,
    },
  ];
}

/** A deleted file belonged to the mapping with the longest destination above it. */
function emptySources(deleted: readonly ManifestEntry[], mappings: readonly MappingOutcome[]): Fault[] {
  const lost = new Map<MappingOutcome, number>();
  for (const { path } of deleted) {
    const covering = mappings.filter(({ destination }) => isAtOrBelow(path, destination));
    const longest = Math.max(...covering.map(({ destination }) => destination.length));
    const owners = covering.filter(({ destination }) => destination.length === longest);
    if (owners.length === 0 || owners.some(({ brought, absent }) => brought > 0 || absent)) continue;
    for (const owner of owners) lost.set(owner, (lost.get(owner) ?? 0) + 1);
  }
  return [...lost].map(([{ field, destination }, files]) => ({
    reason: 'EmptySource' as const,
    message: `${field} brings no file any more: ${count(files, 'file')} below "${destination === '' ? '.' : destination}" would be deleted. Approve the plan if that is meant.`,
  }));
}

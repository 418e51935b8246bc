import type { Fault } from '../errors.ts';
import type { Digest, Manifest, ManifestEntry } from '../manifest.ts';
import type { MappingOutcome } from './compose.ts';
import type { ManifestDiff } from './diff.ts';
import { isAtOrBelow } from './paths.ts';
import { count } from './text.ts';

/** A larger share of the owned files than this may not leave a gateway without a person's confirmation. */
const MAX_DELETE_PERCENT = 50;

/** Up to this many owned files the share says nothing. */
const SMALL_SET = 20;

/**
 * What a person must confirm before this change may reach a gateway: most of its files would go, a mapping that brought files now brings
 * none, or a first sync would bring none at all. The faults hold for exactly this plan.
 * @param mappings what each mapping of the new plan brought.
 * @param nothing why no file comes at all, where that is known.
 */
export function guardRails(
  previous: Manifest | undefined,
  diff: ManifestDiff,
  mappings: readonly MappingOutcome[],
  nothing = 'no file of the commit comes to this gateway.',
): Fault[] {
  if (!previous)
    return diff.added.length > 0
      ? []
      : [{ reason: 'EmptySource', message: `${nothing} Approve the plan if that is meant; else mend it and push or apply.` }];
  const leaving = contentsThatLeave(diff.deleted, diff.added);
  return [...tooManyDeletes(previous.entries.length, leaving.length), ...emptySources(diff.deleted, mappings)];
}

/** What one gateway would lose by a plan that mirrors folders there. */
export interface MirrorLoss {
  /** Files that are ours before it. */
  readonly owned: number;
  /** Files in mirrored folders that are somebody else's. */
  readonly foreign: number;
  /** Files of both kinds whose contents leave the gateway. */
  readonly leaving: number;
}

/**
 * As `guardRails`, for what only the gateway knows: files that are not ours and go because their folder is mirrored. They count as if they
 * were ours.
 */
export function guardMirror({ owned, foreign, leaving }: MirrorLoss): Fault | undefined {
  const all = owned + foreign;
  if (foreign === 0 || !isTooMuch(all, leaving)) return undefined;
  return {
    reason: 'TooManyDeletes',
    message: `${leaving} of ${all} files (${percentOf(all, leaving)} %) would be deleted, ${foreign} that are not ours lie in mirrored folders; more than ${MAX_DELETE_PERCENT} % needs a confirmation. Approve the plan if that is meant.`,
  };
}

/** Deleted files whose bytes do not come back under another path: a moved file is not a delete. */
export function contentsThatLeave<T extends { readonly sha256: Digest }>(
  deleted: readonly T[],
  added: readonly { readonly sha256: Digest }[],
): T[] {
  const arriving = new Map<Digest, number>();
  for (const { sha256 } of added) arriving.set(sha256, (arriving.get(sha256) ?? 0) + 1);
  return deleted.filter(({ sha256 }) => {
    const left = arriving.get(sha256) ?? 0;
    arriving.set(sha256, left - 1);
    return left <= 0;
  });
}

function tooManyDeletes(owned: number, leaving: number): Fault[] {
  if (!isTooMuch(owned, leaving)) return [];
  return [
    {
      reason: 'TooManyDeletes',
      message: `${leaving} of ${owned} files (${percentOf(owned, leaving)} %) would be deleted; more than ${MAX_DELETE_PERCENT} % needs a confirmation. Approve the plan if that is meant.`,
    },
  ];
}

function isTooMuch(owned: number, leaving: number): boolean {
  return owned > SMALL_SET && leaving * 100 > owned * MAX_DELETE_PERCENT;
}

function percentOf(owned: number, leaving: number): number {
  return Math.round((leaving * 100) / owned);
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

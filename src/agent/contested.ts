import { SyncError } from '../domain/errors.ts';
import { isMirrored } from '../domain/plan/mirror.ts';
import type { Mirror } from '../domain/manifest.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Survey } from './survey.ts';

/** How often in a row a path was put right although somebody else had written there since. */
export type Contested = Readonly<Record<string, number>>;

/** At this many in a row it is a program that writes there, not a person: what it wants is not for us to decide. */
const TOO_OFTEN = 3;
const NAMED = 20;
/** Paths that are counted; whoever fights for more is found by these. */
const COUNTED = 1000;

function takenFrom({ replaced, foreign }: Survey): string[] {
  return [...replaced, ...foreign];
}

/**
 * Another writer is reported, not fought: a path that was put right at the last two syncs that touched it, and now again is not as we left
 * it, holds the plan.
 * @throws SyncError AnotherWriter
 */
export function guardContested(contested: Contested, survey: Survey): void {
  const fought = takenFrom(survey).filter((path) => (contested[path] ?? 0) + 1 >= TOO_OFTEN);
  if (fought.length === 0) return;
  throw new SyncError(
    'AnotherWriter',
    `${fought.length === 1 ? '1 path' : `${fought.length} paths`}: somebody else wrote there before each of the last ${TOO_OFTEN} syncs, such as another sync tool or a script. Stop it, then delete these files on the gateway: ${listSome(fought, NAMED)}`,
  );
}

/** The counts after an apply: of what it looked at, only what it had to take from somebody counts on. */
export function contestedAfter(before: Contested, survey: Survey, lookedAt: ReadonlySet<string>, mirror: Mirror | undefined): Contested {
  const taken = takenFrom(survey).map((path) => [path, (before[path] ?? 0) + 1] as const);
  const now = new Set(takenFrom(survey));
  const others = Object.entries(before).filter(([path]) => !now.has(path) && !lookedAt.has(path) && !(mirror && isMirrored(mirror, path)));
  return Object.fromEntries([...taken, ...others].slice(0, COUNTED));
}

import type { PlanResult } from '../contract/source-activities.ts';
import { needsALook } from '../domain/needs-a-look.ts';
import { count } from '../domain/plan/text.ts';
import { gatewaysOf } from '../domain/rollout-state.ts';
import { short } from '../domain/revision.ts';

/** Paths in a sentence, and sentences of a plan in status. */
const NAMED = 3;
const NOTES = 5;
const MOST_CHARACTERS = 500;

/**
 * What a person approves, in one sentence; the query progress names more files, `ignition-sync plan` all.
 * @param commit of the plan: a newer one may be wanted by now
 * @param confirmedBefore see `needsALook`
 */
export function planSentence(
  { planDigest, changed, files, changes = [], holds }: PlanResult,
  commit: string,
  confirmedBefore?: number,
): string {
  const { added, modified, deleted } = files;
  const first = changes.flatMap(({ files: of }) =>
    (['deleted', 'modified', 'added'] as const).flatMap((kind) => of[kind].first.map((path) => `${path} (${kind})`)),
  );
  const such = first.length === 0 ? '' : `, such as ${[...new Set(first)].slice(0, NAMED).join(', ')}`;
  return `plan ${short(planDigest)} of ${short(commit)} changes ${gatewaysOf(changed)}: ${count(added, 'file')} added, ${modified} modified, ${deleted} deleted${such}${needsALook(holds, confirmedBefore)}`;
}

/** The first notes of a plan, for status. */
export function notesOf(plan: PlanResult | undefined): string[] | undefined {
  if (!plan || plan.notes.length === 0) return undefined;
  const more = plan.notes.length > NOTES ? [`and ${plan.notes.length - NOTES} more: query progress of the rollout`] : [];
  return [...plan.notes.slice(0, NOTES).map((note) => note.slice(0, MOST_CHARACTERS)), ...more];
}

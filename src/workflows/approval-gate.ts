import { condition, patched } from '@temporalio/workflow';
import type { PlanResult } from '../contract/source-activities.ts';
import { type Approve, isFor, rejectWords } from '../contract/messages.ts';
import { short } from '../domain/revision.ts';
import { planSentence } from './plan-words.ts';
import { type RolloutInbox, ending, heard } from './rollout-messages.ts';

/** What came of asking for an approval. */
export type Answer =
  | { readonly kind: 'approved'; readonly by: string }
  | { readonly kind: 'rejected'; readonly message: string }
  /** The rollout was aborted, or superseded, meanwhile. */
  | { readonly kind: 'ending' };

/** To be called when a plan becomes known: what was approved before, without naming a plan, can only have meant another one. */
export function forgetApprovals(inbox: RolloutInbox): void {
  inbox.approvals = inbox.approvals.filter(({ planDigest }) => planDigest !== undefined);
}

/** Waits for a person to look at a plan. An approval that names another plan counts for nothing, and is said. */
export async function untilApproved(
  plan: PlanResult,
  {
    commit,
    timeoutMs,
    confirmedBefore,
  }: { readonly commit: string; readonly timeoutMs: number; readonly confirmedBefore?: number | undefined },
  inbox: RolloutInbox,
  say: (message: string) => Promise<unknown>,
): Promise<Answer> {
  const message = planSentence(plan, commit, confirmedBefore);
  await say(message);
  if (!patched('approvals-since-the-plan')) forgetApprovals(inbox);
  const approvalOf = (): Approve | undefined => inbox.approvals.find((a) => isFor(a, plan.planDigest));
  let over = false;
  void sayForeign(
    plan.planDigest,
    inbox,
    () => over || approvalOf() !== undefined,
    (foreign) => say(`${message}. ${foreign}`),
  ).catch(() => undefined);
  const inTime = await heard(inbox, () => approvalOf() !== undefined || inbox.rejected !== undefined, timeoutMs);
  over = true;
  const approval = approvalOf();
  if (inbox.rejected) return { kind: 'rejected', message: rejectWords(inbox.rejected) };
  if (ending(inbox)) return { kind: 'ending' };
  if (!inTime || !approval) return { kind: 'rejected', message: 'nobody approved the plan in time' };
  return { kind: 'approved', by: approval.by ?? 'signal' };
}

async function sayForeign(
  plan: string,
  inbox: RolloutInbox,
  over: () => boolean,
  say: (foreign: string) => Promise<unknown>,
): Promise<void> {
  for (let seen = 0; ;) {
    await condition(() => over() || inbox.approvals.length > seen);
    if (over()) return;
    seen = inbox.approvals.length;
    const last = inbox.approvals.at(-1);
    if (last?.planDigest !== undefined && patched('foreign-approval-said')) await say(foreignApproval(last, plan));
  }
}

/** In words that an approval was for another plan. */
export function foreignApproval({ planDigest = '', by = 'somebody' }: Approve, plan: string): string {
  const named = planDigest.length < 8 ? `"${planDigest}", fewer than 8 digits` : `plan ${short(planDigest)}`;
  return `An approval by ${by} named ${named}; the waiting one is plan ${short(plan)}`;
}

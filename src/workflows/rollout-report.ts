import type { PlanResult } from '../contract/source-activities.ts';
import type { Reason } from '../domain/reasons.ts';
import type { RolloutReport, RolloutState } from '../domain/reports.ts';
import { notesOf } from './plan-words.ts';
import type { RolloutInput } from './rollout-contract.ts';

/** What turns in the course of a rollout. */
interface Turning {
  readonly state: RolloutState;
  readonly stage: string;
  readonly message: string;
  readonly reason: Reason | undefined;
  readonly waitingFor: string;
  readonly approvalRequired: boolean;
  readonly approved: { readonly plan: string; readonly by: string } | undefined;
}

/** What the object's status has of a rollout. */
export function rolloutReport(
  { commit, ref, contentHash }: RolloutInput,
  id: string,
  plan: PlanResult | undefined,
  { approved, ...turning }: Turning,
) {
  return {
    id,
    commit,
    ref,
    contentHash,
    planDigest: plan?.planDigest,
    approvedPlan: approved?.plan,
    approvedBy: approved?.by,
    changed: plan?.changed,
    notes: notesOf(plan),
    ...turning,
  } satisfies Record<keyof RolloutReport, unknown>;
}

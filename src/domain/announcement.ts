import type { Condition } from '../api/v1alpha1/conditions.ts';

/** What is said about an object in `kubectl describe` when its condition Ready turns. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Reasons of Ready that belong to the ordinary course. */
const ORDINARY: readonly string[] = ['Synced', 'Planning', 'Progressing', 'WaitingForApproval', 'Paused'];

/**
 * What the step from one status to the next is worth saying: Ready has another status or another reason. The same fault said in other
 * words is no news, neither is progress.
 */
export function announcement(before: readonly Condition[] | undefined, now: readonly Condition[] | undefined): Announcement | undefined {
  const [was, is] = [before, now].map((conditions) => conditions?.find((c) => c.type === 'Ready'));
  if (!is || is.reason === 'Progressing' || (was?.status === is.status && was.reason === is.reason)) return undefined;
  return { type: ORDINARY.includes(is.reason) ? 'Normal' : 'Warning', reason: is.reason, message: is.message };
}

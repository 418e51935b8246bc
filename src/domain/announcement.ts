import { DRIFTED, type Condition } from '../api/v1alpha1/conditions.ts';
import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import { commitOf, short } from './revision.ts';

/** What is said about an object in `kubectl describe` when something turns. */
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

/** Ends of a sync that a person wants to hear of, and how each is said. */
const BAD_ENDS: Readonly<Record<string, string>> = {
  Failed: 'failed',
  Restored: 'was put back to what it ran before',
  Unreachable: 'could not be reached',
};

/**
 * What the step from one status of a gateway to the next is worth saying: it failed, was put back or could not be reached, or it is back. The
 * same end of the same commit again is no news, neither is a gateway that goes from commit to commit.
 */
export function gatewayAnnouncement(before: IgnitionGatewayStatus | undefined, now: IgnitionGatewayStatus): Announcement | undefined {
  const { phase = '', reason, message = '' } = now;
  if (before?.phase === phase) return undefined;
  const last = before?.history?.[0];
  const commit = short(commitOf(now.desired) ?? '');
  const bad = BAD_ENDS[phase];
  if (bad !== undefined) {
    if (last?.phase === phase && last.message === message && last.commit === commitOf(now.desired)) return undefined;
    return { type: 'Warning', reason: reason || phase, message: `${bad} at ${commit}: ${message}` };
  }
  if (phase !== 'Synced' || last === undefined || BAD_ENDS[last.phase] === undefined) return undefined;
  return {
    type: 'Normal',
    reason: 'Synced',
    message: `${commit} is live; before, it ${BAD_ENDS[last.phase] ?? ''} at ${short(last.commit)}`,
  };
}

/** The same for files that were changed on a gateway: that they are, and that they are again as they shall be. */
export function driftAnnouncement(
  before: readonly Condition[] | undefined,
  now: readonly Condition[] | undefined,
): Announcement | undefined {
  const [was, is] = [before, now].map((conditions) => conditions?.find(({ type }) => type === DRIFTED));
  if (!is || is.status === (was?.status ?? 'False')) return undefined;
  if (is.status === 'True') return { type: 'Warning', reason: is.reason, message: is.message };
  return { type: 'Normal', reason: is.reason, message: 'the files are those of the commit that is live again' };
}

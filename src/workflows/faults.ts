import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import type { GatewayActivities } from '../contract/gateway-activities.ts';
import type { Fault } from '../domain/errors.ts';
import { isReason } from '../domain/reasons.ts';

const ON_GATEWAYS: readonly string[] = ['stage', 'apply', 'scan', 'restore', 'restart'] satisfies (keyof GatewayActivities)[];

/** A failed activity or child as a fault of the closed list; what nobody foresaw becomes `Internal` with its message. */
export function faultOf(error: unknown): Fault {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { reason: isReason(cause.type) ? cause.type : 'Internal', message: cause.message };
  if (cause instanceof TimeoutFailure) {
    const who =
      error instanceof ActivityFailure && ON_GATEWAYS.includes(error.activityType) ? 'the agent of the gateway' : 'the source or worker';
    const never = cause.timeoutType === 'SCHEDULE_TO_START';
    const what = never
      ? 'does not take the work: it does not run, or does not reach Temporal'
      : `gave no answer in time (${cause.timeoutType})`;
    return { reason: 'Unreachable', message: `${who} ${what}` };
  }
  if (cause instanceof CancelledFailure) return { reason: 'Aborted', message: 'cancelled by hand' };
  if (cause instanceof TerminatedFailure) return { reason: 'Aborted', message: 'terminated by hand' };
  return { reason: 'Internal', message: cause instanceof Error ? cause.message : String(cause) };
}

/** Cancellation of this workflow itself must never be swallowed. */
export function rethrowCancellation(error: unknown): void {
  if (isCancellation(error)) throw error;
}

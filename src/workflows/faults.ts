import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import type { Fault } from '../domain/errors.ts';
import { isReason } from '../domain/reasons.ts';

/** A failed activity or child as a fault of the closed list; what nobody foresaw becomes `Internal` with its message. */
export function faultOf(error: unknown): Fault {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { reason: isReason(cause.type) ? cause.type : 'Internal', message: cause.message };
  if (cause instanceof TimeoutFailure) {
    const never = cause.timeoutType === 'SCHEDULE_TO_START';
    return {
      reason: 'Unreachable',
      message: never ? 'nobody took the work: the process that serves this task queue is away' : `no answer in time (${cause.timeoutType})`,
    };
  }
  if (cause instanceof CancelledFailure) return { reason: 'Aborted', message: 'cancelled by hand' };
  if (cause instanceof TerminatedFailure) return { reason: 'Aborted', message: 'terminated by hand' };
  return { reason: 'Internal', message: cause instanceof Error ? cause.message : String(cause) };
}

/** Cancellation of this workflow itself must never be swallowed. */
export function rethrowCancellation(error: unknown): void {
  if (isCancellation(error)) throw error;
}

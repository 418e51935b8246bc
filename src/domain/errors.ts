import { REASONS, type Reason } from './reasons.ts';

/** An expected failure: a reason of the closed list and one sentence that says what is wrong, where, and what to do. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly reason: Reason;
  /** When set, asking again is pointless before this many milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether the same input may succeed later without anybody doing anything. */
export function isRetryable(reason: Reason): boolean {
  return REASONS[reason] === 'backoff';
}

/** A fault as it crosses process boundaries and stands in status. */
export interface Fault {
  readonly reason: Reason;
  readonly message: string;
}

/** Any thrown value as a fault: unknown errors become `Internal` with their message. */
export function toFault(error: unknown): Fault {
  if (error instanceof SyncError) return { reason: error.reason, message: error.message };
  return { reason: 'Internal', message: error instanceof Error ? error.message : String(error) };
}

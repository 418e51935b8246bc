/** How a remote failed lately. */
export interface RemoteFailure {
  /** Times in a row. */
  readonly failures: number;
  /** When it failed last, ms of any steady clock. */
  readonly at: number;
  /** What the host itself asked for, in ms. */
  readonly retryAfterMs?: number | undefined;
}

const FIRST_MS = 5_000;
const LONGEST_MS = 60_000;

/**
 * Milliseconds for which a remote is left alone: 5 s doubling to a minute, so that an outage is never prolonged by more than its own
 * length. Whoever has a reason to ask (a push, a person) is let through; what the host itself asked for holds for everybody.
 */
export function leftAloneMs({ failures, at, retryAfterMs }: RemoteFailure, now: number, hasReason: boolean): number {
  if (retryAfterMs !== undefined) return Math.max(0, at + retryAfterMs - now);
  if (hasReason) return 0;
  return Math.max(0, at + Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, failures - 1)) - now);
}

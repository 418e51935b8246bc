/** How often a repository or object that has a fault is looked at without being asked, where it is not polled more often anyway. */
const POLL_WHILE_STALLED_MS = 15_000;

/**
 * Milliseconds until the clock alone makes an object be looked at again; spread, so that objects which began together do not ask the git
 * host together for ever.
 */
export function untilNextLook(pollMs: number | undefined, stalled: boolean): number {
  const interval = stalled ? Math.min(pollMs ?? POLL_WHILE_STALLED_MS, POLL_WHILE_STALLED_MS) : (pollMs ?? POLL_WHILE_STALLED_MS);
  return Math.round(interval * (0.9 + 0.2 * Math.random()));
}

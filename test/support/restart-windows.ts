const HOUR = 3_600_000;

/** Windows of a restart policy that is open now, for hours. */
export const OPEN = { windows: [{ start: '00:00', durationMs: 24 * HOUR, timeZone: 'UTC' }], timeoutMs: 60_000 };

/** The same, to be opened in about ten hours. */
export function later(): typeof OPEN {
  const start = new Date(Date.now() + 10 * HOUR).toISOString().slice(11, 16);
  return { windows: [{ start, durationMs: HOUR, timeZone: 'UTC' }], timeoutMs: 60_000 };
}

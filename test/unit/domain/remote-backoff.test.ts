import { leftAloneMs } from '../../../src/domain/remote-backoff.ts';
import { ServerClock } from '../../../src/activities/source/server-clock.ts';

test.each([
  { what: 'the first failure', failure: { failures: 1, at: 0 }, now: 0, hasReason: false, ms: 5_000 },
  { what: 'the third', failure: { failures: 3, at: 0 }, now: 0, hasReason: false, ms: 20_000 },
  { what: 'many', failure: { failures: 5_000, at: 0 }, now: 0, hasReason: false, ms: 60_000 },
  { what: 'a failure that is long over', failure: { failures: 1, at: 0 }, now: 5_000, hasReason: false, ms: 0 },
  { what: 'a failure, for whoever has a reason', failure: { failures: 9, at: 0 }, now: 0, hasReason: true, ms: 0 },
  { what: 'a host that said when', failure: { failures: 1, at: 0, retryAfterMs: 90_000 }, now: 30_000, hasReason: true, ms: 60_000 },
])('$what leaves a remote alone for $ms ms', ({ failure, now, hasReason, ms }) => {
  expect(leftAloneMs(failure, now, hasReason)).toBe(ms);
});

test('a moment of the server is never taken for an earlier one of ours, whichever clock is ahead', () => {
  for (const offset of [-5_000, 0, 5_000]) {
    const clock = new ServerClock();
    for (const latency of [40, 3, 200]) clock.observe(1_000, 1_000 + offset + latency);
    expect(clock.notBefore(2_000)).toBe(2_000 + offset + 3);
  }
});

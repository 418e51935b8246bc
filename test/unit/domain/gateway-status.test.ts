import { gatewayStatus, withRestart } from '../../../src/domain/gateway-status.ts';
import { isOutOfDate } from '../../../src/domain/out-of-date.ts';
import type { GatewayReport } from '../../../src/domain/reports.ts';

const T1 = '2026-01-01T00:00:01.000Z';
const T2 = '2026-01-01T00:00:02.000Z';
const report = (phase: GatewayReport['phase'], more: Partial<GatewayReport> = {}): GatewayReport => ({
  gateway: 'a',
  ref: 'main',
  commit: 'c1',
  phase,
  ...more,
});

test('the revision is what is live, not what is wanted: it moves only when the gateway is synced', () => {
  const applying = gatewayStatus(undefined, report('Applying'), T1);
  expect(applying).toMatchObject({ desired: 'main@sha1:c1', phase: 'Applying' });
  expect(applying.revision).toBeUndefined();
  expect(gatewayStatus(applying, report('Synced', { live: 'm1', confirmed: { manifest: 'm1', outcome: 'Loaded' } }), T2)).toMatchObject({
    revision: 'main@sha1:c1',
    live: 'm1',
  });
});

test('a failed commit is not recorded as synced, and the reason stands beside it', () => {
  const synced = gatewayStatus(undefined, report('Synced'), T1);
  const restored = gatewayStatus(synced, report('Restored', { commit: 'c2', fault: { reason: 'ScanFailed', message: 'no' } }), T2);
  expect(restored).toMatchObject({ revision: 'main@sha1:c1', desired: 'main@sha1:c2', reason: 'ScanFailed', message: 'no' });
});

test('since moves with the phase only, and a fault goes with it', () => {
  const first = gatewayStatus(undefined, report('Waiting', { waitingFor: 'resume', fault: { reason: 'Paused', message: 'p' } }), T1);
  const again = gatewayStatus(first, report('Waiting', { waitingFor: 'resume' }), T2);
  expect(again).toMatchObject({ since: T1, reason: '' });
  expect(gatewayStatus(again, report('Applying'), T2)).toMatchObject({ since: T2, waitingFor: '' });
});

test('the history keeps the last 10 ends, newest first', () => {
  let status = gatewayStatus(undefined, report('Pending'), T1);
  for (let i = 0; i < 12; i += 1) status = gatewayStatus(status, report('Synced', { commit: `c${i}` }), T1);
  expect(status.history?.map((h) => h.commit)).toEqual(['c11', 'c10', 'c9', 'c8', 'c7', 'c6', 'c5', 'c4', 'c3', 'c2']);
});

const agent = { version: '1', protocol: 1, podUid: 'u', lastHello: T2 };
test.each([
  { name: 'no status yet', status: undefined, outOfDate: false },
  { name: 'no agent has said hello', status: { phase: 'Pending' }, outOfDate: false },
  { name: 'a new gateway whose agent is there', status: { agent }, outOfDate: true },
  { name: 'unreachable, and the agent came back since', status: { phase: 'Unreachable', since: T1, agent }, outOfDate: true },
  {
    name: 'unreachable, and nothing was heard since',
    status: { phase: 'Unreachable', since: '2026-01-01T00:00:03.000Z', agent },
    outOfDate: false,
  },
  {
    name: 'synced and confirmed',
    status: { phase: 'Synced', live: 'm', confirmed: { manifest: 'm', outcome: 'Loaded', at: T1 }, agent },
    outOfDate: false,
  },
  {
    name: 'synced, but the volume holds something else',
    status: { phase: 'Synced', live: 'old', confirmed: { manifest: 'm', outcome: 'Loaded', at: T1 }, agent },
    outOfDate: true,
  },
  {
    name: 'passed over before it was set up, and its agent has not spoken since',
    status: { phase: 'Waiting', reason: 'GatewayCommissioning', since: T2, agent },
    outOfDate: false,
  },
  {
    name: 'passed over before it was set up, and up now',
    status: { phase: 'Waiting', reason: 'GatewayCommissioning', since: '2025', agent },
    outOfDate: true,
  },
  {
    name: 'waiting in a wave that goes on by itself',
    status: { phase: 'Waiting', reason: 'DesignerOpen', since: '2025', agent },
    outOfDate: false,
  },
  { name: 'failed: a person or a new commit ends that', status: { phase: 'Restored', agent }, outOfDate: false },
])('$name → catch-up: $outOfDate', ({ status, outOfDate }) => {
  expect(isOutOfDate(status)).toBe(outOfDate);
});

test('a gateway that was put back after an abort runs what it ran before, and says so', () => {
  const one = gatewayStatus(undefined, report('Synced', { live: 'm1', confirmed: { manifest: 'm1', outcome: 'Loaded' } }), T1);
  const two = gatewayStatus(one, report('Synced', { commit: 'c2', live: 'm2', confirmed: { manifest: 'm2', outcome: 'Loaded' } }), T1);
  const back = gatewayStatus(two, report('Restored', { commit: 'c2', live: 'm1', fault: { reason: 'Aborted', message: '' } }), T2);
  expect(back).toMatchObject({ revision: 'main@sha1:c1', desired: 'main@sha1:c2', live: 'm1', confirmed: { manifest: 'm1' } });
  const unknown = gatewayStatus(two, report('Restored', { commit: 'c2', live: 'm0', fault: { reason: 'Aborted', message: '' } }), T2);
  expect([unknown.revision, unknown.confirmed]).toEqual([undefined, undefined]);
  // Without a record of what is live it is put back to that, and what it confirmed before goes on standing in for it.
  const lost = gatewayStatus(
    two,
    report('Restored', { commit: 'c2', live: 'none', standsIn: 'm1', fault: { reason: 'Aborted', message: '' } }),
    T2,
  );
  expect(lost).toMatchObject({ revision: 'main@sha1:c1', live: 'none', confirmed: { manifest: 'm1' } });
});

test.each([
  { had: undefined, says: [], news: undefined },
  { had: ['modules'], says: ['modules'], news: undefined },
  { had: undefined, says: ['modules'], news: { restartPending: ['modules'] } },
  {
    had: ['modules'],
    says: [],
    news: { restartPending: null, message: `seen to be restarted at ${T2}; what it has loaded is proved with the next sync` },
  },
])('an agent that says $says of a gateway that had $had waiting for a restart', ({ had, says, news }) => {
  expect(withRestart({ phase: 'Synced', ...(had && { restartPending: had }) }, says, T2)).toEqual(news);
});

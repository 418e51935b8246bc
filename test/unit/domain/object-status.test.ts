import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { mayReport, objectStatus, waitsOf } from '../../../src/domain/object-status.ts';
import type { RolloutState, StatusReport } from '../../../src/domain/reports.ts';

const object = { namespace: 'plant', name: 'plant', uid: 'u' };
const COMMIT = 'c'.repeat(40);
const revision = { ref: 'main', commit: COMMIT };
const NOW = '2026-01-01T00:00:00.000Z';
const gateway = (phase: string, commit = COMMIT): IgnitionGatewayStatus => ({ phase, revision: `main@sha1:${commit}` });
const allSynced = [gateway('Synced'), gateway('Synced')];
const rollout = (state: RolloutState, more: object = {}): StatusReport => ({
  object,
  n: 1,
  rollout: { id: 'rollout/plant/plant/1', state, ...revision, contentHash: 'h', message: `it is ${state}`, ...more },
});
const resolved = (gateways: IgnitionGatewayStatus[]): IgnitionSyncStatus =>
  objectStatus(undefined, { object, observedGeneration: 1, revision, fault: null, paused: false }, gateways, 1, NOW);
const condition = (status: IgnitionSyncStatus, type: string) => status.conditions?.find((c) => c.type === type);

test.each<{ name: string; gateways: IgnitionGatewayStatus[]; report?: StatusReport; generation?: number; ready: object }>([
  { name: 'every gateway runs the commit: Ready', gateways: allSynced, ready: { status: 'True', reason: 'Synced' } },
  {
    name: 'a new commit is resolved but not live: not Ready',
    gateways: [gateway('Synced', 'b'.repeat(40))],
    ready: { status: 'False', reason: 'Progressing' },
  },
  {
    name: 'one gateway is away: not Ready',
    gateways: [gateway('Synced'), gateway('Unreachable')],
    ready: { status: 'False', message: '1/2 gateways synced' },
  },
  {
    name: 'a newer generation has not been looked at: not Ready',
    gateways: allSynced,
    generation: 2,
    ready: { status: 'False', reason: 'Progressing' },
  },
  {
    name: 'a rollout is on its way: not Ready, in its words',
    gateways: allSynced,
    report: rollout('Progressing'),
    ready: { status: 'False', reason: 'Progressing', message: 'it is Progressing' },
  },
  {
    name: 'a rollout holds: not Ready, in its words',
    gateways: [gateway('Restored')],
    report: rollout('Holding'),
    ready: { status: 'False', reason: 'Holding', message: 'it is Holding' },
  },
  {
    name: 'a fault: not Ready, with its reason',
    gateways: allSynced,
    report: { object, fault: { reason: 'RefNotFound', message: 'no branch mian' } },
    ready: { status: 'False', reason: 'RefNotFound', message: 'no branch mian' },
  },
  { name: 'no gateways: not Ready', gateways: [], ready: { status: 'False' } },
])('$name', ({ gateways, report, generation = 1, ready }) => {
  const before = resolved(gateways);
  const status = objectStatus(before, report ?? { object, observedGeneration: 1 }, gateways, generation, NOW);
  expect(condition(status, 'Ready')).toMatchObject(ready);
});

test('status never names a commit as synced that is not live on every gateway', () => {
  const partly = objectStatus(
    resolved([gateway('Synced'), gateway('Unreachable')]),
    rollout('Succeeded'),
    [gateway('Synced'), gateway('Unreachable')],
    1,
    NOW,
  );
  expect(partly.synced).toBeUndefined();
  const fully = objectStatus(resolved(allSynced), rollout('Succeeded'), allSynced, 1, NOW);
  expect(fully.synced).toEqual({ commit: COMMIT, contentHash: 'h', at: NOW });
});

test('a fault that is over is taken away and the transition has its time', () => {
  const faulty = objectStatus(
    resolved(allSynced),
    { object, fault: { reason: 'HostUnreachable', message: 'no route' } },
    allSynced,
    1,
    NOW,
  );
  const later = '2026-01-01T01:00:00.000Z';
  const mended = objectStatus(faulty, { object, fault: null, revision, observedGeneration: 1 }, allSynced, 1, later);
  expect(condition(mended, 'Stalled')).toMatchObject({ status: 'False', lastTransitionTime: later });
  expect(condition(mended, 'Ready')).toMatchObject({ status: 'True', lastTransitionTime: later });
});

test('the history holds the last 10 rollouts, newest first, each once', () => {
  let status = resolved(allSynced);
  for (let n = 1; n <= 12; n += 1) {
    status = objectStatus(status, { ...rollout('Progressing'), n }, allSynced, 1, NOW);
    status = objectStatus(status, { ...rollout('Succeeded'), n }, allSynced, 1, `2026-01-01T00:00:${10 + n}.000Z`);
  }
  expect(status.history?.map((h) => h.number)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

test('a rollout that never said how it ended is in the history as soon as the next one speaks', () => {
  const silent = objectStatus(resolved(allSynced), rollout('Progressing'), allSynced, 1, NOW);
  const next = objectStatus(silent, { ...rollout('Planning'), n: 2 }, allSynced, 1, NOW);
  expect(next.history).toMatchObject([
    { number: 1, state: 'Superseded', message: 'ended without a word while Progressing: it is Progressing' },
  ]);
});

test('what an earlier rollout was approved for does not count for the next', () => {
  const approved = objectStatus(resolved(allSynced), rollout('Progressing', { planDigest: 'p1', approvedPlan: 'p1' }), allSynced, 1, NOW);
  const next = objectStatus(approved, { ...rollout('Planning'), n: 2 }, allSynced, 1, NOW);
  expect(next.rollout?.approvedPlan).toBeUndefined();
});

test.each([
  { name: 'the first rollout', n: 1, known: undefined, may: true },
  { name: 'the current rollout', n: 3, known: { number: 3, state: 'Progressing' }, may: true },
  { name: 'the next rollout', n: 4, known: { number: 3, state: 'Progressing' }, may: true },
  { name: 'an older rollout', n: 2, known: { number: 3, state: 'Progressing' }, may: false },
  { name: 'a finished rollout whose workflow was reset', n: 3, known: { number: 3, state: 'Succeeded' }, may: false },
  { name: 'a wave that outlived its rollout', n: 3, left: true, known: { number: 3, state: 'Aborted' }, may: true },
  { name: 'a wave that outlived its rollout and saw a newer one', n: 3, left: true, known: { number: 4, state: 'Planning' }, may: false },
  { name: 'the object itself', n: undefined, known: { number: 3, state: 'Succeeded' }, may: true },
])('$name may write status: $may', ({ n, known, may, left }) => {
  expect(mayReport(known ? ({ rollout: known } as IgnitionSyncStatus) : undefined, n, left)).toBe(may);
});

test('what an idle object waits for stays said when a report is about something else', () => {
  const paused = objectStatus(
    resolved(allSynced),
    { object, paused: 'spec', waitingFor: 'spec.paused: false (the object is paused)' },
    allSynced,
    1,
    NOW,
  );
  const resumed = objectStatus(paused, { object, frozen: null }, allSynced, 1, NOW);
  expect(resumed.waitingFor).toBe('spec.paused: false (the object is paused)');
});

test('a rollout that goes on says which gateways it waits for, and no more once they go on', () => {
  const waiting = { phase: 'Waiting', reason: 'DesignerOpen', waitingFor: 'ada has area open' };
  const waits = waitsOf([
    { name: 'area-0', status: waiting },
    { name: 'area-1', status: { phase: 'Synced' } },
    { name: 'area-2', status: { phase: 'Waiting' } },
    { name: 'area-3' },
  ]);
  expect(waits).toBe('area-0 (DesignerOpen), area-2');
  const during = objectStatus(resolved(allSynced), rollout('Progressing'), [waiting], 1, NOW, '', waits);
  expect(during.waitingFor).toBe(waits);
  const after = objectStatus(during, { object, n: 1, gateways: [] }, allSynced, 1, NOW, '', waitsOf([]));
  expect(after.waitingFor).toBe('');
  const held = objectStatus(during, rollout('Paused', { waitingFor: 'resume' }), [waiting], 1, NOW, '', waits);
  expect(held.waitingFor).toBe('resume');
});

test('a cell names three gateways that are waited for, and counts the others', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, status: { phase: 'Waiting' } }));
  expect(waitsOf(five)).toBe('a, b, c, and 2 more');
});

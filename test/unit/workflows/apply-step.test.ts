import type { PlannedGateway } from '../../../src/contract/source-activities.ts';
import { applyStep, type WaveContext } from '../../../src/workflows/sync-gateway.ts';

const AT: WaveContext = {
  object: { namespace: 'plant', name: 'site', uid: '0f8e' },
  rollout: 'rollout/plant/site/1',
  n: 1,
  planDigest: 'f'.repeat(64),
  commit: 'c'.repeat(40),
  ref: 'main',
  attempt: 1,
  connection: { port: 8088, tls: false },
  retainSnapshots: 7,
};
const PLANNED: PlannedGateway = { gateway: 'a', target: 'b'.repeat(64), expectLive: 'none' };

test.each<{ name: string; at?: Partial<WaveContext>; planned?: Partial<PlannedGateway>; told: object }>([
  { name: 'what stands in for a lost record', planned: { lastConfirmed: 'd'.repeat(64) }, told: { lastConfirmed: 'd'.repeat(64) } },
  { name: 'which files are released', planned: { released: 'e'.repeat(64) }, told: { released: 'e'.repeat(64) } },
  { name: 'that git wins', planned: { localChanges: 'overwrite' }, told: { localChanges: 'overwrite' } },
  { name: 'whom to wait for', planned: { designers: 'fail', perspective: 'wait' }, told: { designers: 'fail', perspective: 'wait' } },
  { name: 'how many snapshots to keep', at: { retainSnapshotBytes: 9 }, told: { retainSnapshots: 7, retainSnapshotBytes: 9 } },
  { name: 'what it runs then', told: { revision: { ref: 'main', commit: 'c'.repeat(40) } } },
])('a gateway is told, before it is changed, $name', ({ at = {}, planned = {}, told }) => {
  expect(applyStep({ ...AT, ...at }, { ...PLANNED, ...planned })).toMatchObject(told);
});

test('a loss that a person has confirmed for one gateway is confirmed for no other', () => {
  const at = { ...AT, deletesConfirmed: ['a'] };
  expect(applyStep(at, PLANNED).deletesConfirmed).toBe(true);
  expect(applyStep(at, { ...PLANNED, gateway: 'b' })).not.toHaveProperty('deletesConfirmed');
});

import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { createReportStatus } from '../../../src/activities/control/report-status.ts';
import { behindStatus } from '../../../src/domain/behind.ts';
import { isOutOfDate } from '../../../src/domain/out-of-date.ts';
import type { RolloutState } from '../../../src/domain/reports.ts';
import { MemoryObjects } from '../../support/memory-objects.ts';

const T1 = '2026-01-01T00:00:01.000Z';
const T2 = '2026-01-01T00:00:02.000Z';
const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const revision = (commit: string): string => `main@sha1:${commit}`;
const onA: IgnitionGatewayStatus = {
  phase: 'Synced',
  since: T1,
  desired: revision(A),
  revision: revision(A),
  shortRevision: 'main@aaaaaaaa',
  live: 'm',
  confirmed: { manifest: 'm', outcome: 'Loaded', at: T1 },
  waitingFor: '',
};
const wants = (commit: string, state?: RolloutState, waitingFor = ''): IgnitionSyncStatus => ({
  ref: 'main',
  revision: revision(commit),
  waitingFor,
  ...(state && { rollout: { number: 7, id: 'r', state, commit, contentHash: '', ref: 'main', message: '', startedAt: T1 } }),
});

test.each<[string, IgnitionSyncStatus, string]>([
  ['a plan that waits for a person', wants(B, 'WaitingForApproval', 'approve or reject'), 'approve or reject'],
  ['a plan that was rejected', wants(B, 'Rejected', 'a new commit (this plan was rejected)'), 'a new commit (this plan was rejected)'],
  ['a pause before any rollout', wants(B, undefined, 'resume (the object is paused)'), 'resume (the object is paused)'],
  ['a rollout that is at the gateways before it', wants(B, 'Progressing', 'other (DesignerOpen)'), 'its turn in the rollout'],
  ['a rollout that has just begun', wants(B, 'Planning'), 'its turn in the rollout'],
])('a gateway on which nothing has begun is Behind, and waits for: %s', (_, sync, waitingFor) => {
  const status = behindStatus(onA, sync, T2)!;
  expect(status).toMatchObject({ phase: 'Behind', since: T2, desired: revision(B), revision: revision(A), waitingFor });
  expect(status.message).toBe('main@aaaaaaaa is live, main@bbbbbbbb is wanted');
  expect(behindStatus(status, sync, T2)).toBeUndefined();
});

test('what it waits for is said anew, and since stays', () => {
  const asked = behindStatus(onA, wants(B, 'WaitingForApproval', 'approve or reject'), T1)!;
  expect(behindStatus(asked, wants(B, 'Progressing'), T2)).toMatchObject({ since: T1, waitingFor: 'its turn in the rollout' });
});

test('a gateway whose own commit is wanted again is Synced since it proved that', () => {
  const behind = behindStatus(onA, wants(B, 'WaitingForApproval', 'approve or reject'), T2)!;
  expect(behindStatus(behind, wants(A), T2)).toMatchObject({
    phase: 'Synced',
    since: T1,
    desired: revision(A),
    waitingFor: '',
    message: '',
  });
});

test.each(['Staging', 'Applying', 'Waiting', 'Failed', 'Restored', 'Unreachable', 'Pending'])(
  'a gateway that is %s says that, whatever is wanted',
  (phase) => expect(behindStatus({ ...onA, phase }, wants(B, 'Progressing'), T2)).toBeUndefined(),
);

test('what is behind is no catch-up: a plan that a person rejected does not come to it by itself', () => {
  const agent = { version: '1', protocol: 1, podUid: 'u', lastHello: T2 };
  expect(isOutOfDate({ ...onA, phase: 'Behind', agent })).toBe(false);
});

test('the status of every gateway that waits follows what its object wants, and one that has begun is left alone', async () => {
  const objects = new MemoryObjects();
  objects.putSync('plant', {});
  for (const name of ['a', 'b', 'c']) objects.putGateway('plant', name, onA);
  objects.putGateway('plant', 'busy', { ...onA, phase: 'Staging' });
  const report = createReportStatus(
    objects,
    { announce: () => Promise.resolve(), announceGateway: () => Promise.resolve() },
    () => new Date(T2),
  );
  const object = { namespace: 'test', name: 'plant', uid: (await objects.sync('test', 'plant'))!.metadata.uid };
  await report({ object, revision: { ref: 'main', commit: B }, waitingFor: 'spec.paused: false (the object is paused)' });
  expect((await objects.gateways()).map(({ status }) => [status?.phase, status?.waitingFor])).toEqual([
    ...Array.from({ length: 3 }, () => ['Behind', 'spec.paused: false (the object is paused)']),
    ['Staging', ''],
  ]);
  expect((await objects.sync('test', 'plant'))?.status?.gateways?.summary).toBe('0/4');
  await report({ object, revision: { ref: 'main', commit: A }, waitingFor: '' });
  expect((await objects.sync('test', 'plant'))?.status?.gateways?.summary).toBe('3/4');
  expect((await objects.gateways()).map(({ status }) => status?.phase)).toEqual(['Synced', 'Synced', 'Synced', 'Staging']);
});

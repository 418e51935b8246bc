import { withDrift } from '../../../src/domain/drift.ts';
import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../../src/api/v1alpha1/ignition-sync.ts';
import { announcement } from '../../../src/domain/announcement.ts';
import { objectStatus } from '../../../src/domain/object-status.ts';
import type { RolloutState, StatusReport } from '../../../src/domain/reports.ts';

const object = { namespace: 'plant', name: 'plant', uid: 'u' };
const COMMIT = 'c'.repeat(40);
const NOW = '2026-01-01T00:00:00.000Z';
const gateways: IgnitionGatewayStatus[] = [{ phase: 'Synced', revision: `main@sha1:${COMMIT}` }];

const resolved: StatusReport = {
  object,
  observedGeneration: 1,
  revision: { ref: 'main', commit: COMMIT },
  fault: null,
  paused: false,
  contentHash: 'h',
};
const faulty: StatusReport = { object, observedGeneration: 1, fault: { reason: 'RefNotFound', message: 'no branch mian' } };
const rollout = (state: RolloutState, n = 1, commit = COMMIT): StatusReport => ({
  object,
  n,
  rollout: {
    id: `rollout/plant/plant/${n}`,
    state,
    ref: 'main',
    commit,
    contentHash: 'h',
    message: `it is ${state}`,
    ...(state === 'Failed' ? { reason: 'SourceNotFound' as const } : {}),
  },
});

function after(reports: readonly StatusReport[], seen = gateways): IgnitionSyncStatus {
  let status: IgnitionSyncStatus | undefined;
  for (const report of reports) status = objectStatus(status, report, seen, 1, NOW);
  return status!;
}

function verdict(status: IgnitionSyncStatus, type: string): string {
  const found = status.conditions!.find((c) => c.type === type)!;
  return `${found.status} ${found.reason}`;
}

test.each<{ name: string; reports: StatusReport[]; ready: string; stalled: string; seen?: IgnitionGatewayStatus[] }>([
  {
    name: 'a rollout that failed in planning, with every gateway on the commit: not Ready, for that reason',
    reports: [resolved, rollout('Planning'), rollout('Failed')],
    ready: 'False SourceNotFound',
    stalled: 'True SourceNotFound',
  },
  {
    name: 'a gateway that runs the commit only after a restart: not Ready, although all files are there',
    reports: [resolved, rollout('Succeeded')],
    seen: [{ ...gateways[0], restartPending: ['modules'] }],
    ready: 'False RestartPending',
    stalled: 'False NotStalled',
  },
  {
    name: 'and Ready as soon as it was restarted',
    reports: [resolved, rollout('Succeeded'), resolved],
    ready: 'True Synced',
    stalled: 'False NotStalled',
  },
  {
    name: 'what the object itself says afterwards does not hide it',
    reports: [resolved, rollout('Failed'), resolved],
    ready: 'False SourceNotFound',
    stalled: 'True SourceNotFound',
  },
  {
    name: 'the next rollout takes it away',
    reports: [resolved, rollout('Failed'), rollout('Planning', 2)],
    ready: 'False Planning',
    stalled: 'False NotStalled',
  },
  {
    name: 'a rejected change of a profile: not Ready, although every gateway runs the commit',
    reports: [resolved, rollout('Rejected')],
    ready: 'False Rejected',
    stalled: 'False NotStalled',
  },
  {
    name: 'a failure of another commit than the wanted one says nothing about this one',
    reports: [rollout('Succeeded'), rollout('Failed', 2, 'b'.repeat(40)), resolved],
    ready: 'True Synced',
    stalled: 'False NotStalled',
  },
  {
    name: 'a ref that cannot be resolved outranks a rollout that failed',
    reports: [resolved, rollout('Failed'), faulty],
    ready: 'False RefNotFound',
    stalled: 'True RefNotFound',
  },
  {
    name: 'it lasts while others report',
    reports: [resolved, faulty, rollout('Progressing')],
    ready: 'False RefNotFound',
    stalled: 'True RefNotFound',
  },
  {
    name: 'paused with a commit that is not live: not Ready, and why',
    reports: [{ ...resolved, paused: 'spec' }],
    seen: [{ phase: 'Synced', revision: `main@sha1:${'b'.repeat(40)}` }],
    ready: 'False Paused',
    stalled: 'False NotStalled',
  },
  {
    name: 'paused with everything live: Ready',
    reports: [rollout('Succeeded'), { ...resolved, paused: 'signal' }],
    ready: 'True Synced',
    stalled: 'False NotStalled',
  },
  {
    name: 'specs that changed and are not rolled out yet, with every gateway on the commit: not Ready',
    reports: [rollout('Succeeded'), resolved, { ...resolved, contentHash: 'another' }],
    ready: 'False Progressing',
    stalled: 'False NotStalled',
  },
  { name: 'no gateways: not Ready, and why', reports: [resolved], seen: [], ready: 'False NoGateways', stalled: 'False NotStalled' },
])('$name', ({ reports, seen, ready, stalled }) => {
  const status = after(reports, seen);
  expect([verdict(status, 'Ready'), verdict(status, 'Stalled')]).toEqual([ready, stalled]);
});

test('RefResolved says when the ref of the object cannot be resolved, also when an older revision is known', () => {
  expect(verdict(after([resolved, faulty]), 'RefResolved')).toBe('False RefNotFound');
  expect(verdict(after([resolved, faulty, rollout('Failed')]), 'RefResolved')).toBe('False RefNotFound');
  expect(verdict(after([resolved, faulty, resolved]), 'RefResolved')).toBe('True Resolved');
  expect(verdict(after([rollout('Planning')]), 'RefResolved')).toBe('Unknown Pending');
});

test.each<{ name: string; before: StatusReport[]; report: StatusReport; said: object | undefined }>([
  { name: 'a rollout that begins', before: [resolved], report: rollout('Planning'), said: { type: 'Normal', reason: 'Planning' } },
  { name: 'progress', before: [resolved, rollout('Planning')], report: rollout('Progressing'), said: undefined },
  { name: 'success', before: [resolved, rollout('Progressing')], report: rollout('Succeeded'), said: { type: 'Normal', reason: 'Synced' } },
  {
    name: 'a question to people',
    before: [resolved, rollout('Planning')],
    report: rollout('WaitingForApproval'),
    said: { type: 'Normal', reason: 'WaitingForApproval', message: 'it is WaitingForApproval' },
  },
  { name: 'a hold', before: [resolved, rollout('Progressing')], report: rollout('Holding'), said: { type: 'Warning', reason: 'Holding' } },
  {
    name: 'a failure',
    before: [resolved, rollout('Planning')],
    report: rollout('Failed'),
    said: { type: 'Warning', reason: 'SourceNotFound', message: 'it is Failed' },
  },
  { name: 'a fault', before: [resolved], report: faulty, said: { type: 'Warning', reason: 'RefNotFound', message: 'no branch mian' } },
  { name: 'the same fault again', before: [resolved, faulty], report: faulty, said: undefined },
  {
    name: 'a fault that is over',
    before: [rollout('Succeeded'), resolved, faulty],
    report: resolved,
    said: { type: 'Normal', reason: 'Synced' },
  },
])('$name: what is announced', ({ before, report, said }) => {
  const was = after(before);
  const is = objectStatus(was, report, gateways, 1, NOW);
  const news = announcement(was.conditions, is.conditions);
  if (said === undefined) expect(news).toBeUndefined();
  else expect(news).toMatchObject(said);
});

test('drift on some gateways is said beside Ready, and ends with it', () => {
  const drifting = (files: number) => withDrift(undefined, { changed: files, missing: 0, foreign: 0, first: ['projects/P/a'] }, NOW)!;
  const seen = (files: number) => gateways.map((gateway, i) => (i === 0 ? { ...gateway, conditions: drifting(files) } : gateway));
  const status = after([resolved], seen(2));
  expect(verdict(status, 'Drifted')).toBe('True Drifted');
  expect(status.conditions!.find((c) => c.type === 'Drifted')?.message).toBe(
    `files were changed on 1 of ${gateways.length} gateways: see their condition Drifted`,
  );
  expect(verdict(status, 'Ready')).toBe(verdict(after([resolved]), 'Ready'));
  expect(verdict(after([resolved], seen(0)), 'Drifted')).toBe('False NoDrift');
});

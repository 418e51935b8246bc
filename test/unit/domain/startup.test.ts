import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSync } from '../../../src/api/v1alpha1/objects.ts';
import { startupExpectation } from '../../../src/domain/startup.ts';

const C1 = `main@sha1:${'1'.repeat(40)}`;
const C2 = `main@sha1:${'2'.repeat(40)}`;
const commit = (revision: string): string => revision.split(':')[1]!;

interface Change {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
  readonly rollout?: object;
}

function sync({ metadata, spec, status, rollout }: Change = {}): IgnitionSync {
  const last = {
    number: 7,
    id: 'rollout/plant/plant/7',
    state: 'Succeeded',
    commit: commit(C1),
    contentHash: 'h',
    startedAt: 'T2',
    ...rollout,
  };
  return {
    metadata: { namespace: 'plant', name: 'plant', uid: 'u', generation: 3, ...metadata },
    spec: { paused: false, ...spec },
    status: { observedGeneration: 3, revision: C1, contentHash: 'h', rollout: last, ...status },
  } as unknown as IgnitionSync;
}
const condition = (type: string) => ({ conditions: [{ type, status: 'True', reason: 'r', message: '', lastTransitionTime: '' }] });
const SYNCED: IgnitionGatewayStatus = {
  phase: 'Synced',
  since: 'T1',
  revision: C1,
  confirmed: { manifest: 'm', outcome: 'Loaded', at: 'T1' },
};

test.each<{ when: string; sync: IgnitionSync | undefined; live?: string; expects: string }>([
  { when: 'it has proved to run what is wanted', sync: sync(), expects: 'nothing' },
  {
    when: 'it was synced by the rollout under way',
    sync: sync({ rollout: { state: 'Progressing', startedAt: 'T0' } }),
    expects: 'nothing',
  },
  { when: 'a rollout under way may have something for it', sync: sync({ rollout: { state: 'Progressing' } }), expects: 'sync' },
  { when: 'its volume holds something else', sync: sync(), live: 'other', expects: 'sync' },
  { when: 'it is new', sync: sync(), live: 'none', expects: 'sync' },
  { when: 'a newer commit is wanted', sync: sync({ status: { revision: C2 } }), expects: 'sync' },
  { when: 'the object was edited since', sync: sync({ metadata: { generation: 4 } }), expects: 'sync' },
  { when: 'other specs are wanted', sync: sync({ status: { contentHash: 'i' } }), expects: 'sync' },
  { when: 'the object has never been looked at', sync: sync({ status: { revision: undefined, rollout: undefined } }), expects: 'sync' },
  { when: 'the last rollout was superseded', sync: sync({ rollout: { state: 'Superseded', commit: commit(C2) } }), expects: 'sync' },
  { when: 'the object is paused by its spec', sync: sync({ spec: { paused: true } }), expects: 'held' },
  { when: 'it is paused by signal', sync: sync({ status: condition('Paused') }), expects: 'held' },
  { when: 'it is stopped', sync: sync({ status: { frozen: { by: 'me', reason: 'fire', since: '' } } }), expects: 'held' },
  { when: 'a plan waits for approval', sync: sync({ rollout: { state: 'WaitingForApproval', commit: commit(C2) } }), expects: 'held' },
  { when: 'a rollout holds', sync: sync({ rollout: { state: 'Holding', commit: commit(C2) } }), expects: 'held' },
  { when: 'the last rollout failed', sync: sync({ rollout: { state: 'Failed', commit: commit(C2) } }), expects: 'held' },
  { when: 'the last rollout was rejected', sync: sync({ rollout: { state: 'Rejected', commit: commit(C2) } }), expects: 'held' },
  { when: 'the ref cannot be resolved', sync: sync({ status: { ...condition('Stalled'), revision: C2 } }), expects: 'held' },
  { when: 'the object is being deleted', sync: sync({ metadata: { deletionTimestamp: 'now' } }), expects: 'held' },
  { when: 'the object is gone', sync: undefined, expects: 'held' },
])('a gateway that starts expects $expects when $when', ({ sync, live = 'm', expects }) => {
  expect(startupExpectation(sync, live === 'none' ? undefined : SYNCED, live).expects).toBe(expects);
});

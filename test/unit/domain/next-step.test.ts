import { type Settled, type Situation, backoffMs, nextStep } from '../../../src/domain/next-step.ts';

const wanted = { commit: 'c2', contentHash: 'h1' };
const settled = (state: Settled['state'], more: Partial<Settled> = {}): Settled => ({
  ...wanted,
  state,
  failures: state === 'Failed' ? 1 : 0,
  ...more,
});
const quiet: Situation = {
  wanted,
  running: undefined,
  settled: settled('Succeeded'),
  paused: false,
  frozen: false,
  outOfDate: [],
  gateways: 3,
  asked: false,
  retry: undefined,
  backoffOver: false,
};

test.each<{ name: string; now: Partial<Situation>; step: object }>([
  { name: 'nothing new: nothing to do', now: {}, step: { do: 'wait', for: '' } },
  {
    name: 'a rollout that holds for an outdated plan is planned anew',
    now: { running: wanted, planOutdated: true },
    step: { do: 'supersede' },
  },
  {
    name: 'paused: a rollout that holds for an outdated plan waits',
    now: { running: wanted, planOutdated: true, paused: 'signal' },
    step: { do: 'wait' },
  },
  {
    name: 'a rollout of an object that had this name before is ended, also during a stop',
    now: { running: { commit: '', contentHash: '', foreign: true }, frozen: true },
    step: { do: 'supersede' },
  },
  { name: 'the first commit starts a rollout', now: { settled: undefined }, step: { do: 'start' } },
  { name: 'a new commit starts a rollout', now: { settled: settled('Succeeded', { commit: 'c1' }) }, step: { do: 'start' } },
  {
    name: 'a changed profile without a new commit starts a rollout',
    now: { settled: settled('Succeeded', { contentHash: 'h0' }) },
    step: { do: 'start' },
  },
  {
    name: 'without gateways it says what to do',
    now: { settled: undefined, gateways: 0 },
    step: { do: 'wait', for: 'a gateway: annotate pods with ignition-sync.io/inject: "true"' },
  },
  {
    name: 'the running rollout is what is wanted: wait for it',
    now: { running: wanted },
    step: { do: 'wait', for: 'the running rollout' },
  },
  { name: 'a newer commit ends the running rollout', now: { running: { ...wanted, commit: 'c1' } }, step: { do: 'supersede' } },
  {
    name: 'paused: a newer commit does not end the running rollout',
    now: { running: { ...wanted, commit: 'c1' }, paused: 'signal' },
    step: { do: 'wait' },
  },
  {
    name: 'paused: nothing starts',
    now: { settled: undefined, paused: 'signal' },
    step: { do: 'wait', for: 'resume (the object is paused)' },
  },
  {
    name: 'paused in the spec: nothing starts, and the signal would not end it',
    now: { settled: undefined, paused: 'spec' },
    step: { do: 'wait', for: 'spec.paused: false (the object is paused)' },
  },
  {
    name: 'frozen: nothing starts, not even by hand',
    now: { settled: undefined, frozen: true, asked: true, retry: 'a' },
    step: { do: 'wait', for: 'resume after the emergency stop' },
  },
  { name: 'a gateway that came back catches up alone', now: { outOfDate: ['b'] }, step: { do: 'start', only: ['b'], why: 'catch-up' } },
  { name: 'a retry by hand takes one gateway', now: { retry: 'a' }, step: { do: 'start', only: ['a'] } },
  {
    name: 'a retry by hand goes with all others where something newer is wanted',
    now: { retry: 'a', settled: settled('Succeeded', { commit: 'older' }) },
    step: { do: 'start', why: 'a new revision or spec' },
  },
  {
    name: 'an aborted commit is not tried again',
    now: { settled: settled('Aborted') },
    step: { do: 'wait', for: 'a new commit or syncNow (the rollout was aborted)' },
  },
  { name: 'an aborted commit is tried again when asked', now: { settled: settled('Aborted'), asked: true }, step: { do: 'start' } },
  {
    name: 'a rejected plan is not tried again',
    now: { settled: settled('Rejected') },
    step: { do: 'wait', for: 'a new commit (this plan was rejected)' },
  },
  { name: 'a superseded rollout is followed by another', now: { settled: settled('Superseded') }, step: { do: 'start' } },
  {
    name: 'a failure that only a change can end waits for it',
    now: { settled: settled('Failed', { fault: { reason: 'InvalidProfile', message: '' } }), backoffOver: true },
    step: { do: 'wait', for: 'a new commit or a changed object' },
  },
  {
    name: 'a failure that may pass waits for its back-off',
    now: { settled: settled('Failed', { fault: { reason: 'GitFailed', message: '' } }) },
    step: { do: 'wait' },
  },
  {
    name: 'a fix never waits for the back-off of what it fixes',
    now: { settled: settled('Failed', { commit: 'faulty', fault: { reason: 'GitFailed', message: '' }, failures: 30 }) },
    step: { do: 'start' },
  },
  {
    name: 'and is tried again after it',
    now: { settled: settled('Failed', { fault: { reason: 'GitFailed', message: '' } }), backoffOver: true },
    step: { do: 'start' },
  },
])('$name', ({ now, step }) => {
  expect(nextStep({ ...quiet, ...now })).toMatchObject(step);
});

test('the back-off doubles from 15 seconds to 10 minutes and never overflows', () => {
  expect([1, 2, 3, 6, 7, 40, 1_000].map(backoffMs)).toEqual([15_000, 30_000, 60_000, 480_000, 600_000, 600_000, 600_000]);
});

import { Fleet } from '../support/fleet.ts';

/** An approval that an object asks for, at whatever moment, is waited for as long as nothing has changed. */
let fleet: Fleet;
afterEach(() => fleet.end());

const OLD = { a: 'c1', b: 'c1', c: 'c1' };
const ask = (): void => fleet.setSpec({ approval: { required: true } });

async function approve(): Promise<void> {
  const waiting = await fleet.rollout(2, 'WaitingForApproval');
  expect(fleet.live()).toEqual(OLD);
  expect(waiting.rollout?.approvalRequired).toBe(true);
  await fleet.signal('approve', { by: 'ada', planDigest: waiting.rollout?.planDigest }, 2);
  const done = await fleet.rollout(2, 'Succeeded');
  expect(done.rollout?.approvedBy).toBe('ada');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
}

test('asked for while the plan is being made', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.whilePlanning = ask;
  await fleet.push('c2');
  await approve();
});

test('asked for while the first gateways wait for the end of a pause', async () => {
  fleet = await Fleet.startOnCommit1();
  const staging = await fleet.pushUntil('c2', 'a', 'stage');
  await fleet.signal('pause', { by: 'ada' });
  await fleet.rollout(2, 'Paused');
  staging.release();
  await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  ask();
  await fleet.changed();
  await fleet.rollout(2, 'WaitingForApproval');
  await fleet.signal('resume');
  await approve();
});

test('asked for during an emergency stop', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.whilePlanning = () => fleet.signal('emergencyStop', { by: 'ada' }, 2);
  await fleet.push('c2');
  await fleet.rollout(2, 'Frozen');
  ask();
  await fleet.signal('resume');
  await approve();
});

test('asked for when the first gateway has changed: the rollout goes on, for half a commit helps nobody', async () => {
  fleet = await Fleet.startOnCommit1();
  const proving = await fleet.pushUntil('c2', 'a', 'scan');
  ask();
  await fleet.changed();
  await fleet.until(({ observedGeneration }) => observedGeneration === 2);
  proving.release();
  const done = await fleet.rollout(2, 'Succeeded');
  expect(done.rollout).toMatchObject({ approvalRequired: false });
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('given as soon as status asks for it', async () => {
  fleet = await Fleet.startOnCommit1({ approval: { required: false } });
  ask();
  fleet.objects.afterStatus = async ({ rollout }) => {
    if (rollout?.number !== 2 || rollout.state !== 'WaitingForApproval') return;
    fleet.objects.afterStatus = () => Promise.resolve();
    await fleet.signal('approve', { by: 'ada' }, 2);
  };
  await fleet.push('c2');
  const done = await fleet.rollout(2, 'Succeeded');
  expect(done.rollout?.approvedBy).toBe('ada');
});

test('an abort outlives the failure of the planning that it met: the commit is not tried again by itself', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.whilePlanning = async () => {
    await fleet.signal('abort', { by: 'ada', reason: 'the wrong one' }, 2);
    throw new Error('the planner failed');
  };
  await fleet.push('c2');
  const aborted = await fleet.rollout(2, 'Aborted');
  expect(aborted.rollout?.message).toBe('aborted by ada: the wrong one');
});

import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('a gateway with an open Designer waits, says for whom, and goes on by itself when it is closed', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.people = { designers: 'wait' };
  fleet.failing('a', 'apply', 'DesignerOpen');
  await fleet.push('c2');
  const { waitingFor } = await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  expect(waitingFor).toBe('a cannot apply');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.mend('a', 'apply');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
});

test('people in Perspective are waited for no longer than the profile says: then the rollout holds, and a retry goes through; who was there is in status', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.people = { perspective: 'wait', sessionWaitMs: 1_200 };
  fleet.failing('a', 'apply', 'PerspectiveOpen');
  await fleet.push('c2');
  await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  await fleet.rollout(2, 'Holding');
  expect((await fleet.untilGateway('a', ({ phase }) => phase === 'Failed')).reason).toBe('PerspectiveOpen');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.mend('a', 'apply');
  fleet.taken = { staged: {}, applied: { sessions: [{ kind: 'Perspective', projects: [{ project: 'Line1', sessions: 3 }] }] } };
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.until((s) => s.rollout?.state === 'Succeeded' && s.rollout.commit.startsWith('c2'));
  const { message } = await fleet.untilGateway('a', ({ phase }) => phase === 'Synced');
  expect(message).toBe('3 Perspective sessions of Line1 open while the files changed');
});

test('with the policy fail the gateway has failed at once, nothing was written, and the rollout holds', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.people = { designers: 'fail' };
  fleet.failing('a', 'apply', 'DesignerOpen');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  await fleet.untilGateway('a', ({ phase }) => phase === 'Failed');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.mend('a', 'apply');
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.until((s) => s.rollout?.state === 'Succeeded' && s.rollout.commit.startsWith('c2'));
});

import { Fleet } from '../support/fleet.ts';

/** What people do to running workflows: wrong payloads, terminations, resets at a bad moment. */
let fleet: Fleet;
afterEach(() => fleet.end());

test('messages of a wrong shape say nothing: the emergency stop and the next commit still work', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'apply');
  const signals = ['retryGateway', 'desiredChanged', 'rolloutEnded', 'syncNow', 'pause', 'resume', 'approve', 'reject', 'control'];
  for (const payload of [undefined, 'text', { gateway: 3, reason: {}, n: 'x' }]) {
    for (const name of signals.filter((s) => s !== 'reject')) {
      const args = payload === undefined ? [] : [payload];
      if (name !== 'control') await fleet.workflow().signal(name, ...args);
      if (!['desiredChanged', 'rolloutEnded', 'pause'].includes(name)) await fleet.workflow(2).signal(name, ...args);
    }
  }
  await fleet.signal('emergencyStop', { by: { x: 1 }, reason: ['now'] });
  const frozen = await fleet.until((s) => s.frozen !== undefined);
  expect(frozen.frozen).toMatchObject({ by: 'signal', reason: 'no reason given' });
  canary.release();
  await fleet.rollout(2, 'Frozen');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  await fleet.signal('resume');
  await fleet.until((s) => s.rollout?.state === 'Succeeded' && s.rollout.commit.startsWith('c2'));
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a fix pushed during a stop: resume takes the gateways that had not begun straight to it', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.signal('emergencyStop', { by: 'ada' });
  canary.release();
  await fleet.rollout(2, 'Frozen');
  await fleet.push('c3');
  await fleet.signal('resume', { by: 'ada' });
  await fleet.until((s) => s.rollout?.commit.startsWith('c3') === true && s.rollout.state === 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
  expect(fleet.writes()).toEqual({ a: 3, b: 2, c: 2 });
});

test('resume has its effect while the git host has a fault', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.signal('pause');
  await fleet.rollout(2, 'Paused');
  canary.release();
  fleet.gitFault('HostUnreachable');
  await fleet.signal('resume');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a commit pushed while the rollout before it ends is planned from what is live then, also when the git host is slow', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.plansByStatus = true;
  const inB = await fleet.pushUntil('c2', 'b', 'apply');
  let asked = 0;
  const [read, answered] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  fleet.whileResolving = () => {
    asked += 1;
    if (asked === 2) read.resolve(undefined); // asked anew once it has read that the object is another than last time
    return answered.promise;
  };
  fleet.setSpec({ excludePatterns: ['*.bak'] });
  await fleet.push('c3');
  await read.promise;
  inB.release();
  await fleet.workflow(2).result();
  answered.resolve(undefined);
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
});

import { CONTROL_TASK_QUEUE, ignitionSyncWorkflowId, rolloutWorkflowId } from '../../src/contract/names.ts';
import { Fleet, type Halt } from '../support/fleet.ts';
import { testStack } from '../support/stack.ts';

/** What else people do to running workflows: terminations, resets and messages at a bad moment. */
let fleet: Fleet;
afterEach(() => fleet.end());

test('a fix pushed while spec.paused: the same', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  fleet.setSpec({ paused: true });
  await fleet.changed();
  await fleet.rollout(2, 'Paused');
  canary.release();
  await fleet.until((s) => s.stage === 'rest');
  await fleet.push('c3');
  fleet.setSpec({ paused: false });
  await fleet.changed();
  await fleet.until((s) => s.rollout?.commit.startsWith('c3') === true && s.rollout.state === 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 3, b: 2, c: 2 });
});

test('a reset of the object while its rollout holds starts nothing and changes no gateway; a fix still gets through', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('a', 'scan');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  const before = fleet.writes();
  await testStack().temporalCli([
    ...['workflow', 'reset', '--namespace', fleet.client.options.namespace, '--workflow-id', ignitionSyncWorkflowId('test', fleet.name)],
    ...['--type', 'FirstWorkflowTask', '--reason', 'test'],
  ]);
  fleet.mend('a', 'scan');
  await fleet.push('c3');
  const done = await fleet.rollout(3, 'Succeeded');
  expect(done.history?.map((h) => `${h.number} ${h.state}`)).toEqual(['3 Succeeded', '2 Superseded', '1 Succeeded']);
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
  expect(fleet.writes()).toEqual({ a: before['a']! + 1, b: before['b']! + 1, c: before['c']! + 1 });
});

test('a terminated object remembers its stop and its pause, and resume lifts them', async () => {
  fleet = await Fleet.startOnCommit1();
  await fleet.signal('emergencyStop', { by: 'ada', reason: 'drill' });
  await fleet.until((s) => s.frozen !== undefined);
  await fleet.signal('pause');
  await fleet.until((s) => s.conditions?.find((c) => c.type === 'Paused')?.reason === 'PausedBySignal');
  await fleet.workflow().terminate('test');
  await fleet.push('c2');
  await fleet.until((s) => s.revision?.includes('c2') === true);
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  await fleet.signal('resume');
  await fleet.rollout(2, 'Succeeded');
  expect((await fleet.status()).frozen).toBeUndefined();
});

test('a rollout that was terminated while its object was another run is noticed, and the commit is tried again', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('a', 'scan');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  await fleet.workflow().terminate('test');
  await fleet.workflow(2).terminate('test');
  fleet.mend('a', 'scan');
  await fleet.changed();
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a resume sent to a frozen rollout lets a fix that was pushed meanwhile go first', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.signal('emergencyStop', { by: 'ada' }, 2);
  await fleet.until((s) => s.frozen !== undefined);
  canary.release();
  await fleet.rollout(2, 'Frozen');
  await fleet.push('c3');
  await fleet.signal('resume', { by: 'ada' }, 2);
  await fleet.until((s) => s.rollout?.commit.startsWith('c3') === true && s.rollout.state === 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 3, b: 2, c: 2 });
});

test('a paused rollout that is terminated is said to be gone, and syncNow goes on', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.signal('pause');
  canary.release();
  await fleet.rollout(2, 'Paused');
  await fleet.workflow(2).terminate('test');
  const gone = await fleet.rollout(2, 'Aborted');
  expect(gone.rollout?.message).toBe('terminated by hand');
  await fleet.signal('resume');
  await fleet.until((s) => s.waitingFor === 'a new commit or syncNow (the rollout was aborted)');
  await fleet.signal('syncNow');
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('while spec.paused is set nobody is told that a signal would end it', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  fleet.setSpec({ paused: true });
  await fleet.changed();
  await fleet.rollout(2, 'Paused');
  canary.release();
  const status = await fleet.until((s) => s.rollout?.stage === 'rest' && s.waitingFor !== '');
  expect(status.waitingFor).toBe('spec.paused: false');
  fleet.setSpec({ paused: false });
  await fleet.changed();
  await fleet.rollout(2, 'Succeeded');
});

test('a stop whose word reaches the object late is lifted all the same by the resume that followed it', async () => {
  fleet = await Fleet.startOnCommit1();
  let [refused, written] = [0, false];
  fleet.objects.refuses = (status) => {
    if (status.frozen === undefined) return false;
    refused += 1;
    written = refused > 3;
    return !written;
  };
  await fleet.signal('emergencyStop', { by: 'ada' });
  await fleet.signal('resume', { by: 'ada' });
  await fleet.until(() => written);
  await fleet.until((s) => s.frozen === undefined);
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  expect((await fleet.status()).frozen).toBeUndefined();
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a rollout that is reset while its wave runs ends that wave first, and hears the abort that follows', async () => {
  fleet = await Fleet.startOnCommit1();
  const proving = await fleet.pushUntil('c2', 'a', 'scan');
  await testStack().temporalCli([
    ...['workflow', 'reset', '--namespace', fleet.client.options.namespace, '--workflow-id', rolloutWorkflowId('test', fleet.name, 2)],
    ...['--type', 'FirstWorkflowTask', '--reason', 'a test'],
  ]);
  await fleet.until(({ rollout }) => rollout?.message === 'changing 2 gateways');
  await fleet.signal('abort', { by: 'ada', reason: 'the wrong one' }, 2);
  proving.release();
  const ended = await fleet.rollout(2, 'Aborted');
  expect(ended.rollout?.message).toBe('aborted by ada: the wrong one');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
});

test('spec.paused: false is heard by a rollout whose object was terminated meanwhile', async () => {
  fleet = await Fleet.startOnCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  fleet.setSpec({ paused: true });
  await fleet.changed();
  await fleet.rollout(2, 'Paused');
  canary.release();
  await fleet.until((s) => s.stage === 'rest');
  await fleet.workflow().terminate('test');
  fleet.setSpec({ paused: false });
  await fleet.changed();
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

/** While its first rollout stages on gateway `a`, the object is deleted and made anew; says how that rollout goes on. */
async function madeAnewWhileStaging(): Promise<Halt> {
  fleet = await Fleet.start();
  const canary = await fleet.pushUntil('c1', 'a', 'stage');
  fleet.objects.deleteSync(fleet.name);
  await fleet.changed();
  await fleet.workflow().result();
  fleet.setSpec({});
  await fleet.changed();
  await fleet.until((s) => s.waitingFor === 'the rollout of the object that had this name before');
  return canary;
}

test('an object that is made anew while its old rollout ends waits for that, and then rolls out', async () => {
  const canary = await madeAnewWhileStaging();
  canary.release();
  const { conditions } = await fleet.rollout(2, 'Succeeded');
  expect(conditions?.find((c) => c.type === 'Stalled')?.status).toBe('False');
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
});

test('an object that is made anew rolls out also when its old rollout is terminated instead', async () => {
  const canary = await madeAnewWhileStaging();
  await fleet.workflow(1).terminate('test');
  canary.release();
  await fleet.changed();
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
});

test('a commit whose planning failed is tried again by itself, also when the object was terminated meanwhile', async () => {
  fleet = await Fleet.startOnCommit1();
  let broken = true;
  fleet.whilePlanning = () => {
    if (broken) throw new Error('the source is out of order');
  };
  await fleet.push('c2');
  await fleet.rollout(2, 'Failed');
  broken = false;
  await fleet.workflow().terminate('test');
  await fleet.changed();
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

/** The object becomes another while no worker looks. */
async function replaceUnseen(spec: Record<string, unknown>): Promise<void> {
  await Promise.all([fleet.stop('control'), fleet.stop('source')]);
  fleet.objects.deleteSync(fleet.name);
  fleet.setSpec(spec);
  await fleet.startControl();
  await fleet.changed();
}

test('an object that is replaced unseen while its rollout waits for approval asks anew, and an approval goes to that', async () => {
  fleet = await Fleet.start(['a', 'b', 'c'], { approval: { required: true } });
  await fleet.push('c1');
  await fleet.rollout(1, 'WaitingForApproval');
  await replaceUnseen({});
  await fleet.rollout(2, 'WaitingForApproval');
  await fleet.signal('approve', { by: 'ada' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
});

test('an object that is replaced unseen while in sync says so again, and its emergency stop stays', async () => {
  fleet = await Fleet.startOnCommit1();
  await fleet.signal('emergencyStop', { by: 'ada' });
  await fleet.until((s) => s.frozen !== undefined);
  await replaceUnseen({});
  await fleet.until((s) => s.frozen?.by === 'ada' && s.waitingFor === 'resume after the emergency stop');
  await fleet.signal('resume');
  const { rollout } = await fleet.until((s) => s.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
  expect(rollout).toMatchObject({ number: 2, state: 'Succeeded' });
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
});

test('gateways whose objects were made anew hold a rollout only until their agents have said what is live', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.plansByStatus = true;
  for (const gateway of fleet.gateways.keys()) fleet.objects.putGateway(fleet.name, gateway, {});
  await fleet.push('c2');
  const { waitingFor } = await fleet.rollout(2, 'Holding');
  expect(waitingFor).toContain('a new plan');
  for (const [gateway, { live }] of fleet.gateways) {
    const agent = { version: '1', protocol: 1, podUid: 'u', lastHello: new Date().toISOString() };
    const status = (await fleet.objects.gateway('test', gateway))?.status;
    fleet.objects.putGateway(fleet.name, gateway, { ...status, live, agent });
    await fleet.changed(`hello ${gateway}`);
  }
  await fleet.until((s) => s.rollout?.state === 'Succeeded' && s.rollout.commit.startsWith('c2'));
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
});

test('a resume that is the first word to a new run of the object lifts the stop', async () => {
  fleet = await Fleet.startOnCommit1();
  await fleet.signal('emergencyStop', { by: 'ada' });
  await fleet.until((s) => s.frozen !== undefined);
  await fleet.workflow().terminate('test');
  await fleet.client.workflow.signalWithStart('ignitionSync', {
    workflowId: ignitionSyncWorkflowId('test', fleet.name),
    taskQueue: CONTROL_TASK_QUEUE,
    args: [{ namespace: 'test', name: fleet.name }],
    signal: 'resume',
    signalArgs: [{ by: 'ada' }],
  });
  await fleet.until((s) => s.frozen === undefined);
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('an abort says which gateways it could not put back', async () => {
  fleet = await Fleet.startOnCommit1();
  const inB = await fleet.pushUntil('c2', 'b', 'apply');
  fleet.failing('a', 'restore');
  await fleet.signal('abort', { by: 'ada' });
  inB.release();
  const { rollout } = await fleet.rollout(2, 'Aborted');
  expect(rollout?.message).toMatch(/^aborted by ada: no reason given; NOT put back: a: /);
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
});

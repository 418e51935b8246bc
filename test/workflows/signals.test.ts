import { Fleet } from '../support/fleet.ts';

/** Each signal has one effect on a rollout over three gateways: canary a, then b and c. */
let fleet: Fleet;
afterEach(() => fleet.end());

async function onCommit1(spec: Record<string, unknown> = {}): Promise<void> {
  fleet = await Fleet.startOnCommit1(spec);
}

test('approve: nothing is touched before it, an approval of another plan does not count and says so, its own plan goes ahead', async () => {
  fleet = await Fleet.start(['a', 'b', 'c'], { approval: { required: true } });
  await fleet.push('c1');
  const waiting = await fleet.rollout(1, 'WaitingForApproval');
  expect(waiting.conditions?.find((c) => c.type === 'PendingApproval')).toMatchObject({ status: 'True', reason: 'ApprovalPending' });
  await fleet.signal('approve', { by: 'eve', planDigest: 'another plan' }, 1);
  const { message } = (await fleet.until(({ rollout }) => /eve/.test(rollout?.message ?? ''))).rollout ?? {};
  expect(message).toMatch(/^plan \w.* deleted\. An approval by eve named plan another.*; the waiting one is plan plan-/);
  expect(await fleet.progress(1)).toMatchObject({ state: 'WaitingForApproval', waitingFor: 'approve or reject' });
  expect(fleet.writes()).toEqual({ a: 0, b: 0, c: 0 });
  await fleet.signal('approve', { by: 'ada', planDigest: waiting.rollout?.planDigest }, 1);
  const done = await fleet.rollout(1, 'Succeeded');
  expect(done.rollout).toMatchObject({ approvedBy: 'ada', approvedPlan: waiting.rollout?.planDigest });
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
});

test('reject: no gateway changes, the same commit is not tried again, the next commit is', async () => {
  fleet = await Fleet.start(['a', 'b', 'c'], { approval: { required: true } });
  await fleet.push('c1');
  await fleet.rollout(1, 'WaitingForApproval');
  await fleet.signal('reject', { by: 'ada', reason: 'shift change' });
  const rejected = await fleet.rollout(1, 'Rejected');
  expect(rejected.rollout?.message).toBe('rejected by ada: shift change');
  await fleet.changed();
  const waiting = await fleet.until((s) => s.waitingFor === 'a new commit (this plan was rejected)');
  expect(waiting.rollout?.number).toBe(1);
  expect(fleet.writes()).toEqual({ a: 0, b: 0, c: 0 });
  await fleet.push('c2');
  await fleet.rollout(2, 'WaitingForApproval');
});

test('pause holds the gateways that have not begun, resume lets them go on', async () => {
  await onCommit1();
  const canary = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.signal('pause', { by: 'ada' });
  await fleet.rollout(2, 'Paused');
  canary.release();
  await fleet.until((s) => s.rollout?.state === 'Paused' && s.stage === 'rest');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
  await fleet.signal('resume');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('abort puts back what the rollout changed and the commit is not tried again until asked', async () => {
  await onCommit1();
  const inB = fleet.halt('b', 'scan');
  const inC = fleet.halt('c', 'apply');
  await fleet.push('c2');
  await Promise.all([inB.reached, inC.reached]);
  await fleet.signal('abort', { by: 'ada', reason: 'alarms' }, 2);
  await fleet.until((s) => s.rollout?.state === 'Progressing');
  inB.release();
  inC.release();
  const aborted = await fleet.rollout(2, 'Aborted');
  expect(aborted.rollout?.message).toBe('aborted by ada: alarms');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  await fleet.changed();
  await fleet.until((s) => s.waitingFor === 'a new commit or syncNow (the rollout was aborted)');
  await fleet.signal('syncNow');
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('emergencyStop: a gateway directly before its commit point is not changed, nothing starts, resume re-arms', async () => {
  await onCommit1();
  const inB = await fleet.pushUntil('c2', 'b', 'apply');
  await fleet.until(() => fleet.live()['c'] === 'c2');
  await fleet.signal('emergencyStop', { by: 'ada', reason: 'fire drill' });
  const frozen = await fleet.until((s) => s.frozen !== undefined);
  expect(frozen.conditions?.find((c) => c.type === 'Frozen')).toMatchObject({
    status: 'True',
    message: 'emergency stop by ada: fire drill',
  });
  inB.release();
  await fleet.rollout(2, 'Frozen');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c2' });
  await fleet.push('c3');
  expect(await fleet.progress()).toMatchObject({ frozen: { by: 'ada', reason: 'fire drill' } });
  await fleet.signal('resume', { by: 'ada' });
  await fleet.until((s) => s.rollout?.number === 3 && s.rollout.state === 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
});

test('emergencyStop sent to the rollout stops the whole object', async () => {
  await onCommit1();
  const inB = await fleet.pushUntil('c2', 'b', 'apply');
  await fleet.signal('emergencyStop', { by: 'ada' }, 2);
  await fleet.until((s) => s.frozen !== undefined);
  inB.release();
  await fleet.rollout(2, 'Frozen');
  await fleet.signal('resume', {}, 2);
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('retryGateway tries the failed gateway again and the rollout goes on to the rest', async () => {
  await onCommit1();
  fleet.failing('a', 'scan');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  fleet.mend('a', 'scan');
  await fleet.signal('retryGateway', { gateway: 'A' });
  await fleet.until((s) => s.rollout?.message.includes('retryGateway "A": no gateway of that name failed') === true);
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(fleet.writes()).toEqual({ a: 4, b: 2, c: 2 });
});

test('syncNow looks for a new commit at once', async () => {
  await onCommit1();
  fleet.objects.onChange(() => undefined);
  await fleet.push('c2');
  await fleet.signal('syncNow');
  await fleet.until(
    (s) => s.revision?.endsWith('c2'.padEnd(40, '0')) === true && s.conditions?.find((c) => c.type === 'Ready')?.status === 'True',
  );
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('spec.paused: no rollout starts while it is set, and what was pushed meanwhile starts when it is taken away', async () => {
  await onCommit1();
  fleet.setSpec({ paused: true });
  await fleet.push('c2');
  const paused = await fleet.until((s) => s.waitingFor === 'spec.paused: false (the object is paused)');
  expect(paused.conditions?.find((c) => c.type === 'Paused')?.status).toBe('True');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.setSpec({ paused: false });
  await fleet.changed();
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('spec.paused in the middle of a rollout: the next gateways get no ticket until it is taken away', async () => {
  await onCommit1();
  const inA = await fleet.pushUntil('c2', 'a', 'scan');
  fleet.setSpec({ paused: true });
  await fleet.changed();
  await fleet.rollout(2, 'Paused');
  inA.release();
  await fleet.until((s) => s.stage === 'rest');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
  fleet.setSpec({ paused: false });
  await fleet.changed();
  await fleet.rollout(2, 'Succeeded');
});

test('an abort during an emergency stop changes nothing until resume, then puts back', async () => {
  await onCommit1();
  const inB = await fleet.pushUntil('c2', 'b', 'apply');
  await fleet.signal('emergencyStop', { by: 'ada' });
  await fleet.until((s) => s.frozen !== undefined);
  inB.release();
  await fleet.rollout(2, 'Frozen');
  const before = fleet.live();
  expect(before).toMatchObject({ a: 'c2', b: 'c1' });
  await fleet.signal('abort', { by: 'bob', reason: 'alarms' });
  await fleet.until((s) => s.rollout?.message.includes('the abort follows after resume') === true);
  expect(fleet.live()).toEqual(before);
  await fleet.signal('resume');
  await fleet.rollout(2, 'Aborted');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
});

test('retryGateway of a gateway that does not exist leaves a synced object synced, and says so', async () => {
  await onCommit1();
  await fleet.workflow(1).result();
  await fleet.signal('retryGateway', { gateway: 'area-9' });
  const status = await fleet.until((s) => s.waitingFor?.includes('area-9') === true);
  expect(status.waitingFor).toBe('retryGateway "area-9": no gateway of that name belongs to this object');
  expect(status.conditions?.find((c) => c.type === 'Ready')?.status).toBe('True');
  expect(status.rollout).toMatchObject({ number: 1, state: 'Succeeded' });
});

test('a signal in another spelling is taken for the one that is meant; one that is none of ours is said', async () => {
  fleet = await Fleet.startOnCommit1();
  await fleet.signal('emergencystop', { by: 'ada', reason: 'line 3 stands' });
  expect((await fleet.until(({ frozen }) => frozen !== undefined)).frozen).toMatchObject({ by: 'ada', reason: 'line 3 stands' });
  await fleet.signal('resume');
  await fleet.until(({ frozen }) => frozen === undefined);
  await fleet.signal('aprove');
  const { waitingFor } = await fleet.until((s) => s.waitingFor?.includes('aprove') === true);
  expect(waitingFor).toMatch(/^signal "aprove" is none of approve, reject, .*: it had no effect$/);
});

test('who paused, and why, stands in the object until the pause ends', async () => {
  fleet = await Fleet.startOnCommit1();
  const paused = (s: Awaited<ReturnType<Fleet['status']>>) => s.conditions?.find((c) => c.type === 'Paused');
  await fleet.signal('pause', { by: 'ada', reason: 'shift change' });
  expect(paused(await fleet.until((s) => paused(s)?.status === 'True'))?.message).toMatch(/^paused by ada: shift change; no new applies/);
  await fleet.signal('resume');
  expect(paused(await fleet.until((s) => paused(s)?.status === 'False'))?.message).toBe('');
});

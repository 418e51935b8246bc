import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('a fix is never stuck behind the fault it fixes: a newer commit ends a holding rollout and goes to every gateway', async () => {
  fleet = await Fleet.start();
  fleet.failing('a', 'scan');
  await fleet.push('c1');
  await fleet.rollout(1, 'Holding');
  fleet.mend('a', 'scan');
  await fleet.push('c2');
  const done = await fleet.rollout(2, 'Succeeded');
  expect(done.history?.map((h) => h.state)).toEqual(['Succeeded', 'Superseded']);
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a newer commit in the middle of a wave: gateways that had not begun go straight to it', async () => {
  fleet = await Fleet.start();
  const inA = await fleet.pushUntil('c1', 'a', 'apply');
  await fleet.push('c2');
  await fleet.until((s) => s.revision?.includes('c2') === true);
  inA.release();
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(fleet.writes()).toEqual({ a: 2, b: 1, c: 1 });
});

test('a repository that cannot be read is said in the object and heals when it can', async () => {
  fleet = await Fleet.start();
  fleet.gitFault('RepositoryNotFound');
  await fleet.push('c1');
  const stalled = await fleet.until((s) => s.conditions?.find((c) => c.type === 'Stalled')?.status === 'True');
  expect(stalled.conditions?.find((c) => c.type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'RepositoryNotFound',
    message: 'the git host said no',
  });
  expect(fleet.writes()).toEqual({ a: 0, b: 0, c: 0 });
  fleet.gitFault(undefined);
  await fleet.changed();
  const ready = await fleet.until((s) => s.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
  expect(ready.conditions?.find((c) => c.type === 'Stalled')?.status).toBe('False');
});

test('a guard rail asks for a person although approval is not required, and a confirmation is for one plan: a later commit is held anew', async () => {
  fleet = await Fleet.start();
  fleet.holds = [{ reason: 'TooManyDeletes', message: 'a would lose 40 of 50 files' }];
  const applying = fleet.pushUntil('c1', 'a', 'apply');
  const waiting = await fleet.rollout(1, 'WaitingForApproval');
  expect(waiting.rollout?.message).toMatch(/TooManyDeletes: a would lose 40 of 50 files$/);
  expect(fleet.writes()).toEqual({ a: 0, b: 0, c: 0 });
  await fleet.signal('approve', { by: 'ada' });
  const inA = await applying;
  await fleet.push('c2');
  await fleet.until((s) => s.revision?.includes('c2') === true);
  inA.release();
  const again = await fleet.rollout(2, 'WaitingForApproval');
  expect(again.rollout?.message).toContain('Held anew: what was confirmed for rollout 1 counts for its plan only');
  expect(fleet.live()).toEqual({ a: 'c1', b: '--', c: '--' });
  await fleet.signal('approve', { by: 'ada' });
  await fleet.rollout(2, 'Succeeded');
});

test('a mirror that would take too much holds when it is staged, and an approval of that plan lets these gateways go on', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.asksBeforeDeleting('a');
  await fleet.push('c2');
  const held = await fleet.rollout(2, 'Holding');
  expect(held.waitingFor).toBe('approve, abort or a new commit');
  expect(held.rollout?.message).toContain('TooManyDeletes');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  await fleet.signal('approve', { planDigest: 'f'.repeat(64) });
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.until((s) => s.rollout?.state === 'Progressing');
  await fleet.rollout(2, 'Holding');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  await fleet.signal('approve', { by: 'ada', planDigest: held.rollout?.planDigest });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('what a sync takes from others stands in the status of the gateway and in its history', async () => {
  fleet = await Fleet.start(['a']);
  fleet.taken = {
    staged: { foreign: { files: 1, first: ['projects/P/theirs'] } },
    applied: { overwritten: { files: 1, first: ['projects/P/view.json'] }, mirrored: { files: 1, first: ['projects/P/theirs'] } },
  };
  const inApply = await fleet.pushUntil('c1', 'a', 'apply');
  const applying = await fleet.untilGateway('a', ({ phase }) => phase === 'Applying');
  expect(applying.message).toBe('1 file not ours in mirrored folders will be deleted: projects/P/theirs');
  inApply.release();
  await fleet.rollout(1, 'Succeeded');
  const [last] = (await fleet.untilGateway('a', ({ phase }) => phase === 'Synced')).history ?? [];
  expect(last?.message).toContain('1 file changed on the gateway overwritten');
  expect(last?.message).toContain('projects/P/view.json');
  expect(last?.message).toContain('1 file not ours in mirrored folders deleted');
});

test('a gateway that cannot stage leaves the others of its wave untouched', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('c', 'stage', 'OwnerMismatch');
  await fleet.push('c2');
  const holding = await fleet.rollout(2, 'Holding');
  expect(holding.rollout?.message).toContain('c failed: OwnerMismatch');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
  fleet.mend('c', 'stage');
  await fleet.signal('retryGateway', { gateway: 'c' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('the object goes: its workflow ends and gateways keep what they have', async () => {
  fleet = await Fleet.startOnCommit1();
  const [id] = await fleet.workflowIds();
  fleet.objects.deleteSync(fleet.name);
  await fleet.changed('object deleted');
  await fleet.client.workflow.getHandle(id!).result();
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
});

test('a rollout that is cancelled in the Temporal UI ends as aborted, with every gateway whole and its state said; syncNow goes on', async () => {
  fleet = await Fleet.startOnCommit1();
  const inA = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.workflow(2).cancel();
  const status = await fleet.rollout(2, 'Aborted');
  inA.release();
  expect(status.rollout?.message).toBe('cancelled by hand');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c1', c: 'c1' });
  expect((await fleet.objects.gateway('test', 'a'))?.status).toMatchObject({ phase: 'Failed', reason: 'Aborted' });
  await fleet.signal('syncNow');
  await fleet.rollout(3, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

import { ignitionSyncWorkflowId, rolloutWorkflowId } from '../../src/contract/names.ts';
import { Fleet } from '../support/fleet.ts';
import { testStack } from '../support/stack.ts';

/** `temporal workflow reset` of each workflow type changes no gateway: state decides what happens, the ticket decides whether. */
let fleet: Fleet;
afterEach(() => fleet.end());

async function twoRollouts(): Promise<void> {
  fleet = await Fleet.startOnCommit1();
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  await fleet.until((s) => s.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
}

/** Resets a run to its first workflow task, which is the worst case: everything happens again. Returns the new run. */
async function reset(workflowId: string): Promise<string> {
  const said = await testStack().temporalCli([
    ...['workflow', 'reset', '--namespace', fleet.client.options.namespace, '--workflow-id', workflowId],
    ...['--type', 'FirstWorkflowTask', '--reason', 'test', '--output', 'json'],
  ]);
  return (JSON.parse(said) as { runId: string }).runId;
}

const rollout = (n: number) => rolloutWorkflowId('test', fleet.name, n);

test.each([
  { what: 'the wave of an older rollout', id: () => `${rollout(1)}/rest/0` },
  { what: 'the canary wave of the newest rollout', id: () => `${rollout(2)}/canary/0` },
  { what: 'an older rollout', id: () => rollout(1) },
  { what: 'the newest rollout, whose waves have ended', id: () => rollout(2) },
])('a reset of $what changes no gateway and ends by itself', async ({ id }) => {
  await twoRollouts();
  const before = await fleet.status();
  const runId = await reset(id());
  await fleet.client.workflow.getHandle(id(), runId).result();
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
  const after = await fleet.status();
  expect(after.rollout).toEqual(before.rollout);
  expect(after.gateways).toEqual(before.gateways);
});

test('an aborted rollout that is reset into its last wave takes nothing back that a newer rollout made live', async () => {
  await twoRollouts();
  const inB = await fleet.pushUntil('c3', 'b', 'apply');
  await fleet.signal('abort', { by: 'ada' });
  inB.release();
  await fleet.rollout(3, 'Aborted');
  await fleet.signal('syncNow');
  await fleet.rollout(4, 'Succeeded');
  const before = fleet.writes();
  const events = (await fleet.client.workflow.getHandle(rollout(3)).fetchHistory()).events ?? [];
  const rest = events.findIndex((e) => e.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId?.endsWith('/rest/0') === true);
  const task = events
    .slice(0, rest)
    .findLast((e) => e.workflowTaskCompletedEventAttributes)!
    .eventId!.toString();
  const said = await testStack().temporalCli([
    ...['workflow', 'reset', '--namespace', fleet.client.options.namespace, '--workflow-id', rollout(3)],
    ...['--event-id', task, '--reason', 'test', '--output', 'json'],
  ]);
  const { runId } = JSON.parse(said) as { runId: string };
  await fleet.client.workflow.getHandle(rollout(3), runId).result();
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
  expect(fleet.writes()).toEqual(before);
});

test('a reset of the object, whose rollouts have ended, goes on and takes the next commit', async () => {
  await twoRollouts();
  await reset(ignitionSyncWorkflowId('test', fleet.name));
  await fleet.push('c3');
  const done = await fleet.until((s) => s.rollout?.commit.startsWith('c3') === true && s.rollout.state === 'Succeeded');
  expect(done.rollout?.number).toBeGreaterThan(2);
  expect(fleet.live()).toEqual({ a: 'c3', b: 'c3', c: 'c3' });
  expect(fleet.writes()).toEqual({ a: 3, b: 3, c: 3 });
});

import { randomUUID } from 'node:crypto';
import { lookAtTemporal } from '../../src/cli/doctor/temporal.ts';
import { createTemporalClient } from '../../src/clients/temporal/connect.ts';
import { createWorkflows } from '../../src/clients/temporal/workflows.ts';
import { CONTROL_TASK_QUEUE, ignitionSyncWorkflowId } from '../../src/contract/names.ts';
import { testStack } from '../support/stack.ts';

const client = await createTemporalClient({
  TEMPORAL_ADDRESS: testStack().temporal.address,
  TEMPORAL_NAMESPACE: 'default',
  TEMPORAL_TLS: false,
});
afterAll(() => client.connection.close());

test('the first signal starts the workflow of the object, the next reach the same one', async () => {
  const name = `sync-${randomUUID().slice(0, 8)}`;
  const workflows = createWorkflows(client);
  await workflows.signalDesiredChanged('plant', name, 'one');
  await workflows.signalDesiredChanged('plant', name, 'two');
  const handle = client.workflow.getHandle(ignitionSyncWorkflowId('plant', name));
  const { type, taskQueue, staticSummary } = await handle
    .describe()
    .then(async (d) => ({ type: d.type, taskQueue: d.taskQueue, staticSummary: await d.staticSummary() }));
  expect({ type, taskQueue, staticSummary }).toEqual({
    type: 'ignitionSync',
    taskQueue: CONTROL_TASK_QUEUE,
    staticSummary: `IgnitionSync plant/${name}`,
  });
  const { events } = await handle.fetchHistory();
  const decode = (data: Uint8Array | null | undefined): unknown => JSON.parse(Buffer.from(data ?? []).toString());
  const started = events!.flatMap((e) => e.workflowExecutionStartedEventAttributes?.input?.payloads ?? []).map(({ data }) => decode(data));
  const signals = events!
    .flatMap((e) => e.workflowExecutionSignaledEventAttributes ?? [])
    .map((s) => [s.signalName, decode(s.input?.payloads?.[0]?.data)]);
  expect(started).toEqual([{ namespace: 'plant', name }]);
  expect(signals).toEqual([
    ['desiredChanged', { reason: 'one' }],
    ['desiredChanged', { reason: 'two' }],
  ]);
  await handle.terminate();
});

test('a Temporal that is away is an error, not a wait', async () => {
  const nobody = await createTemporalClient({ TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'default', TEMPORAL_TLS: false });
  await expect(createWorkflows(nobody).signalDesiredChanged('plant', 'x', 'one')).rejects.toThrow();
  await nobody.connection.close();
});

test.each([
  ['reached', {}, 'ok', /^namespace default at \S+; one call there and back takes \d+ ms \(\d+ to \d+ ms\)$/],
  ['away', { TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'differs', /^127.0.0.1:1 cannot be reached without TLS: connection refused\. Look at/],
  ['spoken to over TLS that it has not', { TEMPORAL_TLS: true }, 'differs', /cannot be reached over TLS: whoever answers there does not/],
  ['asked for a namespace that it has not', { TEMPORAL_NAMESPACE: 'nix' }, 'differs', /answers and has no namespace nix: create it/],
] as const)('doctor says of a Temporal that is %s what it is', async (_, other, verdict, found) => {
  const way = { TEMPORAL_ADDRESS: testStack().temporal.address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TLS: false, ...other };
  const line = await lookAtTemporal(way, 10_000);
  expect(line).toMatchObject({ id: 'T1', verdict });
  expect(line.found).toMatch(found);
  expect(line.means === undefined).toBe(verdict === 'ok');
});

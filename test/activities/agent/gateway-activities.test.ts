import { MockActivityEnvironment } from '@temporalio/testing';
import { createGatewayActivities } from '../../../src/activities/gateway/index.ts';
import type { GatewayStep } from '../../../src/contract/gateway-activities.ts';
import type { Doing } from '../../../src/agent/ports.ts';
import { NO_MANIFEST, Rig, stepOf } from './support/rig.ts';

test('progress of the agent becomes heartbeats', async () => {
  const rig = await Rig.open();
  const env = new MockActivityEnvironment();
  const beats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
  const activities = createGatewayActivities(rig.agent);
  await env.run((step: GatewayStep) => activities.apply(step), stepOf(NO_MANIFEST, rig.content.add({ 'projects/P/a': '1' }), 'op'));
  expect(beats).toContainEqual({ doing: 'applying', files: 0, of: 1 });
  await rig.close();
});

test('a call that reports nothing still beats', async () => {
  const env = new MockActivityEnvironment();
  const beat = new Promise((resolve) => env.on('heartbeat', resolve));
  const rig = await Rig.open();
  const silent = {
    stage: rig.agent.stage.bind(rig.agent),
    apply: rig.agent.apply.bind(rig.agent),
    scan: rig.agent.scan.bind(rig.agent),
    restore: () => beat.then(() => ({ live: 'x', wrote: false })),
    restart: rig.agent.restart.bind(rig.agent),
  };
  expect(await env.run((step: GatewayStep) => createGatewayActivities(silent).restore(step), stepOf('a', 'b', 'op'))).toEqual({
    live: 'x',
    wrote: false,
  });
  await rig.close();
});

test('a cancellation reaches the agent as its signal', async () => {
  const env = new MockActivityEnvironment();
  const rig = await Rig.open();
  const waiting = (_: unknown, { signal }: Doing): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      env.cancel('CANCELLED');
    });
  const agent = { stage: waiting, apply: waiting, scan: waiting, restore: waiting, restart: waiting };
  await expect(env.run((step: GatewayStep) => createGatewayActivities(agent).stage(step), stepOf('a', 'b', 'op'))).rejects.toMatchObject({
    name: 'CancelledFailure',
  });
  await rig.close();
});

import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('a gateway whose agent is away is passed over, never counted as failed, and catches up when the agent says hello', async () => {
  fleet = await Fleet.start();
  await fleet.push('c1');
  await fleet.rollout(1, 'Succeeded');
  await fleet.stop('c');
  await fleet.push('c2');
  const status = await fleet.rollout(2, 'Succeeded');
  expect(status.gateways).toMatchObject({ synced: 2, failed: 0, unreachable: 1 });
  expect(status.conditions?.find((c) => c.type === 'Ready')?.status).toBe('False');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c1' });
  await fleet.startAgent('c');
  const stored = await fleet.objects.gateway('test', 'c');
  fleet.objects.putGateway(fleet.name, 'c', {
    ...stored?.status,
    agent: { version: '1', protocol: 1, podUid: 'u', lastHello: new Date().toISOString() },
  });
  await fleet.changed('hello c');
  const caughtUp = await fleet.rollout(3, 'Succeeded');
  expect(caughtUp.gateways?.summary).toBe('3/3');
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
});

import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('a gateway that is starting when its files are live is waited for, says so, and is proved when it runs: nothing is put back', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('a', 'scan', 'GatewayStarting');
  await fleet.push('c2');
  const { reason, waitingFor } = await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  expect([reason, waitingFor]).toEqual(['GatewayStarting', 'a cannot scan']);
  fleet.mend('a', 'scan');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
});

test('a gateway that is starting and then cannot load its files is put back like any other', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('a', 'scan', 'GatewayStarting');
  await fleet.push('c2');
  await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  fleet.failing('a', 'scan', 'ScanFailed');
  await fleet.rollout(2, 'Holding');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
});

test('a gateway that has not been set up is passed over, is no failure, and catches up when its agent says that it is up', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.failing('c', 'stage', 'GatewayCommissioning');
  await fleet.push('c2');
  const status = await fleet.rollout(2, 'Succeeded');
  expect(status.gateways).toMatchObject({ synced: 2, failed: 0 });
  const passedOver = await fleet.untilGateway('c', ({ phase }) => phase === 'Waiting');
  expect(passedOver).toMatchObject({ reason: 'GatewayCommissioning', waitingFor: 'c cannot stage' });
  fleet.mend('c', 'stage');
  const agent = { version: '1', protocol: 1, podUid: 'u', lastHello: new Date(Date.now() + 1_000).toISOString() };
  fleet.objects.putGateway(fleet.name, 'c', { ...passedOver, agent });
  await fleet.changed('hello c');
  expect((await fleet.rollout(3, 'Succeeded')).gateways?.summary).toBe('3/3');
});

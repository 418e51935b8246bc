import { Fleet } from '../support/fleet.ts';
import { OPEN, later } from '../support/restart-windows.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('gateways that wait for a restart are restarted once each when all files are there, and proved again; without a policy none is, and status says what waits', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.restartDue.add('a').add('c');
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  const { restartPending, confirmed } = await fleet.untilGateway('a', ({ phase }) => phase === 'Synced');
  expect([restartPending, confirmed?.outcome, fleet.restarts()]).toEqual([['modules'], 'AppliedUnverified', { a: 0, b: 0, c: 0 }]);
  const ready = (reason: string) => fleet.until((s) => s.conditions?.find(({ type }) => type === 'Ready')?.reason === reason);
  expect((await ready('RestartPending')).gateways).toMatchObject({ summary: '3/3', restartPending: 2 });
  // Somebody restarts both by hand, and their agents say so.
  for (const [gateway, reason, left] of [['a', 'RestartPending', 1] as const, ['c', 'Synced', undefined] as const]) {
    const { status } = (await fleet.objects.gateway('test', gateway))!;
    fleet.objects.putGateway(fleet.name, gateway, { ...status, restartPending: undefined });
    await fleet.changed(`hello ${gateway}`);
    await fleet.until(({ gateways }) => gateways?.restartPending === left);
    await ready(reason);
  }

  fleet.people = { restart: OPEN };
  await fleet.push('c3');
  await fleet.rollout(3, 'Succeeded');
  const after = await fleet.untilGateway('a', ({ phase }) => phase === 'Synced');
  expect([after.restartPending, after.confirmed?.outcome]).toEqual([undefined, 'Loaded']);
  expect(after.message).toMatch(/^restarted in \d+ s$/);
  expect([fleet.restarts(), fleet.live()]).toEqual([
    { a: 1, b: 0, c: 1 },
    { a: 'c3', b: 'c3', c: 'c3' },
  ]);
});

test('a gateway that waits for its window holds no other, says when it opens, and leaves the way to a newer commit', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.restartDue.add('a');
  fleet.people = { restart: later() };
  await fleet.push('c2');
  const { waitingFor } = await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  expect(waitingFor).toMatch(/^a restart: its window \d\d:\d\d UTC, which opens at \d{4}-/);
  expect([fleet.live(), fleet.restarts()]).toEqual([
    { a: 'c2', b: 'c2', c: 'c2' },
    { a: 0, b: 0, c: 0 },
  ]);
  fleet.people = { restart: OPEN };
  await fleet.push('c3');
  await fleet.rollout(3, 'Succeeded');
  expect([fleet.live(), fleet.restarts()]).toEqual([
    { a: 'c3', b: 'c3', c: 'c3' },
    { a: 1, b: 0, c: 0 },
  ]);
});

test('a gateway in use waits with the others going on, and a gateway that does not come back holds all further restarts until somebody says so', async () => {
  fleet = await Fleet.startOnCommit1();
  for (const gateway of ['a', 'b', 'c']) fleet.restartDue.add(gateway);
  fleet.people = { restart: OPEN };
  fleet.failing('a', 'restart', 'GatewayInUse');
  fleet.failing('b', 'settle', 'RestartFailed');
  const c = fleet.halt('c', 'restart');
  await fleet.push('c2');
  await c.reached;
  const { waitingFor } = await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  expect(waitingFor).toMatch(/^a restart: a cannot restart The window closes at/);
  // b was first, and has not come back: c, which has not begun, does not begin.
  await fleet.untilGateway('b', ({ phase }) => phase === 'Restarting');
  c.release();
  fleet.mend('a', 'restart');
  await fleet.rollout(2, 'Holding');
  expect((await fleet.untilGateway('b', ({ phase }) => phase === 'Failed')).reason).toBe('RestartFailed');
  expect(fleet.restarts()).toEqual({ a: 0, b: 1, c: 0 });
  fleet.mend('b', 'settle');
  await fleet.signal('retryGateway', { gateway: 'b' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.restarts()).toEqual({ a: 1, b: 1, c: 1 });
});

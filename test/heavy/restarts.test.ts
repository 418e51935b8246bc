import { Fleet } from '../support/fleet.ts';
import { PairModel } from '../support/pair-model.ts';
import { OPEN, later } from '../support/restart-windows.ts';

/** Restarts at a bad moment: a window that closes, a rollout that is terminated, a pair of which one does not come back. */
let fleet: Fleet;
afterEach(() => fleet.end());

const HOUR = 3_600_000;

test('a gateway whose window closes while it is looked at is not restarted outside it, and the others may take its turn', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.restartDue.add('a');
  const closesAt = Date.now() + 8_000;
  const began = new Date(Math.floor((closesAt - HOUR) / 60_000) * 60_000);
  const window = { start: began.toISOString().slice(11, 16), durationMs: closesAt - began.getTime(), timeZone: 'UTC' };
  fleet.people = { restart: { windows: [window], timeoutMs: 60_000 } };
  const look = await fleet.pushUntil('c2', 'a', 'restart');
  while (Date.now() < closesAt + 1_000) await new Promise((resolve) => setTimeout(resolve, 100));
  look.release();
  const { waitingFor } = await fleet.untilGateway('a', (seen) => /which opens at/.test(seen.waitingFor ?? ''));
  expect(waitingFor).toMatch(/^a restart: its window/);
  expect(fleet.restarts()).toEqual({ a: 0, b: 0, c: 0 });
});

test('a wave that leaves its gateways as they were again and again, with nothing that holds it, is run again later and not at once', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.restartDue.add('a');
  fleet.people = { restart: later() };
  await fleet.push('c2');
  for (const attempt of [2, 3]) {
    await fleet.untilGateway('a', ({ waitingFor }) => /which opens at/.test(waitingFor ?? ''));
    await fleet.stopWave(2, `restart-${attempt}`);
    await fleet.untilGateway('a', ({ phase }) => phase === 'Pending');
  }
  const { rollout } = await fleet.until((status) => /left as they were/.test(status.rollout?.message ?? ''));
  expect(rollout?.message).toBe('restart: gateways were left as they were; they are looked at again in 5 s');
  expect(await fleet.progress(2)).toMatchObject({ waves: 4 });
  await fleet.signal('syncNow', {}, 2);
  await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
});

test('a wave whose rollout is terminated while a gateway waits for its window ends by itself, and status says how it is left', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.restartDue.add('a');
  fleet.people = { restart: later() };
  await fleet.push('c2');
  await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
  await fleet.orphanWave(2, 'restart-2', { lookForRolloutMs: 500 });
  const left = await fleet.untilGateway('a', ({ phase }) => phase === 'Failed');
  expect(left).toMatchObject({ reason: 'Aborted', waitingFor: '', restartPending: ['modules'] });
  expect(left.message).toMatch(
    /^the wave ended, since its rollout was ended from outside, while this gateway was Waiting \(a restart: its window .*\): syncNow or a new commit goes on$/,
  );
});

test('a wave whose rollout is terminated in the middle of it brings its gateway to the end, and status says so', async () => {
  fleet = await Fleet.startOnCommit1();
  const scan = await fleet.pushUntil('c2', 'a', 'scan');
  await fleet.client.workflow.getHandle(`rollout/test/${fleet.name}/2`).terminate('test');
  await fleet.rollout(2, 'Aborted');
  scan.release();
  expect((await fleet.untilGateway('a', ({ phase }) => phase === 'Synced')).revision).toMatch(/^main@sha1:c2/);
});

test('the active node of a pair, whoever that is, is not restarted when the restart of its standby failed', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.pair = new PairModel('a', 'b', 'proceed');
  fleet.pair.active('b');
  fleet.restartDue.add('a').add('b');
  fleet.people = { restart: OPEN };
  fleet.failing('a', 'restart', 'GatewayAuthFailed');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  expect(fleet.restarts()).toEqual({ a: 0, b: 0, c: 0 });
  fleet.mend('a', 'restart');
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.restarts()).toEqual({ a: 1, b: 1, c: 0 });
});

test('the active node of a pair whose standby was away at the sync is restarted only when that is back', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.pair = new PairModel('a', 'b', 'hold');
  fleet.pair.stop('b');
  fleet.restartDue.add('a');
  fleet.people = { restart: OPEN };
  await fleet.push('c2');
  const { waitingFor } = await fleet.untilGateway('a', (seen) => /^a restart: a waits/.test(seen.waitingFor ?? ''));
  expect(waitingFor).toMatch(/b, the other node of its pair, could not carry the plant meanwhile: its gateway does not run/);
  expect(fleet.restarts()).toEqual({ a: 0, b: 0, c: 0 });
  fleet.pair.active('a');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.restarts()).toEqual({ a: 1, b: 0, c: 0 });
});

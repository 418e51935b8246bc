import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

test('a commit goes to the canary first, then to the rest, and the object says Ready', async () => {
  fleet = await Fleet.start();
  const canary = fleet.halt('a', 'scan');
  await fleet.push('c1');
  await canary.reached;
  expect(fleet.live()).toEqual({ a: 'c1', b: '--', c: '--' });
  canary.release();
  const status = await fleet.rollout(1, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  expect(status.gateways?.summary).toBe('3/3');
  const ready = await fleet.until((s) => s.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
  expect(ready.history?.[0]).toMatchObject({ number: 1, state: 'Succeeded' });
  const rollout = `info rollout 1 of test/${fleet.name}, main@c1000000:`;
  expect(fleet.log).toEqual([
    `${rollout} Planning: a new revision or spec: planning c1000000`,
    `${rollout} Progressing: changing 3 gateways`,
    `${rollout} canary wave 1: 1 synced`,
    `${rollout} rest wave 1: 2 synced`,
    `${rollout} Succeeded: c1000000 is live on 3 gateways, 0 had it already`,
  ]);
});

test('a gateway that fails its scan is put back, and the rollout holds before the next wave', async () => {
  fleet = await Fleet.start();
  await fleet.push('c1');
  await fleet.rollout(1, 'Succeeded');
  fleet.failing('a', 'scan');
  await fleet.push('c2');
  const status = await fleet.rollout(2, 'Holding');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  expect(status.waitingFor).toBe('retryGateway, abort or a new commit');
  expect(status.rollout?.message).toContain('a failed and was put back: ScanFailed');
  expect(fleet.log.slice(-2)).toEqual([
    expect.stringMatching(/^warn rollout 2 of .*: canary wave 1: 0 synced, 1 put back \(a\)$/),
    expect.stringMatching(/^warn rollout 2 of .*: Holding: a failed and was put back: ScanFailed: /),
  ]);
});

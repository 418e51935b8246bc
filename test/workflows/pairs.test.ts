import { Fleet } from '../support/fleet.ts';
import { PairModel } from '../support/pair-model.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

/** `a` and `b` are a pair, `c` is a gateway of its own; all run `c1`. */
async function start(policy: 'hold' | 'proceed' = 'hold'): Promise<PairModel> {
  fleet = await Fleet.startOnCommit1();
  return (fleet.pair = new PairModel('a', 'b', policy));
}
const phases = async (): Promise<Record<string, string | undefined>> =>
  Object.fromEntries((await fleet.objects.gateways()).map(({ metadata, status }) => [metadata.name, status?.phase]));

test('while both nodes say that they are active nobody is written; then the master alone is, and the backup follows', async () => {
  const pair = await start();
  pair.active('a', 'b');
  await fleet.push('c2');
  expect((await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting')).waitingFor).toMatch(/both a and b say that they are active/);
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
  pair.active('a');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 1, c: 2 });
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(await phases()).toEqual({ a: 'Synced', b: 'Synced', c: 'Synced' });
  // the canary is the pair: both were changed before anything else
  expect((await fleet.status()).gateways?.summary).toBe('3/3');
});

test('a failover between stage and apply holds by default, nothing is written, and retryGateway goes on after the failback', async () => {
  const pair = await start();
  const halt = await fleet.pushUntil('c2', 'a', 'apply');
  pair.active('b');
  halt.release();
  const { rollout } = await fleet.rollout(2, 'Holding');
  expect(rollout?.message).toMatch(/^b failed: RedundancyFailedOver/);
  expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
  pair.active('a');
  await fleet.signal('retryGateway', { gateway: 'b' });
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 1, c: 2 });
});

test.each(['Designer', 'pause'])(
  'a pair whose both nodes became active while a %s was waited for is not written until one of them is again',
  async (what) => {
    const pair = await start();
    if (what === 'Designer') {
      fleet.people = { designers: 'wait' };
      fleet.failing('a', 'apply', 'DesignerOpen');
      await fleet.push('c2');
    } else {
      const staging = await fleet.pushUntil('c2', 'a', 'stage');
      await fleet.signal('pause', {}, 2);
      await fleet.rollout(2, 'Paused');
      staging.release();
    }
    await fleet.untilGateway('a', ({ phase }) => phase === 'Waiting');
    pair.active('a', 'b');
    if (what === 'Designer') fleet.mend('a', 'apply');
    else await fleet.signal('resume', {}, 2);
    await fleet.untilGateway('a', ({ waitingFor }) => /both a and b say that they are active/.test(waitingFor ?? ''));
    expect(fleet.writes()).toEqual({ a: 1, b: 1, c: 1 });
    pair.active('a');
    await fleet.rollout(2, 'Succeeded');
    expect(fleet.writes()).toEqual({ a: 2, b: 1, c: 2 });
  },
);

test('by policy it goes on with the node that is active now; both end on the commit, none is written twice', async () => {
  const pair = await start('proceed');
  pair.replicating = false;
  const halt = await fleet.pushUntil('c2', 'a', 'scan');
  pair.active('b');
  pair.replicating = true;
  halt.release();
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
});

test('a standby whose gateway does not run is passed over and says what it waits for; the master and the rest are changed', async () => {
  const pair = await start();
  pair.stop('b');
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 1, c: 2 });
  expect(await fleet.untilGateway('b', ({ phase }) => phase === 'Unreachable')).toMatchObject({ reason: 'ReplicationPending' });
});

import { Fleet } from '../support/fleet.ts';

let fleet: Fleet;
afterEach(() => fleet.end());

const phaseOf = async (gateway: string): Promise<string | undefined> =>
  (await fleet.objects.gateways()).find(({ metadata }) => metadata.name === gateway)?.status?.phase;

test('a gateway with an open Designer waits, says for whom, and goes on by itself when it is closed', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.designers = 'wait';
  fleet.failing('a', 'apply', 'DesignerOpen');
  await fleet.push('c2');
  let phase: string | undefined;
  await fleet.until((status) => {
    void phaseOf('a').then((is) => (phase = is));
    return status.rollout?.number === 2 && phase === 'Waiting';
  });
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.mend('a', 'apply');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
});

test('with the policy fail the gateway has failed at once, nothing was written, and the rollout holds', async () => {
  fleet = await Fleet.startOnCommit1();
  fleet.designers = 'fail';
  fleet.failing('a', 'apply', 'DesignerOpen');
  await fleet.push('c2');
  await fleet.rollout(2, 'Holding');
  expect(await phaseOf('a')).toBe('Failed');
  expect(fleet.live()).toEqual({ a: 'c1', b: 'c1', c: 'c1' });
  fleet.mend('a', 'apply');
  await fleet.signal('retryGateway', { gateway: 'a' });
  await fleet.until((s) => s.rollout?.state === 'Succeeded' && s.rollout.commit.startsWith('c2'));
});

import { Fleet } from '../support/fleet.ts';

/** An object lives for years: its workflow continues as new, and a rollout that runs meanwhile is not lost. */
let fleet: Fleet;
afterEach(() => fleet.end());

async function runId(): Promise<string> {
  return (await fleet.workflow().describe()).runId;
}

/** Edits the object until its workflow has continued as new; each edit is looked at before the next. */
async function liveLong(): Promise<void> {
  const before = await runId();
  for (let edit = 1; edit <= 1_000; edit += 1) {
    fleet.setSpec({ polling: { interval: `${edit}h` } });
    const { generation } = (await fleet.objects.sync('test', fleet.name))!.metadata;
    await fleet.changed();
    await fleet.until((status) => status.observedGeneration === generation);
    if (edit % 20 === 0 && (await runId()) !== before) return;
  }
  throw new Error('never continued as new');
}

test('the workflow of an object continues as new, and takes the next commit as if nothing had happened', async () => {
  fleet = await Fleet.start();
  await fleet.push('c1');
  await fleet.rollout(1, 'Succeeded');
  await liveLong();
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.live()).toEqual({ a: 'c2', b: 'c2', c: 'c2' });
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
}, 600_000);

test('a rollout that runs while its object continues as new ends well and is followed by the next', async () => {
  fleet = await Fleet.start();
  const canary = fleet.halt('a', 'scan');
  await fleet.push('c1');
  await canary.reached;
  await liveLong();
  canary.release();
  await fleet.rollout(1, 'Succeeded');
  await fleet.push('c2');
  await fleet.rollout(2, 'Succeeded');
  expect(fleet.writes()).toEqual({ a: 2, b: 2, c: 2 });
}, 600_000);

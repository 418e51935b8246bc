import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnPlant, profileObject, syncObject } from '../support/plant.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

/** A redundant pair, `gateway-0` and `gateway-1`, and a gateway of its own beside it; on the whole product. */
let plant: OwnPlant;
let copy: WorkingCopy;

const MAPPINGS = [{ source: 'projects', destination: 'projects' }];

async function node(gateway: string, change: object): Promise<void> {
  const answer = await fetch(`${plant.url(gateway) ?? ''}/simulator/redundancy`, { method: 'POST', body: JSON.stringify(change) });
  if (!answer.ok) throw new Error(await answer.text());
}
const replicating = async (on: boolean): Promise<void> => {
  for (const gateway of ['gateway-0', 'gateway-1']) await node(gateway, { on });
};
const failover = async (): Promise<void> => {
  await node('gateway-0', { activityLevel: 'Warm' });
  await node('gateway-1', { activityLevel: 'Active' });
};
/** The master takes over again; for a moment both say that they are active. */
const failback = async (): Promise<void> => {
  await node('gateway-0', { activityLevel: 'Active' });
  await node('gateway-1', { activityLevel: 'Cold' });
};
const saysOfItself = (gateway: string, summary: string): Promise<unknown> =>
  plant.until(`${gateway} is ${summary}`, (_, gateways) =>
    gateways.some((g) => g.metadata.name === gateway && g.status?.redundancy?.summary === summary),
  );
const has = (gateway: string, label: string): boolean => readFileSync(join(plant.data(gateway), VIEW), 'utf8').includes(label);
const commits = (): number[] => plant.gateways.map((gateway) => plant.commits(gateway).length);

/** Pushes a commit; when the master has it and scans, its peer takes over without having got it. */
async function failOverInTheScan(label: string): Promise<string> {
  await plant.faults('gateway-0', { scanNeverEnds: true });
  const commit = await copy.push(project(label));
  await plant.signal('syncNow');
  await plant.until('the master scans', (_, gateways) =>
    gateways.some((g) => g.metadata.name === 'gateway-0' && g.status?.phase === 'Scanning'),
  );
  await replicating(false);
  await failover();
  await plant.faults('gateway-0', { scanNeverEnds: false });
  return commit;
}

beforeAll(async () => {
  plant = await OwnPlant.start({ patienceMs: 150_000 });
  const peer = (gateway: string) => ({ peer: { dataDir: plant.data(gateway), url: plant.url(gateway) } });
  await node('gateway-0', { role: 'Master', activityLevel: 'Active', projectState: 'Good', ...peer('gateway-1') });
  await node('gateway-1', { role: 'Backup', activityLevel: 'Cold', projectState: 'Good', ...peer('gateway-0') });
  copy = await WorkingCopy.create(plant.stack, 'pair');
}, 300_000);
afterAll(async () => {
  await plant[Symbol.asyncDispose]();
}, 60_000);

test('two replicas whose gateways say that they are a pair become one: only the active node is written, both are synced', async () => {
  const commit = await copy.push({ ...project('first'), 'external/notes/note.txt': 'for both' });
  await plant.apply(profileObject([...MAPPINGS, { source: 'external', destination: 'config/resources/external' }]), syncObject(copy.url));
  await saysOfItself('gateway-0', 'Master/Active');
  await saysOfItself('gateway-1', 'Backup/Cold/Good');
  await plant.synced(commit);
  expect(has('gateway-1', 'first')).toBe(true);
  const wrote = plant.commits('gateway-1').flatMap((line) => (line as unknown as { files: string[] }).files);
  expect(wrote).toEqual(['config/resources/external/notes/note.txt']);
  expect(await plant.kubectl(['get', 'igw'])).toMatch(/gateway-1 .* Synced +Backup\/Cold\/Good/);
}, 300_000);

test('a failover in the middle of a wave holds the rollout, and it goes on when the master is active again', async () => {
  const before = commits();
  const commit = await failOverInTheScan('held');
  const held = await plant.until('the rollout holds', (sync) => sync?.status?.rollout?.state === 'Holding' && sync);
  expect(held.status?.rollout?.message).toMatch(/^gateway-1 failed: RedundancyFailedOver: .*retryGateway/);
  expect([has('gateway-0', 'held'), has('gateway-1', 'held'), has('gateway-2', 'held')]).toEqual([true, false, false]);
  await failback();
  await replicating(true);
  await plant.signal('retryGateway', { gateway: 'gateway-1' });
  await plant.synced(commit);
  expect(has('gateway-1', 'held')).toBe(true);
  expect(commits()).toEqual(before.map((count, i) => count + (i === 1 ? 0 : 1)));
}, 300_000);

test('by policy the rollout goes on: both nodes end on the commit, each written once, and stay so when the master is back', async () => {
  await plant.apply(
    profileObject([...MAPPINGS, { source: 'external', destination: 'config/resources/external' }], { redundancyPolicy: 'proceed' }),
  );
  await plant.until(
    'the profile is known',
    (sync) => sync?.status?.rollout?.state === 'Succeeded' && sync.status.rollout.number >= 3 && sync,
  );
  const before = commits();
  const commit = await failOverInTheScan('by policy');
  await plant.synced(commit);
  expect(plant.gateways.map((gateway) => has(gateway, 'by policy'))).toEqual([true, true, true]);
  expect(commits()).toEqual(before.map((count) => count + 1));
  await failback();
  await replicating(true);
  await saysOfItself('gateway-0', 'Master/Active');
  await plant.synced(commit);
  expect(has('gateway-1', 'by policy')).toBe(true);
  expect(commits()).toEqual(before.map((count) => count + 1));
}, 300_000);

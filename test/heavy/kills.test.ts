import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlProcess } from '../../temporal-dev/install/installation.ts';
import { OwnPlant, profileObject, syncObject } from '../support/plant.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

/** Anything may die in the middle of a rollout: started again, the rollout ends as if nothing had happened and no apply is repeated. */
let plant: OwnPlant;
let copy: WorkingCopy;

beforeAll(async () => {
  plant = await OwnPlant.start();
  copy = await WorkingCopy.create(plant.stack, 'kills');
  const commit = await copy.push(project('first'));
  await plant.apply(profileObject([{ source: 'projects', destination: 'projects' }]), syncObject(copy.url));
  await plant.synced(commit);
}, 120_000);
afterAll(async () => {
  await plant[Symbol.asyncDispose]();
}, 60_000);

const canary = 'plant/gateway-0';

/** The rollout stands still while the canary's scan does not end. */
const inTheScan = {
  hold: () => plant.faults('gateway-0', { scanNeverEnds: true }),
  reached: () =>
    plant.until('the canary scans', (_, gateways) =>
      gateways.some((g) => g.metadata.name === 'gateway-0' && g.status?.phase === 'Scanning'),
    ),
  letGo: () => plant.faults('gateway-0', { scanNeverEnds: false }),
};
/** The canary stands directly before its commit point while nobody gives tickets. */
const beforeTheTicket = {
  hold: () => plant.installation.hold('relay'),
  reached: () =>
    plant.until('the canary applies', (_, gateways) =>
      gateways.some((g) => g.metadata.name === 'gateway-0' && ['Staging', 'Applying'].includes(g.status?.phase ?? '')),
    ),
  letGo: () => {
    plant.installation.release('relay');
    return Promise.resolve();
  },
};

const release = (name: ControlProcess): Promise<void> => {
  plant.installation.release(name);
  return Promise.resolve();
};
const releaseAgent = (): Promise<void> => {
  plant.installation.kubelet.release(canary, 'agent');
  return Promise.resolve();
};

const KILLS = [
  { what: 'the worker', step: inTheScan, kill: () => plant.installation.hold('worker'), start: () => release('worker') },
  {
    what: 'the operator',
    step: inTheScan,
    kill: () => plant.installation.hold('operator'),
    start: () => release('operator'),
  },
  { what: 'the source', step: inTheScan, kill: () => plant.installation.hold('source'), start: () => release('source') },
  {
    what: 'the agent in its scan',
    step: inTheScan,
    kill: () => plant.installation.kubelet.hold(canary, 'agent'),
    start: releaseAgent,
  },
  {
    what: 'the agent before its commit point',
    step: beforeTheTicket,
    kill: () => plant.installation.kubelet.hold(canary, 'agent'),
    start: releaseAgent,
  },
  { what: 'the Temporal server', step: inTheScan, kill: () => plant.stack.kill('temporal'), start: () => plant.stack.start('temporal') },
  {
    what: 'the kube-apiserver',
    step: inTheScan,
    kill: () => plant.stack.kill('kube-apiserver'),
    start: () => plant.stack.start('kube-apiserver'),
  },
];

test.each(KILLS)(
  'SIGKILL of $what in the middle of a rollout: the same end, no apply repeated',
  async ({ what, step, kill, start }) => {
    const before = plant.gateways.map((gateway) => plant.commits(gateway).length);
    await step.hold();
    const label = `after the kill of ${what}`;
    const commit = await copy.push(project(label));
    await plant.signal('syncNow');
    await step.reached();
    await kill();
    await start();
    await step.letGo();
    await plant.synced(commit);
    for (const gateway of plant.gateways) expect(readFileSync(join(plant.data(gateway), VIEW), 'utf8')).toContain(label);
    expect(plant.gateways.map((gateway) => plant.commits(gateway).length)).toEqual(before.map((count) => count + 1));
  },
  120_000,
);

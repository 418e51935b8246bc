import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTROL_PROCESSES } from '../../temporal-dev/install/installation.ts';
import { OwnPlant, profileObject, syncObject } from '../support/plant.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

const SERVERS = ['temporal', 'kube-apiserver'] as const;
let plant: OwnPlant;
afterEach(async () => {
  await plant[Symbol.asyncDispose]();
}, 60_000);

test('a gateway starts while relay, Temporal and the API server are down, and is synced when they are back', async () => {
  plant = await OwnPlant.start({ replicas: 1, annotations: { 'simulator.example/startup-grace-seconds': '2' } });
  const copy = await WorkingCopy.create(plant.stack, 'startup');
  await plant.apply(profileObject([{ source: 'projects', destination: 'projects' }]), syncObject(copy.url));
  await plant.synced(await copy.push(project('first')));
  const view = () => readFileSync(join(plant.data('gateway-0'), VIEW), 'utf8');

  const { installation, stack } = plant;
  await Promise.all(CONTROL_PROCESSES.map((name) => installation.hold(name)));
  await Promise.all(SERVERS.map((name) => stack.kill(name)));
  await installation.kubelet.restart('plant/gateway-0');
  await plant.gatewayRuns('gateway-0');
  expect(view()).toContain('first');

  await Promise.all(SERVERS.map((name) => stack.start(name)));
  for (const name of CONTROL_PROCESSES) installation.release(name);
  await plant.synced(await copy.push(project('second')));
  expect(view()).toContain('second');
}, 240_000);

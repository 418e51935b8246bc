import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Plant, profileObject, syncObject } from '../support/plant.ts';
import { WorkingCopy, project } from '../support/working-copy.ts';

const PROFILE = profileObject([{ source: 'projects', destination: 'projects' }]);
/** Far longer than a test waits: a gateway that starts was not let start by the end of its grace. */
const AGENT = { startupGraceSeconds: 3_600 };

let plant: Plant;
let copy: WorkingCopy;
afterEach(async () => {
  rmSync(copy.dir, { recursive: true });
  await plant[Symbol.asyncDispose]();
}, 60_000);

test('a gateway that boots for the first time, on a volume that its chart has seeded, ends synced without anybody’s help', async () => {
  plant = await Plant.shared({ replicas: 1, annotations: { 'simulator.example/first-boot': '3000' } });
  copy = await WorkingCopy.create(plant.stack, 'first-boot');
  const commit = await copy.push(project('first'));
  await plant.apply(PROFILE, syncObject(copy.url, { agent: AGENT, polling: { interval: '1h' } }));
  await plant.synced(commit);
  const database = join(plant.data('gateway-0'), 'db/config.idb');
  expect(existsSync(database)).toBe(true);
  const [record, ...more] = plant.commits('gateway-0');
  expect(more).toEqual([]);
  expect(Date.parse(record!.at)).toBeGreaterThan(statSync(database).mtimeMs);
}, 120_000);

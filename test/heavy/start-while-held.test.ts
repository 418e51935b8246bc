import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NAME, OwnPlant, profileObject, syncObject } from '../support/plant.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

const PROFILE = profileObject([{ source: 'projects', destination: 'projects' }]);
/** Far longer than a test waits: a gateway that starts was not let start by the end of its grace. */
const AGENT = { startupGraceSeconds: 3_600 };

let plant: OwnPlant;
let copy: WorkingCopy;
afterEach(async () => {
  rmSync(copy.dir, { recursive: true });
  await plant[Symbol.asyncDispose]();
}, 60_000);

const state = (wanted: string) => plant.until(wanted, (sync) => sync?.status?.rollout?.state === wanted);
const isTrue = (type: string) => plant.until(type, () => plant.condition(type)?.status === 'True');
const patch = (spec: object) => plant.kubectl(['patch', 'isync', NAME, '--type', 'merge', '-p', JSON.stringify({ spec })]);
const label = (): unknown =>
  (JSON.parse(readFileSync(join(plant.data('gateway-0'), VIEW), 'utf8')) as { root: { props: unknown } }).root.props;

test('a pod starts its gateway while its object is paused, stopped, or waits for approval, and with what it had', async () => {
  plant = await OwnPlant.start({ replicas: 1 });
  copy = await WorkingCopy.create(plant.stack, 'startup');
  const commit = await copy.push(project('first'));
  await plant.apply(PROFILE, syncObject(copy.url, { agent: AGENT, polling: { interval: '1h' } }));
  await plant.synced(commit);
  const first = label();

  await patch({ paused: true });
  await isTrue('Paused');
  await copy.push(project('second'));
  await plant.renew('gateway-0');

  await plant.signal('emergencyStop', { by: 'a test', reason: 'smoke' });
  await isTrue('Frozen');
  await plant.renew('gateway-0');

  await patch({ paused: false, approval: { required: true } });
  await plant.signal('resume');
  await plant.signal('syncNow');
  await state('WaitingForApproval');
  await plant.renew('gateway-0');
  expect(label()).toEqual(first);
  await plant.signal('approve');
  await state('Succeeded');
  expect(label()).not.toEqual(first);
}, 180_000);

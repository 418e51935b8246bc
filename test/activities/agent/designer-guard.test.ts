import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { DesignerPolicy } from '../../../src/contract/activities.ts';
import { toFault } from '../../../src/domain/errors.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const FILES: Files = { 'projects/P/project.json': '{}' };
const ann = (project: string) => ({ designers: [{ user: 'ann', project, address: '10.0.0.7' }] });
const UNREADABLE: Partial<Faults> = { wrongAnswer: 'html', wrongAt: '/data/api/v1/designers' };

let rig: Rig;
let gateway: GatewaySimulator;
beforeEach(async () => {
  rig = await Rig.open();
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir });
  await rig.reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false }) });
});
afterEach(async () => {
  await gateway.stop();
  await rig.close();
});

test.each<{ name: string; policy?: DesignerPolicy; faults: Partial<Faults>; files?: Files; says?: RegExp }>([
  { name: 'nobody is there: applied', policy: 'wait', faults: {} },
  {
    name: 'a Designer in the project: not applied, and named',
    policy: 'wait',
    faults: ann('P'),
    says: /^ann has P open in a Designer at 10\.0\.0\.7: nothing was written\. It goes on/,
  },
  { name: 'a Designer in the project, in other letters', policy: 'wait', faults: ann('p'), says: /ann has p/ },
  { name: 'a Designer in the project, policy fail', policy: 'fail', faults: ann('P'), says: /retryGateway/ },
  { name: 'a Designer in the project, policy proceed: applied', policy: 'proceed', faults: ann('P') },
  { name: 'a plan from before there was a policy: applied', faults: ann('P') },
  { name: 'a Designer in another project: applied', policy: 'wait', faults: ann('Q') },
  { name: 'a change of no project: applied', policy: 'wait', faults: ann('P'), files: { 'config/resources/core/notes/a': '' } },
  {
    name: 'a list that cannot be read counts as somebody there',
    policy: 'wait',
    faults: UNREADABLE,
    says: /cannot be told who has a Designer open/,
  },
  { name: 'a gateway that is starting has nobody: applied', policy: 'wait', faults: { state: 'starting', ...ann('P') } },
])('$name', async ({ policy, faults, files = FILES, says }) => {
  const step = rig.step(NO_MANIFEST, rig.content.add(files), policy && { designers: policy });
  await rig.agent.stage(step, doing);
  gateway.set(faults); // it opens between stage and apply
  const before = await rig.everything();
  const fault = await rig.agent.apply(step, doing).then(() => undefined, toFault);
  expect(fault?.reason).toBe(says && 'DesignerOpen');
  if (!says) return;
  expect(fault?.message).toMatch(says);
  expect(await rig.everything()).toEqual(before);
  // closed: the same step goes through
  gateway.set({ designers: [], wrongAnswer: null });
  await rig.agent.apply(step, doing);
  expect(rig.read('projects/P/project.json')).toBe('{}');
});

test('putting back does not wait for anybody', async () => {
  await rig.sync(FILES);
  const { live } = await rig.agent.inspect();
  const { live: next } = await rig.sync({ 'projects/P/project.json': '{"title":"x"}' });
  gateway.set(ann('P'));
  await rig.agent.restore(rig.step(next, live, { designers: 'wait' }), doing);
  expect(rig.read('projects/P/project.json')).toBe('{}');
});

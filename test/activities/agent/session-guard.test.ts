import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import { toFault } from '../../../src/domain/errors.ts';
import { seenSessions, type SessionPolicy } from '../../../src/domain/sessions.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const FILES: Files = { 'projects/P/project.json': '{}' };
const ann = (project: string) => ({ designers: [{ user: 'ann', project, address: '10.0.0.7' }] });
const people = (...projects: string[]) => ({
  perspective: projects.map((project, i) => ({ user: `user${i}`, project, address: '10.0.0.8' })),
});
const UNREADABLE: Partial<Faults> = { wrongAnswer: 'html', wrongAt: '/data/api/v1/designers' };
const NO_SESSION_LIST: Partial<Faults> = { wrongAnswer: 'html', wrongAt: '/data/perspective/' };

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

test.each<{ name: string; policy?: SessionPolicy; faults: Partial<Faults>; files?: Files; says?: RegExp }>([
  { name: 'nobody is there: applied', policy: 'wait', faults: {} },
  {
    name: '3.2.1 a Designer in the project: not applied, and named',
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
    name: '3.2.3 a list that cannot be read counts as somebody there',
    policy: 'wait',
    faults: UNREADABLE,
    says: /cannot be told who has a Designer open/,
  },
  {
    name: 'a gateway whose state cannot be read is asked for its Designers all the same',
    policy: 'wait',
    faults: { wrongAnswer: 'half', wrongAt: '/StatusPing', ...ann('P') },
    says: /^ann has P open/,
  },
  {
    name: 'a gateway that breaks off whatever it is asked counts as somebody there',
    policy: 'wait',
    faults: { wrongAnswer: 'half', wrongAt: '/' },
    says: /cannot be told who has a Designer open/,
  },
  { name: 'a gateway that waits to be commissioned has nobody: applied', policy: 'wait', faults: { state: 'commissioning', ...ann('P') } },
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

test.each<{ name: string; perspective?: SessionPolicy; faults: Partial<Faults>; files?: Files; says?: RegExp; seen?: string }>([
  { name: 'nobody is there: nothing is said', faults: {} },
  {
    name: 'by default files change, and status says how many sessions of which project were open',
    faults: people('P', 'P', 'Q'),
    seen: '2 Perspective sessions of P open while the files changed',
  },
  { name: 'people in another project: nothing is said', faults: people('Q') },
  { name: 'a change of no project: nothing is said', faults: people('P'), files: { 'config/resources/core/notes/a': '' } },
  {
    name: 'a list that cannot be read is said',
    faults: NO_SESSION_LIST,
    seen: 'Whether Perspective sessions were open cannot be told: /data/perspective/api/v1/sessions/ of the gateway answered text/html instead of JSON',
  },
  {
    name: 'policy wait: not applied, counted and named',
    perspective: 'wait',
    faults: people('P', 'p', 'P'),
    says: /^P is open in 2 Perspective sessions of user0, user2, p is open in 1 Perspective session of user1: nothing was written\. It goes on/,
  },
  { name: 'policy fail: not applied', perspective: 'fail', faults: people('P'), says: /retryGateway/ },
  {
    name: 'a list that cannot be read counts as somebody there',
    perspective: 'wait',
    faults: NO_SESSION_LIST,
    says: /^it cannot be told who has Perspective open/,
  },
  { name: 'a gateway that is starting has nobody', perspective: 'wait', faults: { state: 'starting', ...people('P') } },
])('Perspective: $name', async ({ perspective, faults, files = FILES, says, seen = '' }) => {
  const step = rig.step(NO_MANIFEST, rig.content.add(files), perspective && { perspective });
  await rig.agent.stage(step, doing);
  gateway.set(faults);
  const before = await rig.everything();
  if (says) {
    expect(await rig.agent.apply(step, doing).then(() => undefined, toFault)).toMatchObject({
      reason: 'PerspectiveOpen',
      message: expect.stringMatching(says) as string,
    });
    expect(await rig.everything()).toEqual(before);
    gateway.set({ perspective: [], wrongAnswer: null });
  }
  expect(seenSessions((await rig.agent.apply(step, doing)).sessions)).toBe(seen);
});

test('a Designer under proceed is named in what is said, and both kinds are looked at', async () => {
  const step = rig.step(NO_MANIFEST, rig.content.add(FILES), { designers: 'proceed' } as const);
  gateway.set({ ...ann('P'), ...people('P') });
  await rig.agent.stage(step, doing);
  expect(seenSessions((await rig.agent.apply(step, doing)).sessions)).toBe(
    '1 Designer session of P open while the files changed. 1 Perspective session of P open while the files changed',
  );
});

test('a gateway that is down has nobody', async () => {
  const step = rig.step(NO_MANIFEST, rig.content.add(FILES), { designers: 'wait', perspective: 'wait' } as const);
  await rig.agent.stage(step, doing);
  await gateway.stop();
  expect((await rig.agent.apply(step, doing)).sessions).toBeUndefined();
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

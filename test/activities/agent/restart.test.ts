import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { RestartInput, RestartResult } from '../../../src/contract/gateway-activities.ts';
import { SyncError, toFault } from '../../../src/domain/errors.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const FILES = {
  'config/resources/core/ignition/x/a/config.json': '{}',
  'config/resources/core/ignition/x/a/resource.json': '{"files":["config.json"]}',
};
const ann = { user: 'ann', project: 'P', address: '10.0.0.7' };
const ASK = '/data/api/v1/restart-tasks/restart';

let rig: Rig;
let gateway: GatewaySimulator;
let now = Date.now();
let step: RestartInput;
beforeEach(async () => {
  rig = await Rig.open();
  now = Date.now();
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir, restartMs: { grace: 0, down: 30 } });
  await rig.reopen({
    ignition: () => createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false }),
    clock: { now: () => new Date(now), monotonicMs: () => performance.now() },
  });
});
afterEach(async () => {
  await gateway.stop();
  await rig.close();
});

/** A sync after which the gateway lists `modules` as waiting for a restart; what waited before it is not ours. */
async function changeThatNeedsARestart(): Promise<void> {
  gateway.set({ pendingRestart: ['somebody else'] });
  const target = rig.content.add(FILES);
  await rig.sync(FILES);
  let scanning = true;
  gateway.onScanned(() => {
    if (scanning) gateway.set({ pendingRestart: ['somebody else', 'modules'] });
  });
  const scans = { config: true, projects: false, newProject: false };
  const scanned = await rig.agent.scan(rig.step(NO_MANIFEST, target, { scans }), doing);
  scanning = false;
  expect(scanned).toMatchObject({ outcome: 'AppliedUnverified', restart: ['modules'] });
  step = rig.step(NO_MANIFEST, target, { step: 'ask', timeoutMs: 60_000 } as const);
}

const run = (what: RestartInput['step'], given: Partial<RestartInput> = {}): Promise<RestartResult> =>
  rig.agent.restart({ ...step, step: what, ...given }, doing);
const asked = (): number => gateway.requests.filter(({ method, path }) => method === 'POST' && path === ASK).length;

test('3.1.5 a change that needs a restart: looked at, asked for once, back, and then owed no more', async () => {
  await changeThatNeedsARestart();
  expect(await run('look')).toEqual({ state: 'due' });
  expect(asked()).toBe(0);
  expect(await run('ask')).toEqual({ state: 'asked' });
  await gateway.running();
  now += 30_000;
  expect(await run('settle')).toEqual({ state: 'back' });
  expect([await run('ask'), await run('settle'), asked()]).toEqual([{ state: 'back' }, { state: 'back' }, 1]);
  const target = step.target;
  const none = { config: false, projects: false, newProject: false };
  gateway.set({ pendingRestart: ['somebody else'] });
  expect((await rig.agent.scan(rig.step(NO_MANIFEST, target, { scans: none }), doing)).restart).toBeUndefined();
  expect(await run('look', { op: 'later' })).toEqual({ state: 'nothing' });
});

test('a restart by hand is seen when the gateway is back, and told; what waits because of others is not', async () => {
  const said: (readonly string[] | undefined)[] = [];
  await changeThatNeedsARestart();
  rig.relay.onHello = ({ restartPending }) => said.push(restartPending);
  const { restarts } = rig.agent;
  restarts.reach({ port: gateway.port, tls: false });
  expect(await restarts.look()).toBe(true);
  await rig.agent.hello();
  expect(await restarts.look()).toBe(false);
  gateway.set({ pendingRestart: ['somebody else'], state: 'starting' });
  expect(await restarts.look()).toBe(false);
  gateway.set({ state: 'running' });
  expect(await restarts.look()).toBe(true);
  await rig.agent.hello();
  expect([said, await restarts.look()]).toEqual([[['modules'], []], false]);
});

test.each(['our scan is cut off after the gateway has scanned', 'somebody else scans before us'])(
  'a change that needs a restart is still known for it when %s',
  async (how) => {
    gateway.set({ pendingRestart: ['somebody else'] });
    const target = rig.content.add(FILES);
    await rig.sync(FILES);
    const input = rig.step(NO_MANIFEST, target, { scans: { config: true, projects: false, newProject: false } });
    if (how.startsWith('our')) {
      const dying = new AbortController();
      gateway.onScanned(() => {
        gateway.set({ pendingRestart: ['somebody else', 'modules'] });
        dying.abort(new Error('killed'));
      });
      await expect(rig.agent.scan(input, { ...doing, signal: dying.signal })).rejects.toThrow();
    } else gateway.set({ pendingRestart: ['somebody else', 'modules'] });
    await rig.reopen();
    expect(await rig.agent.scan(input, doing)).toMatchObject({ outcome: 'AppliedUnverified', restart: ['modules'] });
  },
);

test('what waits for a restart because of others is no reason for one', async () => {
  gateway.set({ pendingRestart: ['somebody else'] });
  await rig.sync(FILES);
  const { live } = await rig.agent.inspect();
  step = rig.step(NO_MANIFEST, live, { step: 'ask', timeoutMs: 60_000 } as const);
  expect([await run('look'), await run('ask'), asked()]).toEqual([{ state: 'nothing' }, { state: 'nothing' }, 0]);
});

test.each<{ name: string; faults: Partial<Faults>; says: RegExp }>([
  { name: 'a Designer of any project', faults: { designers: [ann] }, says: /in use: 1 Designer \(ann\)/ },
  { name: 'Perspective sessions', faults: { perspective: [ann, { ...ann, user: 'bob' }] }, says: /2 Perspective sessions \(ann, bob\)/ },
  { name: 'a Vision client', faults: { vision: [ann] }, says: /1 Vision client \(ann\)/ },
  {
    name: 'a list that cannot be read',
    faults: { wrongAnswer: 'html', wrongAt: '/data/perspective/' },
    says: /whoever has a Perspective session open/,
  },
])('nobody is thrown out: $name', async ({ faults, says }) => {
  await changeThatNeedsARestart();
  gateway.set(faults);
  for (const what of ['look', 'ask'] as const) {
    const error: unknown = await run(what).catch((e: unknown) => e);
    expect(error).toMatchObject({ reason: 'GatewayInUse', message: expect.stringMatching(says) as string, retryAfterMs: 60_000 });
  }
  expect(asked()).toBe(0);
  expect(await run('ask', { whenInUse: 'proceed' })).toEqual({ state: 'asked' });
});

test.each<{ name: string; faults: Partial<Faults>; reason: string; says: RegExp }>([
  {
    name: 'stays away',
    faults: { restart: 'stays-down' },
    reason: 'RestartFailed',
    says: /has not come back: it is starting\. .*retryGateway/,
  },
  {
    name: 'never begins',
    faults: { restart: 'ignored' },
    reason: 'RestartFailed',
    says: /still lists modules .* not asked again by itself/,
  },
  {
    name: 'is back and lists the change still',
    faults: { restart: 'keeps-pending' },
    reason: 'RestartFailed',
    says: /still lists modules/,
  },
])('a gateway that $name: waited for in time, then named with the next step, and never asked twice', async ({ faults, reason, says }) => {
  await changeThatNeedsARestart();
  gateway.set(faults);
  await run('ask');
  await gateway.running();
  now += 30_000;
  expect(await run('settle').then(() => undefined, toFault)).toMatchObject({ reason: 'GatewayNotRunning' });
  now += 60_000;
  expect(await run('settle').then(() => undefined, toFault)).toMatchObject({ reason, message: expect.stringMatching(says) as string });
  await run('ask');
  expect(asked()).toBe(1);
  // A person has mended it and asks anew: another operation may ask again where it is still due.
  gateway.set({ restart: 'works', state: 'running' });
  expect(await run('ask', { op: 'retry' })).toEqual({ state: 'asked' });
  expect(asked()).toBe(2);
});

test('a gateway that says no, or that does not let us: nothing is recorded as asked, and the reason is told', async () => {
  await changeThatNeedsARestart();
  gateway.set({ restart: 'refused' });
  expect(await run('ask').then(() => undefined, toFault)).toMatchObject({
    reason: 'RestartFailed',
    message: expect.stringMatching(/says no/) as string,
  });
  gateway.set({ restart: 'works', wrongAnswer: 'redirect', wrongAt: ASK });
  expect(await run('ask').then(() => undefined, toFault)).toMatchObject({ reason: 'GatewayIncompatible' });
  expect(await run('settle')).toEqual({ state: 'nothing' });
  gateway.set({ wrongAnswer: null });
  expect(await run('ask')).toEqual({ state: 'asked' });
});

test('an answer that got lost may have been a yes: the gateway is not asked again', async () => {
  await changeThatNeedsARestart();
  gateway.set({ restart: 'answers-500' });
  expect(await run('ask')).toEqual({ state: 'asked' });
  expect(await run('ask')).toEqual({ state: 'asked' });
  await gateway.running();
  now += 30_000;
  expect([await run('settle'), asked()]).toEqual([{ state: 'back' }, 1]);
});

test('an agent that is killed between asking and hearing asks no second time when it is back', async () => {
  await changeThatNeedsARestart();
  // As it was killed: the gateway was asked, and nobody heard the answer.
  gateway.set({ wrongAnswer: 'silence', wrongAt: ASK });
  const dying = new AbortController();
  const lost = rig.agent.restart(step, { ...doing, signal: dying.signal }).catch(() => 'killed');
  await gateway.asked('POST', ASK);
  dying.abort(new Error('killed'));
  expect(await lost).toBe('killed');
  gateway.set({ wrongAnswer: null });
  await rig.reopen();
  expect([await run('ask'), asked()]).toEqual([{ state: 'asked' }, 1]);
  // Another operation waits for the end of that one instead of asking.
  expect(await run('ask', { op: 'other' }).then(() => undefined, toFault)).toMatchObject({ reason: 'GatewayNotRunning' });
  expect(asked()).toBe(1);
});

test('a gateway whose window has closed by the time it would be asked is not asked, and another window may ask it', async () => {
  await changeThatNeedsARestart();
  const notAfter = now + 1_000;
  now += 1_000;
  expect(await run('ask', { notAfter }).then(() => undefined, toFault)).toMatchObject({
    reason: 'TicketRefused',
    message: expect.stringMatching(/^The window for restarts closed at \d{4}-/) as string,
  });
  expect([asked(), await run('settle')]).toEqual([0, { state: 'nothing' }]);
  expect(await run('ask', { notAfter: notAfter + 1 })).toEqual({ state: 'asked' });
});

test('without a ticket no gateway is restarted, and a step for files that are not live is refused', async () => {
  await changeThatNeedsARestart();
  rig.relay.refusal = new SyncError('Frozen', 'No ticket: stopped.');
  expect(await run('ask').then(() => undefined, toFault)).toMatchObject({ reason: 'Frozen' });
  expect(await run('look', { target: 'f'.repeat(64) }).then(() => undefined, toFault)).toMatchObject({ reason: 'LivePreconditionFailed' });
  expect(asked()).toBe(0);
});

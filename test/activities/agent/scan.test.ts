import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { ScanResult } from '../../../src/contract/gateway-activities.ts';
import { toFault } from '../../../src/domain/errors.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const VIEW = 'projects/P/com.inductiveautomation.perspective/views/a';
const FILES: Files = {
  'projects/P/project.json': '{}',
  [`${VIEW}/resource.json`]: '{"scope":"G","version":1,"files":["view.json"],"attributes":{}}',
  [`${VIEW}/view.json`]: 'v',
  'config/resources/core/ignition/database-connection/g/config.json': '{}',
  'config/resources/core/ignition/database-connection/g/resource.json': '{"scope":"A","version":1,"files":["config.json"],"attributes":{}}',
};

let rig: Rig;
let gateway: GatewaySimulator;
beforeEach(async () => {
  rig = await Rig.open({ scanTimeoutMs: 1000 });
  writeFileSync(join(rig.dataDir, '..', 'key'), 'ci:secret\n');
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir, tokenFile: join(rig.dataDir, '..', 'key'), faults: { scanMs: 5 } });
  await rig.reopen({
    ignition: ({ port, tls }) =>
      createIgnitionClient({ host: '127.0.0.1', port, tls, tokenFile: join(rig.dataDir, '..', 'key'), timeoutMs: 2000 }),
  });
});
afterEach(async () => {
  await gateway.stop();
  await rig.close();
});

async function scan(): Promise<ScanResult> {
  const { live } = await rig.agent.inspect();
  const connection = { port: gateway.port, tls: false };
  return rig.agent.scan({ ...rig.step(live, live, { connection }), scans: { config: false, projects: false, newProject: false } }, doing);
}

function scans(): string[] {
  return gateway.requests
    .filter(({ method, path }) => method === 'POST' && path.includes('/scan/'))
    .map(({ path }) => path.replace('/data/api/v1/scan/', ''));
}

test('1.4.6, 3.1.7, 3.1.8 a new project is scanned twice, after the configuration, and then known as loaded', async () => {
  await rig.sync(FILES);
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
  expect(scans()).toEqual(['config', 'projects', 'projects']);
  expect(gateway.loaded().projects['P']).toMatch(/^[0-9a-f]{64}$/);
});

test('what was scanned is not scanned again, and a change calls for its own scan only', async () => {
  await rig.sync(FILES);
  await scan();
  await scan();
  await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'v2' });
  await scan();
  expect(scans()).toEqual(['config', 'projects', 'projects', 'projects']);
});

test.each(['join', 'queue', 'ignore'] as const)(
  '3.1.1, 3.1.2 a scan of somebody else that began before the files changed proves nothing, where the gateway would %s ours',
  async (scanDuringScan) => {
    await rig.sync(FILES);
    await scan();
    gateway.set({ scanMs: 150, scanReads: 'at its start', scanDuringScan });
    for (const kind of ['config', 'projects'] as const) gateway.gateway.engine.trigger(kind);
    await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'v2' });
    expect(await scan()).toMatchObject({ outcome: 'Loaded' });
  },
);

test('after a restore the gateway is told again', async () => {
  await rig.sync(FILES);
  const { live } = await rig.agent.inspect();
  await scan();
  const { live: next } = await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'broken' });
  await scan();
  const before = gateway.loaded().projects['P'];
  await rig.agent.restore(rig.step(next, live), doing);
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
  expect(gateway.loaded().projects['P']).not.toBe(before);
});

test.each<{ name: string; faults: Partial<Faults>; outcome: Partial<ScanResult> }>([
  {
    name: 'a starting gateway is left alone',
    faults: { state: 'starting' },
    outcome: { outcome: 'AppliedUnverified', message: expect.stringContaining('starting') as string },
  },
  {
    name: '1.4.4, 3.1.11 a scan that is done but not reported is proved by what the gateway serves',
    faults: { scanNotReported: true, newProjectScans: 1 },
    outcome: { outcome: 'Loaded', message: expect.stringContaining('serves what was changed') as string },
  },
  {
    name: 'a scan that is done but not reported, on a gateway that does not show projects, is a doubt and no failure',
    faults: { scanNotReported: true, exportAbsent: true },
    outcome: { outcome: 'AppliedUnverified', message: expect.stringContaining('reports none') as string },
  },
])('$name', async ({ faults, outcome }) => {
  await rig.sync(FILES);
  gateway.set(faults);
  expect(await scan()).toMatchObject(outcome);
});

test.each<{ name: string; faults: Partial<Faults>; reason: string }>([
  { name: 'a scan that never ends', faults: { scanNeverEnds: true }, reason: 'ScanFailed' },
  { name: '1.4.7 a scan that the gateway answers with 500', faults: { scanFails: true }, reason: 'ScanFailed' },
  { name: 'a key that the gateway does not know', faults: { refuseToken: 401 }, reason: 'GatewayAuthFailed' },
  { name: 'a key without the right', faults: { refuseToken: 403 }, reason: 'GatewayAuthFailed' },
  { name: '3.3.1 a gateway that waits for its first-time setup', faults: { state: 'commissioning' }, reason: 'GatewayNotRunning' },
])('$name fails as $reason, and the scans stay owed', async ({ faults, reason }) => {
  await rig.sync(FILES);
  gateway.set(faults);
  await expect(scan()).rejects.toMatchObject({ name: 'SyncError', reason });
  gateway.set({ state: 'running', scanNeverEnds: false, scanFails: false, refuseToken: null });
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
});

const WELL: Partial<Faults> = { state: 'running', delayMs: 0, scanMs: 0, scanNeverEnds: false, wrongAnswer: null, locks: 'offered' };
test.each<{ name: string; faults: Partial<Faults>; during?: () => void; ends: RegExp }>([
  { name: 'never ends its scan', faults: { scanNeverEnds: true }, ends: /^ScanFailed: .*did not end/ },
  { name: 'answers late', faults: { delayMs: 60 }, ends: /^Loaded/ },
  { name: 'answers too late', faults: { delayMs: 2_500 }, ends: /^GatewayNotRunning: .*did not answer within 2000 ms/ },
  { name: 'answers with pages', faults: { wrongAnswer: 'html' }, ends: /^GatewayIncompatible: .*text\/html/ },
  { name: 'answers with a redirect', faults: { wrongAnswer: 'redirect' }, ends: /^GatewayIncompatible: .*redirect/ },
  { name: 'answers with half a body', faults: { wrongAnswer: 'half' }, ends: /^GatewayNotRunning/ },
  { name: 'answers with a gigabyte', faults: { wrongAnswer: 'huge' }, ends: /^GatewayIncompatible: .*more than/ },
  { name: 'says no inside a success', faults: { wrongAnswer: 'successFalse' }, ends: /^ScanFailed: .*the gateway said no/ },
  { name: 'has lost its locks to somebody else', faults: { locks: 'taken' }, ends: /^Loaded/ },
  {
    name: 'restarts in the middle of its scan',
    faults: { scanMs: 100_000 },
    during: () => void gateway.gateway.restart(),
    ends: /^GatewayNotRunning: .*starting/,
  },
])('a gateway that $name ends so: $ends, and all is well when it is well', async ({ faults, during, ends }) => {
  await rig.sync(FILES);
  gateway.set(faults);
  const scanning = scan();
  if (during) {
    await gateway.asked('POST', '/data/api/v1/scan/config');
    during();
  }
  const end = await scanning.then(
    ({ outcome, message }) => `${outcome}: ${message}`,
    (error: unknown) => `${toFault(error).reason}: ${toFault(error).message}`,
  );
  expect(end).toMatch(ends);
  if (during) await gateway.running();
  gateway.set(WELL);
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
});

test.each<{ name: string; faults: Partial<Faults>; reason: string | undefined }>([
  { name: 'a key that the gateway does not know: refused', faults: { refuseToken: 401 }, reason: 'GatewayAuthFailed' },
  { name: 'a key without the right: refused', faults: { refuseToken: 403 }, reason: 'GatewayAuthFailed' },
  { name: 'a gateway that is starting: staged', faults: { state: 'starting', refuseToken: 401 }, reason: undefined },
  { name: 'a gateway that knows the key: staged', faults: {}, reason: undefined },
])('$name, before anything is changed', async ({ faults, reason }) => {
  gateway.set(faults);
  const before = await rig.everything();
  const step = rig.step(NO_MANIFEST, rig.content.add(FILES), { connection: { port: gateway.port, tls: false } });
  const outcome = await rig.agent.stage(step, doing).then(
    () => undefined,
    (error: unknown) => toFault(error).reason,
  );
  expect(outcome).toBe(reason);
  expect(await rig.everything()).toEqual(before);
});

test('a new project that the gateway does not list after its scans was not loaded', async () => {
  await rig.sync(FILES);
  gateway.set({ brokenProjects: ['P'] });
  await expect(scan()).rejects.toMatchObject({ reason: 'ScanFailed', message: expect.stringContaining('does not list P') as string });
});

test('a project that the gateway lists no more after a change was not loaded; one that it never listed is only named', async () => {
  await rig.sync(FILES);
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
  gateway.set({ brokenProjects: ['P'] });
  await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'v2' });
  await expect(scan()).rejects.toMatchObject({ reason: 'ScanFailed', message: expect.stringContaining('does not list P') as string });
  // The gateway has dropped it now; another change of it proves nothing either way.
  await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'v3' });
  expect(await scan()).toMatchObject({
    outcome: 'AppliedUnverified',
    message: expect.stringContaining('does not list P, as before') as string,
  });
});

test('3.1.3 a gateway that does not run is no failure, and is scanned when it is back', async () => {
  await rig.sync(FILES);
  await gateway.stop();
  expect(await scan()).toMatchObject({
    outcome: 'AppliedUnverified',
    message: expect.stringContaining('not running') as string,
    scanMs: 0,
  });
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir });
  expect(await scan()).toMatchObject({ outcome: 'Loaded' });
});

test('a commit of which no gateway knows anything is scanned and said to be unproved', async () => {
  await rig.sync({ 'config/resources/core/notes/README.md': 'for people' });
  expect(await scan()).toMatchObject({
    outcome: 'AppliedUnverified',
    message: expect.stringContaining('nothing of this commit') as string,
  });
  expect(scans()).toEqual(['config']);
});

test('a long scan holds up neither an apply nor a restore', async () => {
  await rig.sync(FILES);
  const { live } = await rig.agent.inspect();
  gateway.set({ scanMs: 100_000 });
  await rig.reopen({ scanTimeoutMs: 60_000 });
  const ended = new AbortController();
  const input = {
    ...rig.step(live, live, { connection: { port: gateway.port, tls: false } }),
    scans: { config: true, projects: true, newProject: false },
  };
  let scanning: Promise<unknown> = Promise.resolve();
  await new Promise<void>((waits) => {
    scanning = rig.agent.scan(input, { signal: ended.signal, onProgress: () => waits() }).catch((error: unknown) => error);
  });
  const { live: next } = await rig.sync({ ...FILES, [`${VIEW}/view.json`]: 'v2' });
  await rig.agent.restore(rig.step(next, live), doing);
  expect(rig.read(`${VIEW}/view.json`)).toBe('v');
  ended.abort();
  expect(await scanning).toMatchObject({ name: 'AbortError' });
});

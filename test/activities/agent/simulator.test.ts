import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { damage, footprint } from '../../support/gateway-simulator/damage.ts';
import { seedDataDirectory } from '../../support/gateway-simulator/seed.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'simulator-')), 'data');
});
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

describe('the damage detector', () => {
  test.each<{ name: string; make: (dir: string) => void; says: string }>([
    { name: 'a changed file', make: (dir) => writeFileSync(join(dir, 'db/config.idb'), 'x'), says: 'db/config.idb was' },
    { name: 'a deleted file', make: (dir) => unlinkSync(join(dir, 'gateway.xml')), says: 'gateway.xml is gone' },
    { name: 'a new file', make: (dir) => writeFileSync(join(dir, 'var/left-over'), ''), says: 'var/left-over appeared' },
    { name: 'a new empty folder', make: (dir) => mkdirSync(join(dir, 'projects/empty')), says: 'projects/empty appeared' },
    { name: 'a changed mode', make: (dir) => chmodSync(join(dir, 'modules.json'), 0o600), says: 'modules.json was' },
    {
      name: 'a link in place of a folder',
      make: (dir) => {
        rmSync(join(dir, 'jar-cache'), { recursive: true });
        symlinkSync('db', join(dir, 'jar-cache'));
      },
      says: 'jar-cache was folder',
    },
  ])('sees $name', async ({ make, says }) => {
    await seedDataDirectory(dataDir);
    const before = await footprint(dataDir);
    make(dataDir);
    expect(damage(before, await footprint(dataDir)).join('\n')).toContain(says);
  });

  test('passes over what is owned and our own folder', async () => {
    await seedDataDirectory(dataDir);
    const owned = ['projects/P/a'];
    const before = await footprint(dataDir, owned);
    mkdirSync(join(dataDir, 'projects/P'));
    mkdirSync(join(dataDir, '.ignition-sync'));
    writeFileSync(join(dataDir, 'projects/P/a'), 'x');
    expect(damage(before, await footprint(dataDir, owned))).toEqual([]);
  });
});

describe('the simulated gateway', () => {
  let gateway: GatewaySimulator;
  beforeEach(async () => {
    gateway = await GatewaySimulator.start({ dataDir, faults: { scanMs: 0 } });
  });
  afterEach(() => gateway.stop());

  const call = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${gateway.port}${path}`, { redirect: 'manual', ...init });
  const set = (faults: unknown): Promise<Response> => call('/simulator/faults', { method: 'POST', body: JSON.stringify(faults) });
  const scan = async (): Promise<void> => {
    const before = (await (await call('/data/api/v1/scan/projects', { method: 'POST' })).json()) as { lastScanTimestamp: number };
    for (;;) {
      const now = (await (await call('/data/api/v1/scan/projects')).json()) as { scanActive: boolean; lastScanTimestamp: number };
      if (!now.scanActive && now.lastScanTimestamp > before.lastScanTimestamp) return;
    }
  };

  test('answers a scan with a receipt that tells of the scan before', async () => {
    await set({ scanNeverEnds: true });
    const status = (await (await call('/data/api/v1/scan/projects')).json()) as { lastScanTimestamp: number };
    const receipt = await call('/data/api/v1/scan/projects', { method: 'POST' });
    expect(receipt.status).toBe(200);
    expect(await receipt.json()).toMatchObject({ scanActive: true, lastScanTimestamp: status.lastScanTimestamp });
  });

  test('registers a new project with one scan and loads it with the next', async () => {
    mkdirSync(join(dataDir, 'projects/P'));
    writeFileSync(join(dataDir, 'projects/P/project.json'), '{"title":"Plant"}');
    await scan();
    expect(gateway.loaded().projects).toEqual({ P: null });
    expect(await (await call('/data/api/v1/projects/list')).json()).toMatchObject({
      items: [{ name: 'P', title: 'Plant' }],
      metadata: { total: 1 },
    });
    await scan();
    expect(gateway.loaded().projects['P']).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    { name: 'running', faults: {}, path: '/StatusPing', status: 200, says: '{"state":"RUNNING"}' },
    { name: 'starting', faults: { state: 'starting' }, path: '/StatusPing', status: 200, says: '{"state":"STARTING"}' },
    { name: 'starting', faults: { state: 'starting' }, path: '/data/api/v1/gateway-info', status: 503, says: 'Error 503' },
    { name: 'commissioning', faults: { state: 'commissioning' }, path: '/StatusPing', status: 200, says: '"details":"COMMISSIONING"' },
    {
      name: 'commissioning',
      faults: { state: 'commissioning' },
      path: '/system/gwinfo',
      status: 200,
      says: 'ContextStatus=NEEDS_COMMISSIONING;',
    },
    { name: 'commissioning', faults: { state: 'commissioning' }, path: '/data/api/v1/scan/config', status: 302, says: '' },
    { name: 'running', faults: {}, path: '/data/api/v1/nothing', status: 404, says: 'No route match for path: /data/api/v1/nothing' },
    { name: 'running', faults: {}, path: '/elsewhere', status: 404, says: '<title>Error 404</title>' },
    { name: 'refusing the key', faults: { refuseToken: 403 }, path: '/data/api/v1/gateway-info', status: 403, says: '<th>MESSAGE:</th>' },
  ])('while $name answers $path with $status', async ({ faults, path, status, says }) => {
    await set(faults);
    const answer = await call(path);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(says);
  });

  test('refuses a switch that it does not have', async () => {
    expect((await set({ explode: true })).status).toBe(422);
  });

  test('tells what it was asked', async () => {
    await call('/StatusPing');
    expect(await (await call('/simulator/state')).json()).toMatchObject({
      requests: [{ method: 'GET', path: '/StatusPing', status: 200 }],
    });
  });
});

test('by itself it prints its port when it answers, and ends when told to', async () => {
  const main = join(import.meta.dirname, '../../support/gateway-simulator/main.ts');
  const child = spawn(process.execPath, [main, '--data', dataDir, '--name', 'line-1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exit = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { port } = JSON.parse(line) as { port: number };
  expect(await (await fetch(`http://127.0.0.1:${port}/system/gwinfo`)).text()).toContain('PlatformName=line-1;');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

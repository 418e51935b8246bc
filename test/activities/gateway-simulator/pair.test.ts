import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayPair } from '../../support/gateway-simulator/pair.ts';
import { seedDataDirectory } from '../../support/gateway-simulator/seed.ts';
import { api, call, scan } from './support/bench.ts';
import { mkdirSync } from 'node:fs';

let dir: string;
let pair: GatewayPair;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pair-'));
  for (const name of ['master', 'backup']) await seedDataDirectory(join(dir, name));
  const one = (name: string) => ({ dataDir: join(dir, name), name: 'line', faults: { scanMs: 0 } });
  pair = await GatewayPair.start({ master: one('master'), backup: one('backup'), bothActiveMs: 60_000 });
});
afterEach(async () => {
  await pair.stop();
  rmSync(dir, { recursive: true });
});

test('3.5.2 core and projects reach the backup after the master has scanned them; external and local do not', async () => {
  mkdirSync(join(dir, 'master/projects/P'));
  writeFileSync(join(dir, 'master/projects/P/project.json'), '{}');
  for (const collection of ['core', 'external', 'local']) writeFileSync(join(dir, `master/config/resources/${collection}/mark`), '');
  await scan(pair.master, 'projects');
  expect(['core', 'external', 'local'].filter((name) => existsSync(join(dir, `backup/config/resources/${name}/mark`)))).toEqual(['core']);
  expect(Object.keys(pair.backup.loaded().projects)).toEqual(['P']);
  expect(pair.backup.damage).toEqual([]);
});

test('3.5.3 after a failover the backup is active, and on the way back both are', async () => {
  const levels = async () => [
    (await api(pair.master, 'redundancy'))['activityLevel'],
    (await api(pair.backup, 'redundancy'))['activityLevel'],
  ];
  const failover = () => call(pair.master, '/data/api/v1/redundancy/gwaction/failover', { method: 'POST' });
  expect(await levels()).toEqual(['Active', 'Cold']);
  await failover();
  expect(await levels()).toEqual(['Warm', 'Active']);
  await failover();
  expect(await levels()).toEqual(['Active', 'Active']);
});

test('3.5.1, 3.5.5 a cold backup says RUNNING, that it may be edited, and no uptime', async () => {
  expect(await (await call(pair.backup, '/StatusPing')).json()).toEqual({ state: 'RUNNING' });
  expect(await api(pair.backup, 'redundancy')).toMatchObject({ role: 'Backup', hasConfigAccess: true, uptime: -1, peerId: 'line-Master' });
  expect(await (await call(pair.backup, '/system/gwinfo')).text()).toContain(
    'RedundancyStatus=Backup;RedundantState=Good;RedundantNodeActiveStatus=Cold;',
  );
});

import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { VolumeReport } from '../../../src/agent/inspection.ts';
import { Rig, stepOf, doing } from './support/rig.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '../../../src/main.ts');
const REVISION = { ref: 'main', commit: 'c'.repeat(40) };

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** What a person sees who types it beside the data directory. */
async function inspect(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = [MAIN, 'inspect', '--data', rig.dataDir, ...args];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return run(process.execPath, command, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: unknown) => {
      const failed = error as { code: number; stdout: string; stderr: string };
      return { code: failed.code, out: failed.stdout, err: failed.stderr };
    },
  );
}

/** Every file of ours and of the gateway, with its time. */
function everyByte(): string[] {
  const entries = readdirSync(rig.dataDir, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));
  return entries.sort().map((path) => {
    const stat = statSync(path);
    return `${path} ${stat.mtimeMs} ${stat.ino} ${stat.isFile() ? readFileSync(path, 'base64') : ''}`;
  });
}

const NEXT = { ref: 'main', commit: 'd'.repeat(40) };

test('it says what is live, what happened and what can be put back, beside an agent that runs, and writes nothing', async () => {
  await rig.sync({ 'projects/P/project.json': '{}', 'projects/P/gone': '1' }, { revision: REVISION });
  await rig.sync({ 'projects/P/project.json': '{"v":2}' }, { revision: NEXT });
  const before = everyByte();
  const { code, out } = await inspect();
  expect(everyByte()).toEqual(before);
  expect(code).toBe(0);
  expect(out).toMatch(/^live {9}main@sha1:d{40}, manifest [0-9a-f]{12}\nsince {8}20.*, by op-2\nfiles {8}1\nowed scans {3}projects\n/);
  expect(out).toContain('drift        none (by size, time and inode; --thorough reads every file)\n');
  expect(out).toMatch(/ apply of main@sha1:d{40}, manifest .*: 0 added, 1 modified, 1 deleted\n.* apply of main@sha1:c{40}, .*: 2 added/);
  expect(out).toMatch(
    /snapshots {4}newest first\n {2}main@sha1:c{40}: 2 paths, 3 bytes, in .*\n {2}what was before the first sync: 2 paths, 0 bytes/,
  );
});

test('a restore is named by the commit that it brought back', async () => {
  await rig.sync({ 'projects/P/a': '1' }, { revision: REVISION });
  const { live } = await rig.agent.inspect();
  await rig.sync({ 'projects/P/a': '2' }, { revision: NEXT });
  await rig.agent.restore(stepOf((await rig.agent.inspect()).live, live, 'back'), doing);
  const { live: told } = JSON.parse((await inspect('--json')).out) as VolumeReport;
  expect(told).toMatchObject({ manifest: live, revision: REVISION, op: 'back', files: 1 });
});

test('drift and names beside ours are listed, and the exit code says that the files are not those of the commit', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_100 }, (_, i) => [`projects/Many/${i}`, '1']));
  await rig.sync({ ...many, 'projects/P/a': 'aaaa', 'projects/P/b': '1' });
  await rig.agent.inspect('fast');
  writeFileSync(join(rig.dataDir, 'projects/P/a'), 'changed');
  rmSync(join(rig.dataDir, 'projects/P/b'));
  await rig.write('projects/P/A', 'theirs');
  const before = everyByte();
  const { code, out } = await inspect();
  expect(everyByte()).toEqual(before);
  expect(code).toBe(1);
  expect(out).toContain('drift        2 files (by size, time and inode; --thorough reads every file)\n');
  expect(out).toContain(
    '\n  changed: projects/P/a\n  deleted: projects/P/b\n  not ours, named like ours: projects/P/A (ours is projects/P/a)\n',
  );
});

test('a change that hides its time is found by --thorough', async () => {
  await rig.reopen({ clock: { now: () => new Date(Date.now() + 3_600_000), monotonicMs: () => performance.now() } });
  await rig.sync({ 'projects/P/a': 'aaaa' });
  const place = join(rig.dataDir, 'projects/P/a');
  utimesSync(place, 1_700_000_000, 1_700_000_000);
  await rig.agent.inspect('fast');
  writeFileSync(place, 'AAAA');
  utimesSync(place, 1_700_000_000, 1_700_000_000);
  expect((await inspect()).code).toBe(0);
  expect(await inspect('--thorough')).toMatchObject({ code: 1, out: expect.stringContaining('  changed: projects/P/a\n') as string });
});

test('a gateway that was never synced, and a folder that is none, are told apart', async () => {
  expect(await inspect()).toMatchObject({ code: 0, out: expect.stringMatching(/^live {9}nothing: /) as string });
  const { code, err } = await inspect('--data', '/nowhere');
  expect(code).toBe(2);
  expect(err).toBe("There is no folder /nowhere: name the gateway's data directory.\n");
});

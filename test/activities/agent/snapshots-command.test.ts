import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { KeptSet } from '../../../src/agent/kept-files.ts';
import { addSnapshots } from '../../../src/cli/commands/snapshots.ts';
import { Rig, doing } from './support/rig.ts';

const REVISION = { ref: 'main', commit: 'c'.repeat(40) };

let rig: Rig;
let outside: string;
beforeEach(async () => {
  rig = await Rig.open();
  outside = `${rig.dataDir}-outside`;
  mkdirSync(outside);
});
afterEach(() => rig.close());

/** The command in this process, which is quicker than one of its own: what it prints and how it ends. */
async function snapshots(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [write, error] = [process.stdout.write.bind(process.stdout), console.error];
  let [out, err] = ['', ''];
  process.stdout.write = (piece: string | Uint8Array) => {
    out += Buffer.from(piece).toString();
    return true;
  };
  console.error = (text: string) => void (err += `${text}\n`);
  try {
    const program = new Command();
    addSnapshots(program);
    await program.parseAsync(['snapshots', '--data', rig.dataDir, ...args], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), out, err };
  } finally {
    process.stdout.write = write;
    console.error = error;
    process.exitCode = undefined;
  }
}

/** Every file on the volume, with its time. */
function everyByte(): string[] {
  const entries = readdirSync(rig.dataDir, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));
  return entries.sort().map((path) => {
    const stat = statSync(path);
    return `${path} ${stat.mtimeMs} ${stat.mode} ${stat.nlink} ${stat.isFile() ? readFileSync(path, 'base64') : ''}`;
  });
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

test('what a sync replaced comes back to a folder outside, with its content and mode, and the volume is only read', async () => {
  await rig.sync({ 'projects/P/a': 'mine', 'projects/P/sub/b': 'also mine', 'projects/Q/c': 'q' }, { revision: REVISION });
  await rig.sync({ 'projects/P/a': 'theirs', 'projects/P/new': 'x' });
  const before = everyByte();
  const [newest] = JSON.parse((await snapshots('--json')).out) as KeptSet[];
  const name = newest!.name;
  expect((await snapshots()).out.split('\n')[0]).toBe(`${name}  main@sha1:${REVISION.commit}, before op-2: 14 bytes`);
  expect((await snapshots(name.slice(0, 8))).out).toBe('projects/P/a\nprojects/P/new  (was not there)\nprojects/P/sub/b\nprojects/Q/c\n');
  const to = join(outside, 'copy/deep');
  expect(await snapshots(name, '--to', to)).toEqual({ code: 0, out: `3 files copied to ${to}\n`, err: '' });
  expect(filesIn(to)).toEqual(['projects/P/a', 'projects/P/sub/b', 'projects/Q/c']);
  expect(readFileSync(join(to, 'projects/P/a'), 'utf8')).toBe('mine');
  const some = join(outside, 'some');
  await snapshots(name, '--path', 'projects/P/sub/', '/projects/Q/c', '--to', some);
  expect(filesIn(some)).toEqual(['projects/P/sub/b', 'projects/Q/c']);
  expect((await snapshots(name, '--path', 'projects/P/a', '--print')).out).toBe('mine');
  expect(everyByte()).toEqual(before);
});

test('what is asked for wrongly is refused in words, and nothing is written', async () => {
  await rig.sync({ 'projects/P/a': '1', 'projects/P/b': '1' });
  await rig.sync({ 'projects/P/a': '2' });
  const [{ name }] = JSON.parse((await snapshots('--json')).out) as [KeptSet];
  symlinkSync(rig.dataDir, join(outside, 'link'));
  writeFileSync(join(outside, 'there'), 'keep me');
  const before = everyByte();
  for (const [args, says] of [
    [[name, '--to', join(rig.dataDir, 'projects/copy')], /lies in the data directory/],
    [[name, '--to', join(outside, 'link/copy')], /lies in the data directory/],
    [[name, '--to', outside], /is not empty/],
    [['nobody'], /^No snapshot here is named nobody: /],
    [[name, '--path', 'projects/X', '--to', join(outside, 'x')], /has nothing at projects\/X/],
    [[name, '--print'], /2 files are meant/],
    [['--to', join(outside, 'x')], /Name a snapshot first/],
    [['--data', '/nowhere'], /There is no folder \/nowhere/],
  ] as const) {
    const { code, err } = await snapshots(...args);
    expect(err).toMatch(says);
    expect(code).toBe(2);
  }
  expect(everyByte()).toEqual(before);
  expect(filesIn(outside).filter((path) => !path.startsWith('link'))).toEqual(['there']);
});

test('a kept file that was edited since is copied and said, one that is gone is said', async () => {
  await rig.sync({ 'projects/P/a': '1', 'projects/P/b': '1', 'projects/P/c': '1' });
  await rig.sync({});
  const [{ name, folder }] = JSON.parse((await snapshots('--json')).out) as [KeptSet];
  writeFileSync(join(rig.dataDir, folder, 'files/0/0'), 'edited');
  renameSync(join(rig.dataDir, folder, 'files/0/1'), join(outside, 'gone'));
  const to = join(outside, 'copy');
  const { code, out, err } = await snapshots(name, '--to', to);
  expect([code, out]).toEqual([1, `2 files copied to ${to}\n`]);
  expect(err).toBe(
    'projects/P/a: copied, but it was edited since it was saved: the gateway had it open under its other name\nprojects/P/b: its kept content is not there any more\n',
  );
});

test('a record that names a place outside is refused', async () => {
  await rig.sync({ 'projects/P/a': '1' });
  await rig.sync({ 'projects/P/a': '2' });
  const [{ name, folder }] = JSON.parse((await snapshots('--json')).out) as [KeptSet];
  const changes = join(rig.dataDir, folder, 'changes');
  writeFileSync(changes, readFileSync(changes, 'utf8').replace('projects/P/a', '../../../a'));
  const { code, err } = await snapshots(name, '--to', join(outside, 'copy'));
  expect(err).toMatch(/names "\.\.\/\.\.\/\.\.\/a", which is no path below the data directory/);
  expect(code).toBe(2);
  expect(existsSync(join(outside, 'copy'))).toBe(false);
});

test('what a person saved while a change was interrupted can be taken out too', async () => {
  const { live } = await rig.sync({ 'projects/P/a': 'first' });
  await rig.reopen({
    onStep: (step) => {
      if (step === 'journal') throw new Error('killed');
    },
  });
  const step = rig.step(live, rig.content.add({ 'projects/P/a': 'second' }));
  await rig.agent.stage(step, doing);
  await expect(rig.agent.apply(step, doing)).rejects.toThrow('killed');
  const journal = join(rig.dataDir, '.ignition-sync', 'journal.json');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('"direction":"forward"', '"direction":"back"'));
  writeFileSync(join(rig.dataDir, 'saved'), 'work');
  renameSync(join(rig.dataDir, 'saved'), join(rig.dataDir, 'projects/P/a'));
  await rig.reopen({ onStep: () => undefined });
  const late = (JSON.parse((await snapshots('--json')).out) as KeptSet[]).find(({ kind }) => kind === 'late');
  expect((await snapshots()).out).toContain(`${late!.name}  what people saved while a change was interrupted\n`);
  expect((await snapshots(late!.name, '--path', 'projects/P/a', '--print')).out).toBe('work');
});

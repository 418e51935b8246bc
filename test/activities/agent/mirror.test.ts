import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mirror } from '../../../src/domain/manifest.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const P: Mirror = { folders: ['projects/P'], spares: [] };
const OURS: Files = { 'projects/P/a': '1', 'projects/P/d/b': '1', 'projects/Q/c': '1' };

test('foreign files and folders in a mirrored folder go, are listed before, and come back with a restore, bit for bit', async () => {
  const first = await rig.sync(OURS);
  await rig.write('projects/P/theirs', 'by hand');
  await rig.write('projects/P/d/deep/er/theirs', 'by hand');
  await rig.write('projects/Q/theirs', 'in a folder that is not mirrored');
  mkdirSync(join(rig.dataDir, 'projects/P/empty/in'), { recursive: true, mode: 0o700 });
  chmodSync(join(rig.dataDir, 'projects/P/theirs'), 0o640);
  utimesSync(join(rig.dataDir, 'projects/P/theirs'), 1_000_000, 1_000_000);
  const before = await rig.everything();
  const outside = before.filter((line) => !line.startsWith('projects/P'));
  const step = rig.step(first.live, rig.content.add(OURS, P));
  const listed = { files: 2, first: ['projects/P/d/deep/er/theirs', 'projects/P/theirs'] };
  const staged = await rig.agent.stage(step, doing);
  expect(staged.foreign?.files).toBe(2);
  expect([...(staged.foreign?.first ?? [])].sort()).toEqual(listed.first);
  expect(await rig.everything()).toEqual(before);
  const result = await rig.agent.apply(step, doing);
  expect(result).toMatchObject({ wrote: true, changes: { added: 0, modified: 0, deleted: 2 }, mirrored: { files: 2 } });
  const after = await rig.everything();
  expect(after.filter((line) => !line.startsWith('projects/P'))).toEqual(outside);
  expect(after.flatMap((line) => /^(projects\/P[^ ]*)/.exec(line)?.[1] ?? [])).toEqual([
    'projects/P',
    'projects/P/a',
    'projects/P/d',
    'projects/P/d/b',
  ]);
  expect(rig.commits().at(-1)).toMatchObject({ taken: { mirrored: { files: 2 } } });
  await rig.agent.restore(rig.step(result.live, first.live), doing);
  expect(await rig.everything()).toEqual(before);
});

test('on a first apply too, and an empty folder alone goes without a file', async () => {
  await rig.write('projects/P/a', '1');
  mkdirSync(join(rig.dataDir, 'projects/P/empty'));
  const before = await rig.everything();
  const result = await rig.sync({ 'projects/P/a': '1' }, { mirror: P });
  expect(result).toMatchObject({ wrote: true, changes: { added: 0, modified: 0, deleted: 0 }, adopted: 1 });
  expect(rig.has('projects/P/empty')).toBe(false);
  await rig.agent.restore(rig.step(result.live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
});

test('what is the gateway’s own, excluded, a link or no ordinary file stays where it is', async () => {
  const mirror: Mirror = {
    folders: ['config/resources/core/ignition/opc-connection/X', 'config/resources/external', 'projects/P'],
    spares: ['**/keep/', '**/*.log'],
  };
  const kept = [
    'projects/P/.resources/index',
    'projects/P/x/.git/HEAD',
    'projects/P/conversion-report.txt',
    'projects/P/keep/mine',
    'projects/P/x/a.log',
    'config/resources/external/config-mode.json',
    'config/resources/external/ignition/system-properties/config.json',
    'config/resources/external/ignition/tag-definition/System/x/tags.json',
  ];
  for (const path of kept) await rig.write(path, 'not ours');
  const dir = (path: string): string => join(rig.dataDir, path);
  mkdirSync(dir('projects/P/keep/empty'));
  symlinkSync('../../db', dir('projects/P/link'));
  symlinkSync('nowhere', dir('projects/P/dangling'));
  execFileSync('mkfifo', [dir('projects/P/x/pipe')]);
  const before = await rig.everything();
  await rig.write('projects/P/x/foreign', 'goes');
  await rig.write('config/resources/external/ignition/theme/t/config.json', 'goes');
  const result = await rig.sync({ 'projects/P/a': '1' }, { mirror });
  expect(result).toMatchObject({ mirrored: { files: 2 } });
  expect((await rig.everything()).filter((line) => !line.startsWith('projects/P/a '))).toEqual(before);
});

test('a name that is not UTF-8 is no name of a plan, so its file stays', async () => {
  await rig.write('projects/P/x/theirs', 'x');
  const place = Buffer.concat([Buffer.from(join(rig.dataDir, 'projects/P/x/')), Buffer.from([0xff])]);
  writeFileSync(place, 'x');
  expect(await rig.sync({ 'projects/P/a': '1' }, { mirror: P })).toMatchObject({ mirrored: { files: 1 } });
  expect(existsSync(place)).toBe(true);
});

test('a mirrored folder that is a link holds the plan, and nothing behind it is looked at', async () => {
  await rig.write('projects/elsewhere/theirs', 'x');
  symlinkSync('elsewhere', join(rig.dataDir, 'projects/L'));
  for (const folder of ['projects/L', 'projects/L/x'])
    await expect(rig.sync({ 'projects/Q/a': '1' }, { mirror: { folders: [folder], spares: [] } })).rejects.toMatchObject({
      reason: 'LinkInTheWay',
      message: expect.stringContaining('projects/L') as string,
    });
  expect(rig.has('projects/elsewhere/theirs')).toBe(true);
});

test('what appears between staging and applying was not listed, so it stays until the next sync', async () => {
  const first = await rig.sync(OURS);
  await rig.write('projects/P/listed', 'x');
  const step = rig.step(first.live, rig.content.add(OURS, P));
  await rig.agent.stage(step, doing);
  await rig.write('projects/P/later/on', 'a Designer saved a new view');
  await rig.reopen();
  expect(await rig.agent.apply(step, doing)).toMatchObject({ mirrored: { files: 1, first: ['projects/P/listed'] } });
  expect(rig.read('projects/P/later/on')).toBe('a Designer saved a new view');
  expect(await rig.sync({ ...OURS, 'projects/P/a': '2' }, { mirror: P })).toMatchObject({ mirrored: { files: 1 } });
  expect(rig.has('projects/P/later')).toBe(false);
});

test('our own file that leaves a mirrored folder is still ours: a change by hand holds, and the rest of the folder stays', async () => {
  const first = await rig.sync(OURS, { mirror: P });
  await rig.write('projects/P/a', 'by hand');
  await rig.write('projects/P/theirs', 'by hand');
  const step = rig.step(first.live, rig.content.add({ 'projects/P/d/b': '1' }, P));
  await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason: 'LocalChange' });
  expect(rig.has('projects/P/theirs')).toBe(true);
});

test('a foreign folder makes room for a file, and a foreign file for a folder', async () => {
  await rig.write('projects/P/becomes-file/theirs', 'x');
  await rig.write('projects/P/becomes-folder', 'x');
  const before = await rig.everything();
  const result = await rig.sync({ 'projects/P/becomes-file': 'f', 'projects/P/becomes-folder/x': 'f' }, { mirror: P });
  expect([rig.read('projects/P/becomes-file'), rig.read('projects/P/becomes-folder/x')]).toEqual(['f', 'f']);
  await rig.agent.restore(rig.step(result.live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
});

test('the same manifest again deletes nothing and looks at nothing', async () => {
  const { live } = await rig.sync(OURS, { mirror: P });
  await rig.write('projects/P/theirs', 'x');
  expect(await rig.agent.apply(rig.step(live, live), doing)).toMatchObject({ wrote: false });
  expect(rig.has('projects/P/theirs')).toBe(true);
});

test('when the mirror goes, what is foreign stays from then on', async () => {
  await rig.sync(OURS, { mirror: P });
  await rig.write('projects/P/theirs', 'x');
  await rig.sync(OURS);
  expect(rig.has('projects/P/theirs')).toBe(true);
});

test.each([
  'projects',
  'config/resources/core',
  'config/resources/core/ignition/user-source',
  'config/resources/local/x',
  'db',
  'projects/../db',
  'projects/P/',
])('a plan that mirrors %s is refused by the agent, whoever made it', async (folder) => {
  await expect(rig.sync(OURS, { mirror: { folders: [folder], spares: [] } })).rejects.toMatchObject({ reason: 'PathNotAllowed' });
  expect(existsSync(join(rig.dataDir, 'projects/P/a'))).toBe(false);
});

describe('a mirror that takes most of a gateway’s files', () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `projects/P/theirs/${i}`);

  test('holds until a person has confirmed it, then goes ahead', async () => {
    const owned = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`projects/P/ours/${i}`, `${i}`]));
    const { live } = await rig.sync(owned);
    for (const path of many(20)) await rig.write(path, path);
    const before = await rig.everything();
    const target = rig.content.add(owned, P);
    const step = rig.step(live, target);
    const held = {
      reason: 'TooManyDeletes',
      message: expect.stringMatching(/^20 of 35 files \(57 %\).*Not ours: projects\/P\/theirs\/\d/) as string,
    };
    await expect(rig.agent.stage(step, doing)).rejects.toMatchObject(held);
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject(held);
    expect(await rig.everything()).toEqual(before);
    const confirmed = { ...step, deletesConfirmed: true };
    await rig.agent.stage(confirmed, doing);
    expect(await rig.agent.apply(confirmed, doing)).toMatchObject({ mirrored: { files: 20 } });
    await rig.agent.restore(rig.step(target, live), doing);
    expect(await rig.everything()).toEqual(before);
  });

  test('holds on a first apply, and not where the same contents only move', async () => {
    for (const path of many(30)) await rig.write(path, path);
    const moved = Object.fromEntries(many(30).map((path) => [path.replace('theirs', 'ours'), path]));
    await expect(rig.sync({ 'projects/P/a': '1' }, { mirror: P })).rejects.toMatchObject({ reason: 'TooManyDeletes' });
    expect(await rig.sync(moved, { mirror: P })).toMatchObject({ mirrored: { files: 30 } });
  });

  test('of a few files holds nothing', async () => {
    for (const path of many(20)) await rig.write(path, path);
    expect(await rig.sync({ 'projects/P/a': '1' }, { mirror: P })).toMatchObject({ mirrored: { files: 20 } });
  });
});

test('a file that takes the place of a listed one at the commit point is not deleted', async () => {
  await rig.write('projects/P/theirs', 'x');
  await rig.reopen({
    onStep: (step) => {
      if (step !== 'permit') return;
      unlinkSync(join(rig.dataDir, 'projects/P/theirs'));
      writeFileSync(join(rig.dataDir, 'projects/P/theirs'), 'saved in this moment');
    },
  });
  await expect(rig.sync({ 'projects/P/a': '1' }, { mirror: P })).rejects.toMatchObject({ reason: 'LocalChange' });
  expect(rig.read('projects/P/theirs')).toBe('saved in this moment');
});

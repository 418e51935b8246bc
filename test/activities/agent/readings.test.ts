import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './support/content.ts';
import { FaultyDisk } from './support/faulty-volume.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const BEFORE: Files = { 'projects/P/keep': '1', 'projects/P/d/x': '1', 'projects/P/e/f/y': '1' };
const AFTER: Files = { 'projects/P/keep': '1' };

test.each<{ name: string; theirs: string[]; stay: string[]; go: string[] }>([
  { name: 'that our deletes leave empty go', theirs: [], stay: [], go: ['projects/P/d', 'projects/P/e'] },
  {
    name: 'of somebody else stay inside ours, with what holds them',
    theirs: ['projects/P/e/theirs'],
    stay: ['projects/P/e/theirs'],
    go: ['projects/P/d', 'projects/P/e/f'],
  },
  {
    name: 'of somebody else stay beside ours',
    theirs: ['projects/P/theirs', 'projects/Q/theirs/in'],
    stay: ['projects/P/theirs', 'projects/Q/theirs/in'],
    go: ['projects/P/d'],
  },
])('empty folders $name, and a restore brings back what there was', async ({ theirs, stay, go }) => {
  for (const path of theirs) mkdirSync(join(rig.dataDir, path), { recursive: true });
  const first = await rig.sync(BEFORE);
  const before = await rig.everything();
  const { live } = await rig.sync(AFTER);
  expect(stay.filter((path) => !rig.has(path))).toEqual([]);
  expect(go.filter((path) => rig.has(path))).toEqual([]);
  await rig.agent.restore(rig.step(live, first.live), doing);
  expect(await rig.everything()).toEqual(before);
});

/** Bits beyond permissions of everything that lies at or below a path. */
function special(path: string): string[] {
  const full = join(rig.dataDir, path);
  const { mode } = lstatSync(full);
  const below = lstatSync(full).isDirectory() ? readdirSync(full).flatMap((name) => special(`${path}/${name}`)) : [];
  return [...((mode & 0o7000) === 0 ? [] : [path]), ...below];
}

test('what is written has no set-user, set-group or sticky bit, whatever the folders above it and the files before it have', async () => {
  await rig.write('projects/old', 'old');
  await rig.write('projects/moves', 'moved');
  for (const path of ['projects/old', 'projects/moves']) chmodSync(join(rig.dataDir, path), 0o6755);
  for (const path of ['.', '.ignition-sync', '.ignition-sync/staging', 'projects']) chmodSync(join(rig.dataDir, path), 0o7775);
  const before = await rig.everything();
  const { live } = await rig.sync({
    'projects/old': 'new',
    'projects/P/d/e/view.json': '{}',
    'projects/P/run.sh': { content: '#!/bin/sh', executable: true },
    'projects/P/moved': 'moved',
  });
  expect(special('projects/P')).toEqual([]);
  expect(special('projects/old')).toEqual([]);
  expect(lstatSync(join(rig.dataDir, 'projects/P/run.sh')).mode & 0o7777).toBe(0o775);
  expect(lstatSync(join(rig.dataDir, 'projects/P/d')).mode & 0o7777).toBe(0o775);
  // What was there before comes back with what it had.
  await rig.agent.restore(rig.step(live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
});

test('a resource that leaves git goes with its manifest although its folder holds a file of somebody else, which stays', async () => {
  const view = 'projects/P/com.inductiveautomation.perspective/views/v';
  await rig.sync({ 'projects/P/keep': '1', [`${view}/view.json`]: '{}', [`${view}/resource.json`]: '{}' });
  await rig.write(`${view}/thumbnail.png`, 'theirs');
  await rig.sync({ 'projects/P/keep': '1' });
  expect(readdirSync(join(rig.dataDir, view))).toEqual(['thumbnail.png']);
});

test('only projects that are new to the gateway are named as new, not all that it has', async () => {
  await rig.write('projects/theirs/project.json', '{}');
  const files: Files = { 'projects/P/project.json': '{}' };
  expect((await rig.sync(files)).scans.newProjects).toEqual(['P']);
  expect((await rig.sync({ ...files, 'projects/Q/project.json': '{}' })).scans.newProjects).toEqual(['P', 'Q']); // P is not scanned yet
});

test('while files change nothing of ours lies outside our folder, not for a moment', async () => {
  const name = `${'n'.repeat(250)}.json`;
  const before: Files = { 'projects/P/a': '1', 'projects/P/gone/b': '1', 'notes.txt': '1' };
  const after: Files = { 'projects/P/a': '2', 'projects/P/new/c': '2', 'notes.txt': '2', [`projects/P/${name}`]: '2' };
  await rig.sync(before);
  const theirs = new Set(filesIn('.').filter((path) => !(path in before)));
  const seen = new Set<string>();
  const strangers = new Set<string>();
  await rig.reopen({
    onStep: (step) => {
      seen.add(step.replace(/ .*/, ''));
      for (const path of filesIn('.')) if (!theirs.has(path) && !(path in before) && !(path in after)) strangers.add(path);
    },
  });
  await rig.sync(after);
  expect([...strangers]).toEqual([]);
  expect(seen).toEqual(new Set([...seen, 'snapshot', 'journal', 'place', 'placeFolder', 'remove', 'durable', 'recorded']));
});

/** All files but those in our folder. */
function filesIn(folder: string): string[] {
  return readdirSync(join(rig.dataDir, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (path === '.ignition-sync') return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

test('content is durable before the journal, the journal before the first rename, and the renames before the record', async () => {
  const { live } = await rig.sync({ 'projects/P/a': '1', 'projects/P/gone/b': '1' });
  const disk = new FaultyDisk();
  await rig.reopen({ volume: disk.open });
  disk.calls.length = 0;
  const target = rig.content.add({ 'projects/P/a': '2', 'projects/P/new/c': '2' });
  await rig.agent.apply(rig.step(live, target), doing);
  const own = '.ignition-sync';
  const tree = `${own}/staging/${target}/tree`;
  const at = (call: string): number => disk.calls.indexOf(call);
  const journal = at(`rename ${own}/journal.json.new → ${own}/journal.json`);
  const renames = disk.calls.flatMap((call, i) => (/^(rename .* → projects|remove projects)/.test(call) ? [i] : []));
  const record = at(`rename ${own}/state.json.new → ${own}/state.json`);
  for (const path of ['projects/P/a', 'projects/P/new/c', 'projects/P/new', 'projects/P']) {
    expect(at(`flush ${tree}/${path}`)).toBeGreaterThanOrEqual(0);
    expect(at(`flush ${tree}/${path}`)).toBeLessThan(journal);
  }
  expect(disk.calls.slice(journal, renames[0])).toContain(`flush ${own}`);
  expect(renames.length).toBe(3);
  expect(disk.calls.slice(renames.at(-1), record)).toContain('flush projects/P');
});

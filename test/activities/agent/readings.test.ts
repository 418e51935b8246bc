import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './support/content.ts';
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

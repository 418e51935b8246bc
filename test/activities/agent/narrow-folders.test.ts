import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mirror } from '../../../src/domain/manifest.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const MIRROR: Mirror = { folders: ['projects/P'], spares: [] };
const NARROW = 'projects/P/narrow';
const INSIDE = `${NARROW}/in`;

let rig: Rig;
let before: string[];
beforeEach(async () => {
  rig = await Rig.open();
  await rig.write('projects/P/theirs', 'x');
  mkdirSync(join(rig.dataDir, INSIDE), { recursive: true });
  chmodSync(join(rig.dataDir, INSIDE), 0o555);
  chmodSync(join(rig.dataDir, NARROW), 0o500);
  before = await rig.everything();
  // Of a folder that nobody may write to a plain user can remove nothing: this one is emptied by somebody who may.
  if (process.getuid?.() !== 0) chmodSync(join(rig.dataDir, NARROW), 0o700);
});
afterEach(async () => {
  for (const path of [NARROW, INSIDE]) if (rig.has(path)) chmodSync(join(rig.dataDir, path), 0o700);
  await rig.close();
});

const modeOf = (path: string): number => lstatSync(join(rig.dataDir, path)).mode & 0o777;

test('folders that take no writes come back with their modes when a sync is put back', async () => {
  const expected = [modeOf(NARROW), 0o555];
  const { live } = await rig.sync({ 'projects/P/a': '1' }, { mirror: MIRROR });
  expect(rig.has(NARROW)).toBe(false);
  await rig.agent.restore(rig.step(live, NO_MANIFEST), doing);
  expect([modeOf(NARROW), modeOf(INSIDE)]).toEqual(expected);
  if (expected[0] === 0o500) expect(await rig.everything()).toEqual(before);
});

test.each(['placeFolder', 'durable'])('also by a restore that was cut off (%s) and is ended by the next start', async (at) => {
  const expected = [modeOf(NARROW), 0o555];
  const { live } = await rig.sync({ 'projects/P/a': '1' }, { mirror: MIRROR });
  const cut = (step: string): void => {
    if (step.startsWith(at)) throw new Error('cut off');
  };
  await rig.reopen({ onStep: cut });
  await rig.agent.restore(rig.step(live, NO_MANIFEST), doing).catch(() => undefined);
  await rig.reopen({ onStep: () => undefined });
  await rig.agent.restore(rig.step(live, NO_MANIFEST), doing);
  expect([modeOf(NARROW), modeOf(INSIDE)]).toEqual(expected);
});

test('and when an apply could not be ended and everything goes back', async () => {
  const expected = [modeOf(NARROW), 0o555];
  await rig.reopen({
    onStep: (step) => {
      if (step === 'durable') throw Object.assign(new Error('EIO: this disk fails'), { code: 'EIO', syscall: 'fsync' });
    },
  });
  await expect(rig.sync({ 'projects/P/a': '1' }, { mirror: MIRROR })).rejects.toMatchObject({ reason: 'VolumeFailed' });
  expect([modeOf(NARROW), modeOf(INSIDE)]).toEqual(expected);
});

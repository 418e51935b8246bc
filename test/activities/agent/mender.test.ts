import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DiskVolume } from '../../../src/agent/disk-volume.ts';
import { Layout } from '../../../src/agent/layout.ts';
import { SYSTEM_CLOCK } from '../../../src/agent/opening.ts';
import { Mender } from '../../../src/agent/startup/mender.ts';
import { Rig, doing } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const snapshots = (): number => readdirSync(join(rig.dataDir, '.ignition-sync/snapshots')).length;

/** The volume is seeded over the last sync while the gateway is down, and that is put right. @returns the paths that were */
async function seededOver(): Promise<readonly string[]> {
  const mended: string[] = [];
  using volume = new DiskVolume(rig.dataDir);
  const mender = new Mender({
    agent: rig.agent,
    layout: new Layout(volume),
    gate: { closed: 'a sync is on its way', found: () => Promise.resolve() },
    clock: SYSTEM_CLOCK,
    onMended: (_, paths) => void mended.push(...paths),
  });
  const look = (): Promise<void> => mender.look('line-1', { port: 1, tls: false }, undefined, doing.signal);
  await look();
  await rig.write('.ignition-seed-complete', '');
  await new Promise((resolve) => setTimeout(resolve, 20)); // file systems' clocks are coarse
  await rig.write('projects/P/a', 'of the chart');
  await look();
  return mended;
}

test.each<{ keeps: string; given: { retainSnapshots: number; retainSnapshotBytes?: number }; stay: number }>([
  { keeps: 'many', given: { retainSnapshots: 9 }, stay: 9 },
  { keeps: 'few', given: { retainSnapshots: 2 }, stay: 2 },
  { keeps: 'few bytes', given: { retainSnapshots: 9, retainSnapshotBytes: 1 }, stay: 1 },
])('what is put right at a start keeps as many snapshots as the gateway shall keep: $keeps', async ({ given, stay }) => {
  for (let commit = 1; commit <= 9; commit += 1) await rig.sync({ 'projects/P/a': `${commit}` }, given);
  expect(await seededOver()).toEqual(['projects/P/a']);
  expect(rig.read('projects/P/a')).toBe('9');
  expect(snapshots()).toBe(stay);
});

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskVolume } from '../../../src/agent/disk-volume.ts';
import { NO_SCANS } from '../../../src/agent/state.ts';
import { Rig, doing } from './support/rig.ts';

/** More than are flushed one by one. */
const MANY = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`projects/P/f${i}`, 'new']));

let rig: Rig;
let bin: string;
const path = process.env['PATH'];
beforeEach(async () => {
  rig = await Rig.open();
  bin = mkdtempSync(join(tmpdir(), 'bin-'));
});
afterEach(async () => {
  process.env['PATH'] = path;
  rmSync(bin, { recursive: true });
  await rig.close();
});

/** The program `sync` of a machine whose disk does not take what was written: it says so once, then all flushes succeed. */
function syncSays(words: string): void {
  writeFileSync(join(bin, 'sync'), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
  chmodSync(join(bin, 'sync'), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
}

test.each([
  { words: "sync: error syncing '/data': No space left on device", reason: 'InsufficientSpace' },
  { words: "sync: error syncing '/data': Disk quota exceeded", reason: 'InsufficientSpace' },
  { words: 'sync: /data: I/O error', reason: 'VolumeFailed' },
])('what the disk says to the flush of everything is not passed over: $words', async ({ words, reason }) => {
  const { live } = await rig.sync({ 'projects/P/f0': 'old' });
  const before = await rig.everything();
  const step = rig.step(live, rig.content.add(MANY));
  syncSays(words);
  await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({ reason });
  expect(await rig.everything()).toEqual(before);
  process.env['PATH'] = path;
  expect(await rig.agent.apply(step, doing)).toMatchObject({ wrote: true });
});

test('where the program does not know how, files are flushed one by one', async () => {
  syncSays("sync: unrecognized option '-f'");
  expect(await rig.sync(MANY)).toMatchObject({ wrote: true });
});

test('a volume that is full when a scan needs room on it is InsufficientSpace', async () => {
  const { live } = await rig.sync(MANY);
  rmSync(join(rig.dataDir, '.ignition-sync/manifests'), { recursive: true });
  await rig.reopen({ volume: (dataDir) => new FullVolume(dataDir) });
  const scan = { ...rig.step('none', live), scans: NO_SCANS };
  await expect(rig.agent.scan(scan, doing)).rejects.toMatchObject({ reason: 'InsufficientSpace' });
});

class FullVolume extends DiskVolume {
  override create(file: string, how: 'new' | 'over' | 'append', mode: number): number {
    if (file.includes('/manifests/')) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'open' });
    return super.create(file, how, mode);
  }
}

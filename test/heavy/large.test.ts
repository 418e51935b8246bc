import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EndlessRelay } from '../activities/agent/support/endless-relay.ts';
import type { LargeOrder, LargeReport } from '../activities/agent/support/large-child.ts';
import { seedDataDirectory } from '../support/gateway-simulator/seed.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, '../activities/agent/support/large-child.ts');
/** Kilobytes that any plan may need, whatever its size; much of it is memory of the network that waits to be collected. */
const MOST = 64_000;

/** Stages and applies it in a process of its own, with the heap of an agent. */
async function memoryOf(relay: EndlessRelay, order: Omit<LargeOrder, 'dataDir' | 'relayUrl'>, below = tmpdir()): Promise<LargeReport> {
  const folder = mkdtempSync(join(below, 'large-'));
  const dataDir = join(folder, 'data');
  try {
    await seedDataDirectory(dataDir);
    const flags = ['--expose-gc', '--max-semi-space-size=1', '--max-old-space-size=64'];
    const { stdout } = await run(process.execPath, [...flags, CHILD, JSON.stringify({ ...order, dataDir, relayUrl: relay.url })], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return JSON.parse(stdout) as LargeReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where several hundred thousand small files cost least: their number is what is tried here, not the disk. */
function manySmallFiles(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize, files, ffree } = statfsSync(memory);
  return bavail * bsize > 6e9 && (files === 0 || ffree > 2e6) ? memory : tmpdir();
}

test('one file of 3 GB is staged and applied with the memory of a small one', async () => {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < 8e9) {
    console.log('one file of 3 GB: did not run, fewer than 8 GB are free in the temporary folder');
    return;
  }
  await using relay = await EndlessRelay.start(3e9);
  const { before, peaks } = await memoryOf(relay, { targets: [relay.manifest(1, 'large')], restore: false });
  console.log(`one file of 3 GB: ${before} kB before, at most ${JSON.stringify(peaks)} kB`);
  expect(Math.max(...Object.values(peaks)) - before).toBeLessThan(MOST);
}, 300_000);

test('200,000 files come, change and are put back in the memory of an agent', async () => {
  await using relay = await EndlessRelay.start(300);
  const targets = [relay.manifest(200_000, 'one'), relay.manifest(200_000, 'two')];
  const { before, peaks } = await memoryOf(relay, { targets, restore: true }, manySmallFiles());
  console.log(`200,000 files: ${before} kB before, at most ${JSON.stringify(peaks)} kB`);
  expect(Math.max(...Object.values(peaks)) - before).toBeLessThan(MOST);
}, 900_000);

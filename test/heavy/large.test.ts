import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { seedDataDirectory } from '../support/gateway-simulator/seed.ts';
import type { LargeOrder } from '../activities/agent/support/large-child.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, '../activities/agent/support/large-child.ts');
const MB = 1_000;

/** Stages and applies it in a process of its own, with the small heap of an agent. All in kilobytes of memory. */
async function memoryOf(order: Omit<LargeOrder, 'dataDir'>): Promise<{ before: number; staged: number; peak: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'large-'));
  const dataDir = join(folder, 'data');
  try {
    await seedDataDirectory(dataDir);
    const flags = ['--expose-gc', '--max-semi-space-size=1', '--max-old-space-size=256'];
    const { stdout } = await run(process.execPath, [...flags, CHILD, JSON.stringify({ ...order, dataDir })], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return JSON.parse(stdout) as { before: number; staged: number; peak: number };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('one file of 3 GB is staged and applied with the memory of a small one', async () => {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < 8e9) {
    console.log('one file of 3 GB: did not run, fewer than 8 GB are free in the temporary folder');
    return;
  }
  const { before, peak } = await memoryOf({ files: 1, bytes: 3e9 });
  console.log(`one file of 3 GB: ${before} kB before, ${peak} kB at most`);
  expect(peak - before).toBeLessThan(40 * MB);
}, 300_000);

test('the first sync of 50,000 files needs at most 4 kB of memory for each', async () => {
  const { before, staged, peak } = await memoryOf({ files: 50_000, bytes: 300 });
  console.log(`50,000 files: ${before} kB before, ${staged} kB staged, ${peak} kB at most`);
  expect((peak - before) / 50_000).toBeLessThan(4);
}, 300_000);

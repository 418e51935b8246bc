import { execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GitClient } from '../../temporal-dev/git-server/control.ts';
import { GitServer } from '../../temporal-dev/git-server/git-server.ts';
import type { SourceOrder } from '../activities/source/support/source-child.ts';

const CHILD = join(import.meta.dirname, '../activities/source/support/source-child.ts');
const MEGABYTE = 1_000_000;
const MAPPED_FILES = 500;
const MAPPED_BYTES = 10_000;
const OTHER_FILES = 100;
const OTHER_BYTES = 20 * MEGABYTE;
/** Of the source and every git that it runs, together. */
const MOST_MEMORY = 200 * 1024 * 1024;
const SAMPLE_MS = 20;

/** Puts 2 GB into one commit as cheaply as git takes them. */
async function commitLarge(folder: string): Promise<void> {
  const config = ['-c', 'core.compression=0', '-c', 'core.bigFileThreshold=1m', '-c', 'pack.compression=0'];
  const child = spawn('git', [...config, 'fast-import', '--quiet'], { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] });
  const say = async (part: string | Buffer): Promise<void> => {
    if (!child.stdin.write(part)) await once(child.stdin, 'drain');
  };
  const file = async (path: string, size: number): Promise<void> => {
    await say(`M 100644 inline ${path}\ndata ${size}\n`);
    await say(randomFillSync(Buffer.allocUnsafe(size)));
    await say('\n');
  };
  await say('commit refs/heads/main\ncommitter Plant <plant@plant.example> 1700000000 +0000\ndata 5\nlarge\n');
  for (let n = 0; n < MAPPED_FILES; n += 1) await file(`ignition/projects/p/${n}`, MAPPED_BYTES);
  for (let n = 0; n < OTHER_FILES; n += 1) await file(`media/${n}`, OTHER_BYTES);
  child.stdin.end();
  await once(child, 'close');
}

/** Bytes of memory that a process and everything it started need now. */
function memoryOf(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    return children.reduce((sum, child) => sum + memoryOf(Number(child)), own);
  } catch {
    return 0; // it has just ended
  }
}

function roomyFolder(): string | undefined {
  return ['/dev/shm', tmpdir()].find((folder) => {
    if (!existsSync(folder)) return false;
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 6e9;
  });
}

test('of a repository of 2 GB with 5 MB mapped little more than those cross the wire, in the memory of a small one', async () => {
  const roomy = roomyFolder();
  if (roomy === undefined) {
    console.log('a repository of 2 GB: did not run, no temporary folder has 6 GB free');
    return;
  }
  const folder = mkdtempSync(join(roomy, 'ignition-sync-large-'));
  const server = new GitServer(folder, { PATH: process.env.PATH, HOME: folder });
  try {
    const client = new GitClient(await server.listen(0));
    const repo = await client.createRepository('plant');
    await commitLarge(client.repositoryPath('plant'));
    const size = Number(execFileSync('du', ['-sk', client.repositoryPath('plant')], { encoding: 'utf8' }).split('\t')[0]) / 1_000;
    const order: SourceOrder = { repo, mappings: [{ source: 'ignition', destination: '.' }] };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
    });
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, memoryOf(child.pid!))), SAMPLE_MS);
    const said = await text(child.stdout);
    clearInterval(sampling);
    const { bytes, fetches } = await client.requests('plant');
    console.log(
      `a repository of ${size.toFixed(0)} MB, 5 MB mapped: ${(bytes / MEGABYTE).toFixed(1)} MB in ${fetches} fetches, at most ${(most / 1024 / 1024).toFixed(0)} MiB`,
    );
    expect(JSON.parse(said)).toMatchObject({ added: MAPPED_FILES });
    expect(bytes).toBeLessThan(1.1 * MAPPED_FILES * MAPPED_BYTES);
    expect(most).toBeLessThan(MOST_MEMORY);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);

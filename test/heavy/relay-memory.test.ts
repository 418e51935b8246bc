import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { SMALL_PROCESS } from '../../src/config/small-process.ts';
import { createManifest, type Digest } from '../../src/domain/manifest.ts';
import { blobKey, ContentStore } from '../../src/source/content-store.ts';
import { sha256 } from '../../src/source/digest.ts';
import { Grants } from '../../src/source/grants.ts';

const CHILD = join(import.meta.dirname, '../activities/relay/support/content-child.ts');
/** The heap that the chart gives the relay. */
const HEAP = ['--max-semi-space-size=1', '--max-old-space-size=256'];
const AGENTS = ['line-1', 'line-2', 'line-3'];
const LARGE = 3 * 2 ** 30;
const FILES = 200_000;
/** Kilobytes of the process with all that it does. */
const MOST = 200 * 1024;
/** How slow a line is read, and for how long, so that the system seems to take nothing for more than half a minute. */
const SLOW = { bytesPerSecond: 20_000, ms: 75_000 };

async function digestOf(stream: AsyncIterable<Buffer>): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece);
  return hash.digest('hex');
}

/** A store that grants every agent one manifest of many files, one of which is large and takes no room on the disk. */
async function fill(folder: string): Promise<{ manifest: Digest; large: Digest }> {
  const file = join(folder, 'large');
  writeFileSync(file, '');
  truncateSync(file, LARGE);
  const large = await digestOf(createReadStream(file, { highWaterMark: 2 ** 20 }));
  const store = await ContentStore.open(join(folder, 'store'));
  const place = join(folder, 'store', blobKey(large));
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, '');
  truncateSync(place, LARGE);
  const files = Array.from({ length: FILES }, (_, n) => ({
    path: `projects/p/com.inductiveautomation.perspective/views/Group ${n % 97}/View ${n}/view.json`,
    sha256: sha256(String(n)),
    size: 300,
    executable: false,
  }));
  const manifest = await store.putManifest(
    createManifest([...files, { path: 'projects/p/large', sha256: large, size: LARGE, executable: false }]),
  );
  for (const agent of AGENTS) await new Grants(store).grantManifest('plant', agent, manifest);
  return { manifest, large };
}

test('a relay sends a file of 3 GB and a manifest of 200,000 files to three agents at once in little memory, and waits for a slow line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-memory-'));
  const { manifest, large } = await fill(folder);
  const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ } = SMALL_PROCESS;
  const child = spawn(process.execPath, [...HEAP, CHILD, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ },
  });
  try {
    const url = String(((await once(child.stdout, 'data')) as [Buffer])[0]).trim();
    const memory = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    const before = memory('VmRSS');
    const ask = async (agent: string, path: string, encoding: string): Promise<IncomingMessage> =>
      await new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${agent}`, 'accept-encoding': encoding };
        get(url + path, { headers, agent: false }, resolve).once('error', reject);
      });

    const slow = await ask('line-1', `/v1/blobs/${large}`, 'identity');
    const began = performance.now();
    let slowly = 0;
    slow.on('error', () => undefined);
    const reading = (async () => {
      while (performance.now() - began < SLOW.ms && !slow.destroyed) {
        await setTimeout(100);
        slow.pause();
        slowly += (slow.read(Math.min(slow.readableLength, SLOW.bytesPerSecond / 10)) as Buffer | null)?.length ?? 0;
      }
    })();

    const got = await Promise.all(
      AGENTS.flatMap((agent, n) =>
        [`/v1/manifests/${manifest}`, `/v1/blobs/${large}`].map(async (path) => {
          const answer = await ask(agent, path, n === 0 ? 'gzip' : 'identity');
          const isPacked = answer.headers['content-encoding'] === 'gzip';
          return await digestOf(isPacked ? answer.pipe(createGunzip()) : answer);
        }),
      ),
    );
    const seconds = (performance.now() - began) / 1_000;
    const most = memory('VmHWM');
    console.log(`3 x 3 GB and 3 x 200,000 files in ${seconds.toFixed(0)} s: ${before} kB before, at most ${most} kB`);
    expect(got).toEqual(AGENTS.flatMap(() => [manifest, large]));
    expect(most).toBeLessThan(MOST);

    await reading;
    console.log(`a slow line took ${slowly} bytes in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    expect(slow.destroyed).toBe(false);
    slow.destroy();
  } finally {
    child.kill();
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);

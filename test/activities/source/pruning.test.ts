import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { PlanInput } from '../../../src/contract/activities.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { GitFixture } from './support/git-fixture.ts';
import { FILES, httpHost } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const DAY_MS = 24 * 60 * 60_000;
const RANDOM_BYTES = 200_000;
const COMMITS = 15;

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

function mirrorsOf(bench: Workbench): string[] {
  const folder = join(bench.folder, 'mirrors');
  return readdirSync(folder).flatMap((name) => (name.endsWith('.git') ? [join(folder, name)] : []));
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function pinsOf(mirror: string): string[] {
  const pins = join(mirror, 'refs', 'pins');
  return existsSync(pins) ? readdirSync(pins) : [];
}

function isSound(mirror: string): boolean {
  execFileSync('git', [`--git-dir=${mirror}`, 'fsck', '--connectivity-only', '--no-dangling'], { stdio: 'pipe' });
  return true;
}

async function planAt(bench: Workbench, url: string, commit: string, rollout = 1, git: object = {}): Promise<PlanInput> {
  const made = { ...(await bench.input({ repo: url, ...git }, [gateway('a')])), commit };
  const input = { ...made, rollout: `rollout/plant/demo/${rollout}` };
  const { source } = await bench.opened;
  await source.fetch(input);
  await source.plan(input);
  return input;
}

test('of many commits with 200 kB each, what only old ones hold is freed; what a plan needs is planned again without the host', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const push = (): string => host.repo.commit({ 'projects/p/large': randomBytes(RANDOM_BYTES) });
  const first = await planAt(bench, host.url, push(), 1);
  const { mirrors, source } = await bench.opened;
  for (let n = 1; n < COMMITS; n += 1) await source.fetch({ ...first, commit: push() });
  const last = await planAt(bench, host.url, push(), 2);
  const [mirror = ''] = mirrorsOf(bench);
  expect(bytesOf(mirror)).toBeGreaterThan(COMMITS * RANDOM_BYTES);
  expect(await mirrors.prune(new Date())).toMatchObject({ droppedCommits: 0 });
  expect(await mirrors.prune(inDays(2))).toMatchObject({ mirrors: 1, droppedCommits: COMMITS - 1, removedMirrors: 0 });
  expect(pinsOf(mirror).toSorted()).toEqual([first.commit, last.commit].toSorted());
  expect(bytesOf(mirror)).toBeLessThan(3 * RANDOM_BYTES);
  expect(isSound(mirror)).toBe(true);
  await host.client.setFault('plant', 'down');
  for (const input of [first, last]) expect(await source.plan(input)).toMatchObject({ changed: 1 });
  await host.client.setFault('plant', undefined);
  const before = await host.client.requests('plant');
  await planAt(
    bench,
    host.url,
    host.repo.commit({ 'projects/p/large': host.repo.show(last.commit, 'projects/p/large'), 'projects/p/f': '1' }),
  );
  const after = await host.client.requests('plant');
  expect({ fetches: after.fetches - before.fetches, little: after.bytes - before.bytes < 5_000 }).toEqual({ fetches: 1, little: true });
});

test('a commit that is used by a new process too stays, and one that was freed is fetched again', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const old = await planAt(bench, host.url, host.repo.commit(FILES));
  await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': '1' }));
  bench.restart();
  const { mirrors, source } = await bench.opened;
  await source.fetch(old);
  expect(await mirrors.prune(inDays(0.9))).toMatchObject({ droppedCommits: 0 });
  expect(await mirrors.prune(inDays(2))).toMatchObject({ droppedCommits: 1 });
  expect(await source.plan(old)).toMatchObject({ changed: 1 });
});

test('the commit of a submodule stays as long as the plan that reads it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await host.client.createRepository('inner');
  const inner = new GitFixture(host.client.repositoryPath('inner')).commit({ 'view.json': '{}' });
  const outer = host.repo.commit({
    ...FILES,
    '.gitmodules': '[submodule "inner"]\n\tpath = projects/p/inner\n\turl = ../inner.git\n',
    'projects/p/inner': { mode: '160000', content: inner },
  });
  await planAt(bench, host.url, outer, 1, { submodules: true });
  const { mirrors } = await bench.opened;
  expect(await mirrors.prune(inDays(30))).toMatchObject({ mirrors: 2, droppedCommits: 0, removedMirrors: 0 });
  expect(mirrorsOf(bench).flatMap(pinsOf).toSorted()).toEqual([inner, outer].toSorted());
});

test('a mirror that no object asks for goes after a week, unless a plan needs it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const input = await planAt(bench, host.url, host.repo.commit(FILES));
  const { mirrors, frozen } = await bench.opened;
  expect(await mirrors.prune(inDays(30))).toMatchObject({ mirrors: 1, removedMirrors: 0 });
  await frozen.drop(input.rollout);
  expect(await mirrors.prune(inDays(6))).toMatchObject({ mirrors: 1, droppedCommits: 1 });
  bench.restart();
  const again = await bench.opened;
  expect(await again.mirrors.prune(inDays(6))).toMatchObject({ mirrors: 1, removedMirrors: 0 });
  expect(await again.mirrors.prune(inDays(8))).toMatchObject({ mirrors: 0, removedMirrors: 1, bytes: 0 });
  expect(mirrorsOf(bench)).toEqual([]);
  expect(await again.source.fetch(input)).toMatchObject({ author: 'Åsa' });
});

test('what is being fetched is not pruned, and a git that is killed while pruning loses nothing', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await planAt(bench, host.url, host.repo.commit(FILES));
  const { mirrors, source } = await bench.opened;
  await host.client.setFault('plant', { delayMs: 500 });
  const commit = host.repo.commit({ ...FILES, 'projects/p/more': '1' });
  const input = { ...(await bench.input({ repo: host.url }, [gateway('a')])), commit };
  const fetching = source.fetch(input);
  await setTimeout(100);
  expect(await mirrors.prune(inDays(2))).toMatchObject({ mirrors: 1, droppedCommits: 0 });
  await fetching;
  await host.client.setFault('plant', undefined);
  for (let delay = 0; delay < 60; delay += 6) {
    await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': `${delay}` }));
    const pruning = mirrors.prune(inDays(2));
    await setTimeout(delay);
    for (const pid of gitsOfOurs()) process.kill(pid, 'SIGKILL');
    await pruning;
  }
  const last = await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': 'last' }));
  await mirrors.prune(inDays(2));
  expect(pinsOf(mirrorsOf(bench)[0]!)).toEqual([last.commit]);
  expect(isSound(mirrorsOf(bench)[0]!)).toBe(true);
});

function gitsOfOurs(): number[] {
  const rows = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return rows.split('\n').flatMap((row) => (/^\s*(\d+) git$/.exec(row) ? [Number.parseInt(row, 10)] : []));
}

test('a fetch that would break the bound frees what nobody needs; where that is not enough it ends with words', async () => {
  using bench = new Workbench();
  bench.mirrorMaxBytes = 10 * RANDOM_BYTES;
  await using host = await httpHost(bench);
  const large = (files: number) =>
    Object.fromEntries(Array.from({ length: files }, (_, n) => [`projects/p/${n}`, randomBytes(RANDOM_BYTES)] as const));
  await host.client.createRepository('other');
  const other = new GitFixture(host.client.repositoryPath('other'));
  const old = await planAt(bench, host.client.url('other'), other.commit(large(12)), 1);
  const small = await planAt(bench, host.url, host.repo.commit(FILES), 2).catch((error: unknown) => error);
  expect(small).toMatchObject({
    reason: 'MirrorFull',
    message: expect.stringMatching(/have 3 MiB of the 2 MiB that MIRROR_MAX_SIZE .* raise it/) as string,
  });
  const { mirrors, frozen } = await bench.opened;
  await frozen.drop(old.rollout);
  execFileSync('touch', [
    '-d',
    '2 hours ago',
    join(
      mirrorsOf(bench).find((mirror) => pinsOf(mirror).includes(old.commit))!,
      'refs',
      'pins',
      old.commit,
    ),
  ]);
  bench.restart();
  await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': '1' }), 3);
  expect((await mirrors.prune(new Date())).bytes).toBeLessThan(RANDOM_BYTES);
  await using slow = await slowFront(host.client.address.httpUrl);
  const huge = host.repo.commit(large(25));
  expect(await failure(planAt(bench, `${slow.url}/plant.git`, huge, 4))).toMatchObject({
    reason: 'MirrorFull',
    message: expect.stringContaining(parseRemote(`${slow.url}/plant.git`).url) as string,
  });
  expect((await mirrors.prune(new Date())).bytes).toBeLessThan(RANDOM_BYTES);
  expect(await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': '2' }), 5)).toBeDefined();
});

/** The host behind a thin line. */
async function slowFront(to: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const { method, headers } = request;
    const onward = forward(`${to}${request.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      void (async () => {
        for await (const chunk of answer) {
          if (response.destroyed) break;
          response.write(chunk);
          await setTimeout(50);
        }
        response.end();
      })().catch(() => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

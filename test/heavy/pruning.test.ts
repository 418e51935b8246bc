import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseRemote } from '../../src/clients/git/remote.ts';
import { GitFixture } from '../activities/source/support/git-fixture.ts';
import { FILES, httpHost } from '../activities/source/support/hosts.ts';
import { bytesOf, inDays, isSound, mirrorsOf, pinsOf, planAt } from '../activities/source/support/mirrors.ts';
import { failure, gateway, Workbench } from '../activities/source/support/workbench.ts';

const RANDOM_BYTES = 200_000;
const COMMITS = 15;

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

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { GitFixture } from './support/git-fixture.ts';
import { handOn, httpHost } from './support/hosts.ts';
import { killGit } from './support/kill-git.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const AREA = [{ source: 'area-1', destination: 'projects/p' }];
const HALF_MEGABYTE = 500_000;

/** A commit of which area-1 is a small part: other areas, and a large file that nobody maps. */
function commitAreas(repo: GitFixture, change = ''): string {
  const areas = [1, 2, 3, 4].flatMap((area) =>
    Array.from({ length: 15 }, (_, n): [string, string] => [
      `area-${area}/view-${n}/view.json`,
      `{"area":${area},"n":${n},"change":"${area === 1 ? change : ''}"}`,
    ]),
  );
  return repo.commit({ ...Object.fromEntries(areas), 'media/film.mp4': FILM });
}
const FILM = randomBytes(HALF_MEGABYTE);

/** What the mirror holds of files, by git ids. */
function blobsIn(bench: Workbench): Set<string> {
  const folder = join(bench.folder, 'mirrors');
  const mirror = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.git'))!,
  );
  const rows = execFileSync('git', [`--git-dir=${mirror}`, 'cat-file', '--batch-all-objects', '--batch-check'], { encoding: 'utf8' });
  return new Set(rows.split('\n').flatMap((row) => (row.includes(' blob ') ? [row.split(' ')[0]!] : [])));
}

test('of a large repository only what is mapped is fetched, in one call, and planning asks the host for nothing more', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = commitAreas(host.repo);
  const input = { ...(await bench.input({ repo: host.url }, [gateway('a', AREA)])), commit };
  const { source } = await bench.opened;
  await source.fetch(input);
  const { bytes, fetches } = await host.client.requests('plant');
  expect({ bytes: bytes < 20_000, fetches }).toEqual({ bytes: true, fetches: 2 });
  expect(blobsIn(bench).size).toBe(15);
  await host.client.setFault('plant', 'down');
  const { files } = await bench.planned(await source.plan(input), 'a');
  expect(String(files['projects/p/view-7/view.json'])).toBe('{"area":1,"n":7,"change":""}');
});

test('a push is fetched as far as it changes what is mapped', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const input = await bench.input({ repo: host.url }, [gateway('a', AREA)]);
  const { source } = await bench.opened;
  await source.fetch({ ...input, commit: commitAreas(host.repo) });
  const first = await host.client.requests('plant');
  await source.fetch({
    ...input,
    commit: host.repo.commit({ 'area-1/view-0/view.json': 'mapped', 'media/film.mp4': randomBytes(HALF_MEGABYTE) }),
  });
  const second = await host.client.requests('plant');
  expect({ fetches: second.fetches - first.fetches, bytes: second.bytes - first.bytes < 5_000 }).toEqual({ fetches: 2, bytes: true });
  await source.fetch({ ...input, commit: host.repo.commit({ 'area-1/view-0/view.json': 'mapped', 'media/film.mp4': 'cut' }) });
  expect((await host.client.requests('plant')).fetches - second.fetches).toBe(1);
});

test('where nearly every file is mapped a push is one fetch, also after a push that changed a large file that is not', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const views = (text: string) => Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`projects/p/${n}`, `view ${n} ${text}`]));
  const film = (byte: string) => Buffer.concat([FILM, Buffer.from(byte)]);
  const input = await bench.input({ repo: host.url }, [gateway('a', [{ source: 'projects', destination: 'projects' }])]);
  const { source } = await bench.opened;
  const fetchesOf = async (files: Record<string, string | Buffer>): Promise<number> => {
    const { fetches } = await host.client.requests('plant');
    const commit = host.repo.commit(files);
    await source.fetch({ ...input, commit });
    const { files: planned } = await bench.planned(await source.plan({ ...input, commit }), 'a');
    expect(String(planned['projects/p/3'])).toBe(String(files['projects/p/3']));
    return (await host.client.requests('plant')).fetches - fetches;
  };
  expect(await fetchesOf({ ...views(''), 'media/film.mp4': film('') })).toBe(2);
  expect(await fetchesOf({ ...views('x'), 'media/film.mp4': film('') })).toBe(1);
  expect(await fetchesOf({ ...views('y'), 'media/film.mp4': film('2'), 'README.md': 'more' })).toBe(1);
  expect(await fetchesOf({ ...views('y'), 'media/film.mp4': film('2'), 'README.md': 'more and more' })).toBe(1);
  expect(await fetchesOf({ ...views('z'), 'media/film.mp4': film('2'), 'projects/p/large': FILM.subarray(1) })).toBe(2);
  expect(await fetchesOf({ ...views('z'), 'media/film.mp4': 'now a small one' })).toBeLessThanOrEqual(2);
});

test('a profile that maps more has the rest fetched, and no more than that', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = commitAreas(host.repo);
  const { source } = await bench.opened;
  await source.fetch({ ...(await bench.input({ repo: host.url }, [gateway('a', AREA)])), commit });
  bench.restart();
  const more = {
    ...(await bench.input({ repo: host.url }, [gateway('a', [...AREA, { source: 'area-2', destination: 'projects/q' }])])),
    commit,
  };
  const again = (await bench.opened).source;
  await again.fetch(more);
  expect(await again.plan(more)).toMatchObject({ changed: 1 });
  expect(blobsIn(bench).size).toBe(30);
});

test('objects that map other parts of one repository have them fetched together', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = commitAreas(host.repo);
  const { source } = await bench.opened;
  const inputs = await Promise.all(
    [1, 2, 3, 4].map((area) => bench.input({ repo: host.url }, [gateway('a', [{ source: `area-${area}`, destination: 'projects/p' }])])),
  );
  await Promise.all(inputs.map((input) => source.fetch({ ...input, commit })));
  expect(blobsIn(bench).size).toBe(60);
  expect((await host.client.requests('plant')).fetches).toBeLessThanOrEqual(3);
});

test.each([
  { fault: 429, reason: 'RateLimited' },
  { fault: 401, reason: 'AuthenticationFailed' },
  { fault: 503, reason: 'HostUnreachable' },
  { fault: { cutAfter: 900 }, reason: 'HostUnreachable' },
] as const)(
  'a host that fails with $fault between listing and files is $reason, and only the files are fetched again',
  async ({ fault, reason }) => {
    using bench = new Workbench();
    await using host = await httpHost(bench);
    const commit = commitAreas(host.repo);
    const input = await bench.input({ repo: host.url }, [gateway('a', AREA)]);
    const more = await bench.input({ repo: host.url }, [gateway('a', [{ source: 'media', destination: 'projects/p' }])]);
    const { source } = await bench.opened;
    await source.fetch({ ...input, commit });
    await host.client.setFault('plant', fault);
    expect(await failure(source.fetch({ ...more, commit }))).toMatchObject({ reason });
    await host.client.setFault('plant', undefined);
    const before = await host.client.requests('plant');
    await source.fetch({ ...more, commit });
    expect((await host.client.requests('plant')).fetches - before.fetches).toBe(1);
    expect(await source.plan({ ...more, commit })).toMatchObject({ changed: 1 });
  },
);

test.each([
  { times: 'once: it is begun anew at once', kills: 1, fails: [] },
  { times: 'and once more: the attempt fails and', kills: 2, fails: ['GitFailed'] },
])('git that is killed while it fetches files $times the next has again only what is mapped', async ({ kills, fails }) => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const input = await bench.input({ repo: host.url }, [gateway('a', AREA)]);
  const { source } = await bench.opened;
  const commit = commitAreas(host.repo);
  await host.client.setFault('plant', { delayMs: 300 });
  const first = failure(source.fetch({ ...input, commit })).then(
    ({ reason }) => [reason],
    () => [],
  );
  let killed = 0;
  while ((killed += killGit('--stdin')) < kills) await setTimeout(10);
  expect(await first).toEqual(fails);
  await host.client.setFault('plant', undefined);
  for (const change of ['', 'two']) await source.fetch({ ...input, commit: commitAreas(host.repo, change) });
  expect(blobsIn(bench).size).toBe(30);
  expect((await host.client.requests('plant')).bytes).toBeLessThan(HALF_MEGABYTE);
});

test('files that the host has lost since are missed with words, and nothing is planned', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = commitAreas(host.repo);
  const { source } = await bench.opened;
  await source.fetch({ ...(await bench.input({ repo: host.url }, [gateway('a', AREA)])), commit });
  host.repo.git('update-ref', '-d', 'refs/heads/main');
  host.repo.commit({ 'area-1/rewritten': '1' });
  host.repo.git('reflog', 'expire', '--expire=now', '--all');
  host.repo.git('gc', '--quiet', '--prune=now');
  const more = { ...(await bench.input({ repo: host.url }, [gateway('a', [{ source: 'area-2', destination: 'projects/q' }])])), commit };
  expect(await failure(source.fetch(more))).toMatchObject({ reason: 'RefNotFound', message: expect.stringContaining(commit) as string });
});

test.each([
  { name: 'that knows no filters', config: [['uploadpack.allowFilter', 'false']], oddity: undefined },
  { name: 'that is old and knows no filters', config: [['uploadpack.allowFilter', 'false']], oddity: 'old' },
  { name: 'that filters but gives no file by its id', config: [], oddity: 'no files' },
  { name: 'that filters but gives commits by name only', config: [['uploadpack.allowReachableSHA1InWant', 'false']], oddity: 'old' },
] as const)('a host $name has what is mapped planned all the same', async ({ config, oddity }) => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  for (const [key, value] of config) host.repo.git('config', key, value);
  await using front = await odd(oddity, host);
  const input = await bench.input({ repo: `${front.url}/plant.git` }, [gateway('a', AREA)]);
  const { source } = await bench.opened;
  for (const change of ['one', 'two', 'three']) {
    const commit = commitAreas(host.repo, change);
    await source.fetch({ ...input, commit });
    const { files } = await bench.planned(await source.plan({ ...input, commit }), 'a');
    expect(String(files['projects/p/view-0/view.json'])).toContain(change);
  }
  const { bytes } = await host.client.requests('plant');
  expect(bytes).toBeLessThan(1.5 * HALF_MEGABYTE);
});

/** The host as a git that speaks no newer version of the protocol, or as one that takes only commits for what can be asked for. */
async function odd(
  how: 'old' | 'no files' | undefined,
  { client, repo }: { client: { address: { httpUrl: string } }; repo: GitFixture },
): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const to = `${client.address.httpUrl}${request.url}`;
    if (how === 'old') delete request.headers['git-protocol'];
    if (how !== 'no files' || request.method !== 'POST') {
      handOn(to, request, response);
      return;
    }
    void buffer(request).then((sent) => {
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      const want = /want ([0-9a-f]{40})/.exec(body.toString('latin1'))?.[1];
      if (want === undefined || repo.git('cat-file', '-t', want) === 'commit') {
        handOn(to, request, response, Readable.from([sent]));
        return;
      }
      const words = `ERR upload-pack: not our ref ${want}`;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.end(`${(words.length + 4).toString(16).padStart(4, '0')}${words}`);
    });
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

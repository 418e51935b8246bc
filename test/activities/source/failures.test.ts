import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { scrub } from '../../../src/clients/git/credentials.ts';
import { FILES, httpHost } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';
import type { GitFault } from '../../../temporal-dev/git-server/faults.ts';

const inAnHour = new Date(Date.now() + 60 * 60_000).toUTCString();

test.each<{ what: string; fault: GitFault; reason: string; wait?: [number, number] }>([
  { what: 'resets the connection', fault: 'down', reason: 'HostUnreachable' },
  { what: 'wants a login', fault: 401, reason: 'AuthenticationFailed' },
  { what: 'forbids', fault: 403, reason: 'AuthenticationFailed' },
  { what: 'does not know the repository', fault: 404, reason: 'RepositoryNotFound' },
  { what: 'was asked too often', fault: 429, reason: 'RateLimited' },
  {
    what: 'says when to come back',
    fault: { status: 429, headers: { 'retry-after': '17' } },
    reason: 'RateLimited',
    wait: [17_000, 17_000],
  },
  {
    what: 'says until when, more than an hour ahead',
    fault: { status: 429, headers: { 'retry-after': new Date(Date.now() + 5 * 60 * 60_000).toUTCString() } },
    reason: 'RateLimited',
    wait: [60 * 60_000, 60 * 60_000],
  },
  {
    what: 'says until when',
    fault: { status: 429, headers: { 'retry-after': inAnHour } },
    reason: 'RateLimited',
    wait: [50 * 60_000, 60 * 60_000],
  },
  {
    what: 'has no requests left, as GitHub says it',
    fault: {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 600) },
    },
    reason: 'RateLimited',
    wait: [500_000, 600_000],
  },
  {
    what: 'is under maintenance until then',
    fault: { status: 503, headers: { 'retry-after': '120' } },
    reason: 'RateLimited',
    wait: [120_000, 120_000],
  },
  { what: 'has a fault of its own', fault: 500, reason: 'HostUnreachable' },
  { what: 'stands behind a gateway that fails', fault: 502, reason: 'HostUnreachable' },
  { what: 'shows a sign-in page', fault: 'page', reason: 'RepositoryNotFound' },
  { what: 'leads nowhere', fault: { redirectTo: 'http://127.0.0.1:1/plant.git' }, reason: 'HostUnreachable' },
  { what: 'leads to a file', fault: { redirectTo: 'file:///etc/passwd' }, reason: 'HostUnreachable' },
  { what: 'is cut off in the first words', fault: { cutAfter: 20 }, reason: 'HostUnreachable' },
])('a host that $what is $reason, and is asked again as soon as it answers', async ({ fault, reason, wait }) => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  const { source } = await bench.opened;
  const input = { ...(await bench.input({ repo: host.url }, [gateway('a')])), commit };
  await host.client.setFault('plant', fault);
  const refused = await source.resolveRevision(input).catch((error: unknown) => error as { reason: string; retryAfterMs?: number });
  expect(refused).toMatchObject({ reason });
  const { retryAfterMs } = refused as { retryAfterMs?: number };
  if (!wait) expect(retryAfterMs).toBeUndefined();
  else {
    expect(retryAfterMs).toBeGreaterThanOrEqual(wait[0]);
    expect(retryAfterMs).toBeLessThanOrEqual(wait[1]);
  }
  await host.client.setFault('plant', undefined);
  bench.restart();
  expect(await (await bench.opened).source.resolveRevision(input)).toEqual({ ref: 'main', commit });
});

test('a fetch that is cut in the middle is HostUnreachable, and the next one brings everything', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit({
    ...FILES,
    'projects/p/large': Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 251)),
  });
  const { source } = await bench.opened;
  const input = { ...(await bench.input({ repo: host.url }, [gateway('a')])), commit };
  for (const cutAfter of [200, 500, 700]) {
    await host.client.setFault('plant', { cutAfter });
    expect(await failure(source.fetch(input))).toMatchObject({ reason: 'HostUnreachable' });
  }
  await host.client.setFault('plant', undefined);
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
  const { files } = await bench.planned(await source.plan(input), 'a');
  expect(files['projects/p/large']).toHaveLength(300_000);
});

test('a slow host is waited for, and a renamed repository is followed', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  const { source } = await bench.opened;
  await host.client.setFault('plant', { delayMs: 300 });
  await host.client.createRepository('old');
  await host.client.setFault('old', { redirectTo: host.url });
  const input = { ...(await bench.input({ repo: host.client.url('old') }, [gateway('a')])), commit };
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit });
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
});

test('a host that says aloud what it was shown has that taken out of its words', async () => {
  using bench = new Workbench();
  const server = createServer((request, response) => {
    const shown = request.headers.authorization ?? '';
    const login = Buffer.from(shown.replace('Basic ', ''), 'base64').toString();
    response.writeHead(shown === '' ? 401 : 403, { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' });
    response.end(`Not let in: ${login}, ${shown.slice(6)}\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    bench.secrets.set('plant/git/token', 'p@ss/word\n');
    const repo = `http://127.0.0.1:${(server.address() as AddressInfo).port}/plant.git`;
    const input = await bench.input({ repo, auth: { token: { secretRef: { name: 'git', key: 'token' } } } });
    const { reason, message } = await failure((await bench.opened).source.resolveRevision(input));
    expect(reason).toBe('AuthenticationFailed');
    expect(message).toContain('Not let in: git:***, ***');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  ['as it is', 'token s3cret/word', 'token ***'],
  ['as in a URL', 'https://git:s3cret%2Fword@host/a and s3cret%2Fword', 'https://***@host/a and ***'],
  ['as in a header', `Basic ${Buffer.from('git:s3cret/word').toString('base64')}`, 'Basic ***'],
  ['as somebody else shows his', 'Authorization: Bearer abcdefgh.ijkl', 'Authorization: Bearer ***'],
])('a token that is shown %s is taken out', (_, text, clean) => {
  expect(scrub(text, { kind: 'token', username: 'git', token: 's3cret/word\n' })).toBe(clean);
});

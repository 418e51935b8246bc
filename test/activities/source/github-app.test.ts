import { GitHubApi } from './support/github-api.ts';
import { FILES, httpHost } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

/** A repository that only tokens of an installation open, and GitHub's API that makes them. */
async function setUp(bench: Workbench) {
  const host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  const api = new GitHubApi();
  const apiUrl = await api.listen();
  bench.secrets.set('plant/app/key', api.privateKey);
  const app = { appId: api.appId, installationId: api.installationId, secretRef: { name: 'app', key: 'key' }, apiUrl };
  const open = (token: string): Promise<void> => host.client.setCredentials('plant', { username: 'x-access-token', password: token });
  await open('ghs_0_made');
  const input = async (change: object = {}) => ({
    ...(await bench.input({ repo: host.url, auth: { githubApp: { ...app, ...change } } }, [gateway('a')])),
    commit,
  });
  const { source } = await bench.opened;
  return {
    api,
    open,
    input,
    commit,
    source,
    resolve: async (change: object = {}) => (await source.resolveRevision(await input(change))).commit,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

test('one token is made for everything that happens in its hour, however many ask at once', async () => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  const input = await github.input();
  const found = await Promise.all(Array.from({ length: 10 }, () => github.source.resolveRevision(input)));
  expect(new Set(found.map(({ commit }) => commit))).toEqual(new Set([github.commit]));
  expect(await github.source.fetch(input)).toMatchObject({ author: 'Åsa' });
  expect(await github.source.plan(input)).toMatchObject({ changed: 1 });
  expect(github.api.asked).toEqual(['POST /api/v3/app/installations/42/access_tokens']);
});

test('a token that is about to expire is replaced before it does, also when the clocks differ', async () => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  github.api.clockMs = -20_000;
  github.api.lifetimeMs = 11 * 60_000;
  expect(await github.resolve()).toBe(github.commit);
  await github.open('ghs_1_made');
  github.api.lifetimeMs = 30 * 60_000;
  expect(await github.resolve()).toBe(github.commit);
  expect(await github.resolve()).toBe(github.commit);
  expect(github.api.tokens).toHaveLength(2);
});

test('a token that was revoked is replaced at the next attempt', async () => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  expect(await github.resolve()).toBe(github.commit);
  await github.open('ghs_1_made');
  expect(await failure(github.resolve())).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(await github.resolve()).toBe(github.commit);
});

test('a new private key counts at the next attempt', async () => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  github.api.rotateKey();
  expect(await failure(github.resolve())).toMatchObject({
    reason: 'AuthenticationFailed',
    message: expect.stringContaining('could not be decoded') as string,
  });
  bench.secrets.set('plant/app/key', github.api.privateKey);
  expect(await github.resolve()).toBe(github.commit);
});

test.each([
  { what: 'ahead of', clockMs: -5 * 60_000, seconds: /clock of the source is (299|300|301) s ahead of that of 127\.0\.0\.1/ },
  { what: 'behind', clockMs: 15 * 60_000, seconds: /clock of the source is (899|900|901) s behind that of 127\.0\.0\.1/ },
])('a clock that is $what that of GitHub is named', async ({ clockMs, seconds }) => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  github.api.clockMs = clockMs;
  expect(await failure(github.resolve())).toEqual({ reason: 'AuthenticationFailed', message: expect.stringMatching(seconds) as string });
});

test.each([
  { what: 'another app', change: { appId: 8 }, reason: 'AuthenticationFailed', says: /Integration not found/ },
  { what: 'no such installation', change: { installationId: 1 }, reason: 'AuthenticationFailed', says: /no such installation/ },
  {
    what: 'an address that is not GitHub',
    change: { apiUrl: 'http://127.0.0.1:1/api/v3' },
    reason: 'HostUnreachable',
    says: /does not answer/,
  },
  { what: 'plain http', change: { apiUrl: 'http://github.example/api/v3' }, reason: 'InvalidSpec', says: /https:/ },
])('$what is $reason', async ({ change, reason, says }) => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  expect(await failure(github.resolve(change))).toEqual({ reason, message: expect.stringMatching(says) as string });
});

test.each<{ fault: GitHubApi['fault'] & object; reason: string; retryAfterMs: number | undefined }>([
  { fault: { status: 429, headers: { 'retry-after': '30' } }, reason: 'RateLimited', retryAfterMs: 30_000 },
  { fault: { status: 403, headers: { 'retry-after': '60' } }, reason: 'RateLimited', retryAfterMs: 60_000 },
  { fault: { status: 403 }, reason: 'AuthenticationFailed', retryAfterMs: undefined },
  { fault: { status: 502, body: 'oops' }, reason: 'HostUnreachable', retryAfterMs: undefined },
  { fault: { status: 201, body: '<html>' }, reason: 'HostUnreachable', retryAfterMs: undefined },
  { fault: { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, reason: 'AuthenticationFailed', retryAfterMs: undefined },
])('an API that answers $fault is $reason, and heals by itself', async ({ fault, reason, retryAfterMs }) => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  github.api.fault = fault;
  await expect(github.resolve()).rejects.toMatchObject({ reason, retryAfterMs });
  github.api.fault = undefined;
  expect(await github.resolve()).toBe(github.commit);
});

test('a Secret that holds no private key is named', async () => {
  using bench = new Workbench();
  await using github = await setUp(bench);
  bench.secrets.set('plant/app/key', 'not a key');
  expect(await failure(github.resolve())).toMatchObject({
    reason: 'AuthenticationFailed',
    message: expect.stringContaining('no private key in PEM') as string,
  });
});

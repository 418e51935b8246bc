import { FILES, httpHost } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const auth = { token: { secretRef: { name: 'git', key: 'token' } } };

/** Inputs of so many objects on one repository. */
async function objects(bench: Workbench, url: string, count: number, git: object = {}) {
  const input = await bench.input({ repo: url, ...git }, [gateway('a')]);
  return Array.from({ length: count }, (_, n) => ({ ...input, object: { ...input.object, name: `demo-${n}`, uid: `uid-${n}` } }));
}

test('one push is asked for once and fetched once, for 100 objects that are told at once and over two restarts of the source', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  const inputs = await objects(bench, host.url, 100);
  const all = async (): Promise<string> => {
    const { source } = await bench.opened;
    const found = await Promise.all(
      inputs.map(async (input) => {
        const { commit } = await source.resolveRevision(input);
        await source.fetch({ ...input, commit });
        return commit;
      }),
    );
    expect(new Set(found).size).toBe(1);
    return found[0]!;
  };
  await all();
  const before = await host.client.requests('plant');
  const commit = host.repo.commit({ ...FILES, 'projects/p/more': '1' });
  expect(await all()).toBe(commit);
  const after = await host.client.requests('plant');
  expect({ fetches: after.fetches - before.fetches, sessions: after.sessions - before.sessions }).toEqual({ fetches: 1, sessions: 2 });
  for (let restart = 0; restart < 2; restart += 1) {
    bench.restart();
    expect(await all()).toBe(commit);
  }
  expect((await host.client.requests('plant')).fetches).toBe(after.fetches);
});

test('what the host said before a push is no answer after it, while a look by the clock may share it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const first = host.repo.commit(FILES);
  const { source } = await bench.opened;
  const [one, two] = await objects(bench, host.url, 2);
  const began = performance.now();
  expect((await source.resolveRevision(one!)).commit).toBe(first);
  const second = host.repo.commit({ ...FILES, 'projects/p/more': '1' });
  expect((await source.resolveRevision({ ...two!, maxAgeMs: 30_000 })).commit).toBe(first);
  expect((await source.resolveRevision(two!, { notBefore: began })).commit).toBe(first);
  expect((await source.resolveRevision(two!)).commit).toBe(second);
  expect((await host.client.requests('plant')).sessions).toBe(2);
});

test('twenty pushes in a row end on the last', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  const inputs = await objects(bench, host.url, 5);
  const { source } = await bench.opened;
  let last = '';
  const asked: Promise<unknown>[] = [];
  for (let n = 0; n < 20; n += 1) {
    last = host.repo.commit({ ...FILES, 'projects/p/n': String(n) });
    asked.push(...inputs.map((input) => source.resolveRevision(input)));
  }
  await Promise.all(asked);
  const found = await Promise.all(inputs.map((input) => source.resolveRevision(input)));
  expect(new Set(found.map(({ commit }) => commit))).toEqual(new Set([last]));
});

test('a host that failed is left alone by the clock, and asked at once for a push, a person or a changed Secret', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'right' });
  bench.secrets.set('plant/git/token', 'right');
  const { source } = await bench.opened;
  const [input] = await objects(bench, host.url, 1, { auth });
  const byClock = { ...input!, maxAgeMs: 0 };
  await host.client.setFault('plant', 500);
  expect(await failure(source.resolveRevision(byClock))).toMatchObject({ reason: 'HostUnreachable' });
  await host.client.setFault('plant', undefined);
  await expect(source.resolveRevision(byClock)).rejects.toMatchObject({
    reason: 'HostUnreachable',
    retryAfterMs: expect.any(Number) as number,
  });
  expect(await source.resolveRevision(input!)).toMatchObject({ commit });
  expect(await source.resolveRevision(byClock)).toMatchObject({ commit });
  bench.secrets.set('plant/git/token', 'wrong');
  expect(await failure(source.resolveRevision(byClock))).toMatchObject({ reason: 'AuthenticationFailed' });
  bench.secrets.set('plant/git/token', 'right');
  expect(await source.resolveRevision(byClock)).toMatchObject({ commit });
});

test('what a host says about when to come back holds for everybody, but not for another credential', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  bench.secrets.set('plant/git/token', 'spent');
  const { source } = await bench.opened;
  const [one, two] = await objects(bench, host.url, 2, { auth });
  await host.client.setFault('plant', { status: 429, headers: { 'retry-after': '600' } });
  await expect(source.resolveRevision(one!)).rejects.toMatchObject({ reason: 'RateLimited', retryAfterMs: 600_000 });
  await host.client.setFault('plant', undefined);
  const refused = (await source.resolveRevision(two!).catch((error: unknown) => error)) as { reason: string; retryAfterMs: number };
  expect(refused.reason).toBe('RateLimited');
  expect(refused.retryAfterMs).toBeLessThanOrEqual(600_000);
  bench.secrets.set('plant/git/token', 'another');
  expect(await source.resolveRevision(two!)).toMatchObject({ commit });
});

test('a warm mirror gives nothing to a credential that is wrong, was revoked or is gone', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'right' });
  for (const namespace of ['plant', 'other']) bench.secrets.set(`${namespace}/git/token`, 'right');
  const { commit } = await bench.plan({ repo: host.url, auth }, [gateway('a')]);
  const other = { ...(await bench.input({ repo: host.url, auth }, [gateway('a')], {}, 'other')), commit };
  const nothing = async (reason: string): Promise<void> => {
    const { source } = await bench.opened;
    for (const call of [() => source.resolveRevision(other), () => source.fetch(other), () => source.plan(other)])
      expect(await failure(call())).toMatchObject({ reason });
  };
  bench.secrets.set('other/git/token', 'wrong');
  await nothing('AuthenticationFailed');
  bench.secrets.delete('other/git/token');
  await nothing('SecretNotFound');
  bench.secrets.set('other/git/token', 'right');
  const { source } = await bench.opened;
  await source.fetch(other);
  await host.client.setCredentials('plant', { username: 'git', password: 'rotated' });
  await nothing('AuthenticationFailed');
  bench.restart();
  await nothing('AuthenticationFailed');
});

test('a token that rotates under load costs no object more than one attempt', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  const inputs = await objects(bench, host.url, 10, { auth });
  const { source } = await bench.opened;
  for (const token of ['one', 'two', 'three']) {
    await host.client.setCredentials('plant', { username: 'git', password: token });
    const during = inputs.map((input) => source.resolveRevision(input).catch((error: unknown) => error));
    bench.secrets.set('plant/git/token', token);
    await Promise.all(during);
    const found = await Promise.all(inputs.map((input) => source.resolveRevision(input)));
    expect(new Set(found.map(({ commit }) => commit)).size).toBe(1);
  }
});

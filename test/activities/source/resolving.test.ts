import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, Workbench } from './support/workbench.ts';
import type { GitFixture } from './support/git-fixture.ts';

const FILES = { 'projects/p/project.json': '{}' };

async function resolve(bench: Workbench, repo: GitFixture, ref: string): Promise<string> {
  const { source } = await bench.opened;
  return (await source.resolveRevision(await bench.input({ repo: repo.url, ref }))).commit;
}

test.each([
  { name: 'a branch', ref: 'main' },
  { name: 'a branch with slashes, dots, an at sign and accents', ref: 'feature/línea-7@2.x', branch: 'feature/línea-7@2.x' },
  { name: 'a branch that is spelled out', ref: 'refs/heads/main' },
  { name: 'a light tag', ref: 'v1', tag: ['v1'] },
  { name: 'an annotated tag, by the commit it names', ref: 'v2', tag: ['-a', '-m', 'release', 'v2'] },
  { name: 'an annotated tag that is spelled out', ref: 'refs/tags/v3', tag: ['-a', '-m', 'release', 'v3'] },
])('$name resolves', async ({ ref, branch, tag }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES, branch === undefined ? {} : { branch });
  if (tag) repo.git('tag', ...tag, commit);
  expect(await resolve(bench, repo, ref)).toBe(commit);
});

test('a tag of a tag resolves to the commit at the end, and that is what is fetched', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES, { message: 'first line\n\nmore' });
  repo.git('tag', '-a', '-m', 'inner', 'inner', commit);
  repo.git('tag', '-a', '-m', 'outer', 'outer', 'inner');
  const { source } = await bench.opened;
  const input = await bench.input({ repo: repo.url, ref: 'outer' });
  expect(await source.resolveRevision(input)).toMatchObject({ ref: 'outer', commit });
  expect(await source.fetch({ ...input, commit })).toEqual({ author: 'Åsa', subject: 'first line' });
});

test('a whole commit id resolves to itself, also when no branch ends there any more', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const old = repo.commit(FILES);
  const tip = repo.commit({ ...FILES, 'projects/p/x': '1' });
  expect(await resolve(bench, repo, tip)).toBe(tip);
  expect(await resolve(bench, repo, old.toUpperCase())).toBe(old);
});

test('a SHA-256 repository is synced like any other', async () => {
  using bench = new Workbench();
  const repo = bench.repository('sha256', ['--object-format=sha256']);
  const commit = repo.commit(FILES);
  const { source } = await bench.opened;
  const input = await bench.input({ repo: repo.url });
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit });
  await source.fetch({ ...input, commit });
  expect(commit).toHaveLength(64);
});

test('a name that is branch and tag is refused with both commits, unless they are the same', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const first = repo.commit(FILES);
  repo.git('tag', 'main', first);
  expect(await resolve(bench, repo, 'main')).toBe(first);
  const second = repo.commit({ ...FILES, 'projects/p/x': '1' });
  const { reason, message } = await failure(resolve(bench, repo, 'main'));
  expect(reason).toBe('RefAmbiguous');
  for (const part of [first, second, 'refs/heads/main', 'refs/tags/main']) expect(message).toContain(part);
  expect(await resolve(bench, repo, 'refs/tags/main')).toBe(first);
});

test.each([
  { ref: 'mian', says: /neither a branch nor a tag .* It has main, / },
  { ref: 'refs/heads/mian', says: /It has main, / },
  { ref: 'deadbee', says: /write its whole id/ },
  { ref: 'main~1', says: /cannot be the name/ },
  { ref: 'main^{tree}', says: /cannot be the name/ },
  { ref: 'ma*n', says: /cannot be the name/ },
  { ref: ':main', says: /cannot be the name/ },
  { ref: '@{-1}', says: /cannot be the name/ },
  { ref: 'a..b', says: /cannot be the name/ },
  { ref: 'main:config', says: /cannot be the name/ },
  { ref: '--upload-pack=touch /tmp/ignition-sync-was-here', says: /cannot be the name/ },
  { ref: 'f'.repeat(40), says: /has no commit ffff/ },
])('the ref "$ref" is refused with words', async ({ ref, says }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  for (const n of [1, 2, 3, 4, 5, 6]) repo.git('tag', `v${n}`, 'main');
  expect(await failure(resolve(bench, repo, ref))).toEqual({ reason: 'RefNotFound', message: expect.stringMatching(says) as string });
});

test('a commit that no branch or tag reaches is refused, and taken where the object allows it', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  const stray = repo.commit({ ...FILES, 'projects/p/fork': '1' }, { branch: 'fork' });
  expect(await resolve(bench, repo, stray)).toBe(stray);
  repo.git('update-ref', '-d', 'refs/heads/fork');
  expect(await failure(resolve(bench, repo, stray))).toEqual({
    reason: 'RefNotFound',
    message: expect.stringMatching(/no commit .* on a branch or tag.*belongs to a fork.*allowUnreachable: true/) as string,
  });
  const { source } = await bench.opened;
  expect(await source.resolveRevision(await bench.input({ repo: repo.url, ref: stray, allowUnreachable: true }))).toEqual({
    ref: stray,
    commit: stray,
  });
});

test('a commit stays reachable while branches move on, and not after the history was rewritten without it', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const pinned = repo.commit(FILES);
  for (const n of [1, 2, 3]) {
    repo.commit({ ...FILES, 'projects/p/n': String(n) });
    expect(await resolve(bench, repo, pinned)).toBe(pinned);
  }
  repo.git('tag', '-a', '-m', 'kept', 'kept', pinned);
  repo.git('update-ref', '-d', 'refs/heads/main');
  const rewritten = repo.commit({ 'projects/p/other': '1' });
  expect(await resolve(bench, repo, pinned)).toBe(pinned);
  repo.git('tag', '-d', 'kept');
  expect(await failure(resolve(bench, repo, pinned))).toMatchObject({ reason: 'RefNotFound' });
  expect(await resolve(bench, repo, rewritten)).toBe(rewritten);
});

test('to see whether a commit is reachable, its content is not fetched', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.git('config', 'uploadpack.allowFilter', 'true');
  const pinned = repo.commit(FILES);
  repo.commit({ ...FILES, 'projects/p/large': 'x'.repeat(100_000) });
  expect(await resolve(bench, repo, pinned)).toBe(pinned);
  const folder = join(bench.folder, 'mirrors');
  const history = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.history'))!,
  );
  const types = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch-check=%(objecttype)'], { cwd: history, encoding: 'utf8' });
  expect(new Set(types.trim().split('\n'))).toEqual(new Set(['commit']));
});

test('a history that a kill has damaged is made anew', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const pinned = repo.commit(FILES);
  repo.commit({ ...FILES, 'projects/p/x': '1' });
  await resolve(bench, repo, pinned);
  const folder = join(bench.folder, 'mirrors');
  const history = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.history'))!,
  );
  writeFileSync(join(history, 'packed-refs.lock'), '');
  writeFileSync(join(history, 'HEAD.lock'), '');
  for (const name of readdirSync(join(history, 'objects', 'pack'))) {
    chmodSync(join(history, 'objects', 'pack', name), 0o600);
    writeFileSync(join(history, 'objects', 'pack', name), 'damaged');
  }
  bench.restart();
  expect(await resolve(bench, repo, pinned)).toBe(pinned);
});

test.each([{ tag: ['v1'] }, { tag: ['-a', '-m', 'release', 'v1'] }])('a tag that moves is told: $tag', async ({ tag }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  const first = repo.commit(FILES);
  repo.git('tag', ...tag, first);
  const { source } = await bench.opened;
  const follow = await bench.input({ repo: repo.url, ref: 'v1' });
  const refuse = await bench.input({ repo: repo.url, ref: 'v1', movedTags: 'refuse' });
  const seen = await source.resolveRevision(refuse);
  expect(seen).toEqual({ ref: 'v1', commit: first, tag: { repo: repo.url, name: 'refs/tags/v1', commit: first } });
  const second = repo.commit({ ...FILES, 'projects/p/x': '1' });
  repo.git('tag', '--force', ...tag, second);
  const { reason, message } = await failure(source.resolveRevision({ ...refuse, tag: seen.tag! }));
  expect(reason).toBe('TagMoved');
  for (const part of [first, second, 'movedTags: follow']) expect(message).toContain(part);
  const followed = await source.resolveRevision({ ...follow, tag: seen.tag! });
  expect(followed).toMatchObject({ commit: second, tag: { commit: second, previous: first } });
  expect(await source.resolveRevision({ ...refuse, tag: followed.tag! })).toEqual(followed);
});

test('an object that names another repository gets the answer of that one, also for the same ref within the same moment', async () => {
  using bench = new Workbench();
  const [one, other] = [bench.repository('one'), bench.repository('other')];
  const commits = [one.commit({ 'projects/a': '1' }), other.commit({ 'projects/a': '2' })];
  const { source } = await bench.opened;
  const resolved = [];
  for (const { url } of [one, other])
    resolved.push(await source.resolveRevision({ ...(await bench.input({ repo: url })), maxAgeMs: 600_000 }));
  expect(resolved.map(({ commit }) => commit)).toEqual(commits);
});

test('a deleted branch is a fault with words, and resolves again when it is back', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES, { branch: 'line-7' });
  repo.commit(FILES);
  expect(await resolve(bench, repo, 'line-7')).toBe(commit);
  repo.git('update-ref', '-d', 'refs/heads/line-7');
  expect(await failure(resolve(bench, repo, 'line-7'))).toMatchObject({ reason: 'RefNotFound' });
  repo.git('update-ref', 'refs/heads/line-7', commit);
  expect(await resolve(bench, repo, 'line-7')).toBe(commit);
});

test('the id of something that is no commit is refused', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const tree = repo.git('rev-parse', `${repo.commit(FILES)}^{tree}`);
  expect(await failure(resolve(bench, repo, tree))).toMatchObject({ reason: 'RefNotFound' });
});

test('a repository without commits says so', async () => {
  using bench = new Workbench();
  expect(await failure(resolve(bench, bench.repository(), 'main'))).toMatchObject({
    reason: 'RefNotFound',
    message: expect.stringContaining('no branches and no tags yet') as string,
  });
});

test.each([
  { repo: 'file:///nowhere/plant.git', reason: 'RepositoryNotFound' },
  { repo: 'http://127.0.0.1:1/plant.git', reason: 'HostUnreachable' },
  { repo: 'https://user:hidden@git.example/plant.git', reason: 'InvalidSpec' },
  { repo: 'git@git.example:plant.git', reason: 'InvalidSpec' },
  { repo: 'http://git.example/plant.git', reason: 'InvalidSpec' },
])('$repo fails with $reason', async ({ repo, reason }) => {
  using bench = new Workbench();
  const { source } = await bench.opened;
  const found = await failure(source.resolveRevision(await bench.input({ repo })));
  expect(found.reason).toBe(reason);
  expect(found.message).not.toContain('hidden');
});

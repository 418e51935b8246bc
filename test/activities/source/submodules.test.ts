import { GitServer } from '../../../temporal-dev/git-server/git-server.ts';
import { GitClient } from '../../../temporal-dev/git-server/control.ts';
import { GitFixture, type FixtureFile } from './support/git-fixture.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const auth = { token: { secretRef: { name: 'git', key: 'token' } } };
const MAPPINGS = [{ source: 'p', destination: 'projects/p' }];

const pinned = (commit: string): FixtureFile => ({ mode: '160000', content: commit });
const gitmodules = (modules: Readonly<Record<string, string>>): string =>
  Object.entries(modules)
    .map(([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`)
    .join('');

interface Host extends AsyncDisposable {
  readonly git: GitClient;
  repository(name: string): Promise<{ url: string; repo: GitFixture }>;
}

async function host(bench: Workbench): Promise<Host> {
  const server = new GitServer(bench.folder, { PATH: process.env.PATH, HOME: bench.folder });
  const git = new GitClient(await server.listen(0));
  const repository = async (name: string): Promise<{ url: string; repo: GitFixture }> => ({
    url: await git.createRepository(name),
    repo: new GitFixture(git.repositoryPath(name)),
  });
  return { git, repository, [Symbol.asyncDispose]: () => server.close() };
}

test('submodules, nested too, come at their pinned commits with the credential of the object; relative URLs are those of their parents', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  const [main, lib, deep] = [await at.repository('plant'), await at.repository('lib'), await at.repository('deep')];
  for (const name of ['plant', 'lib', 'deep']) await at.git.setCredentials(name, { username: 'git', password: 'secret' });
  bench.secrets.set('plant/git/token', 'secret');
  const deepCommit = deep.repo.commit({ 'd.txt': 'deep' });
  const libCommit = lib.repo.commit({
    '.gitmodules': gitmodules({ inner: '../deep.git' }),
    inner: pinned(deepCommit),
    'l.txt': 'pinned',
    run: { mode: '100755', content: 'x' },
  });
  lib.repo.commit({ 'l.txt': 'newer' });
  main.repo.commit({
    '.gitmodules': gitmodules({ 'p/lib': lib.url, 'elsewhere/x': 'https://nowhere.invalid/x.git' }),
    'p/lib': pinned(libCommit),
    'elsewhere/x': pinned('1'.repeat(40)),
    'p/f': 'main',
  });
  const result = await bench.plan({ repo: main.url, auth, submodules: true }, [
    gateway('a', [{ ...MAPPINGS[0] }], { excludePatterns: ['**/.gitmodules'] }),
  ]);
  const { files, manifest } = await bench.planned(result, 'a');
  const texts = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, bytes.toString()]));
  expect(texts).toEqual({
    'projects/p/f': 'main',
    'projects/p/lib/l.txt': 'pinned',
    'projects/p/lib/inner/d.txt': 'deep',
    'projects/p/lib/run': 'x',
  });
  expect(manifest.entries.find(({ path }) => path.endsWith('/run'))?.executable).toBe(true);
});

test('a mapping may take its source from inside a submodule', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  const [main, lib] = [await at.repository('plant'), await at.repository('lib')];
  const commit = lib.repo.commit({ 'scripts/s.py': 'code' });
  main.repo.commit({ '.gitmodules': gitmodules({ lib: '../lib.git' }), lib: pinned(commit) });
  const result = await bench.plan({ repo: main.url, submodules: true }, [
    gateway('a', [{ source: 'lib/scripts', destination: 'projects/p' }]),
  ]);
  expect(Object.keys((await bench.planned(result, 'a')).files)).toEqual(['projects/p/s.py']);
});

test('without submodules: true one below a mapping is refused by name, and the message says how to have it resolved', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ '.gitmodules': gitmodules({ 'p/lib': '../lib.git' }), 'p/lib': pinned('1'.repeat(40)) });
  expect(await failure(bench.plan({ repo: repo.url }, [gateway('a', MAPPINGS)]))).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringMatching(/p\/lib.*spec\.git\.submodules: true/) as string,
  });
});

test.each([
  'file:///etc',
  'ext::sh -c touch% /tmp/pwned',
  '--upload-pack=touch /tmp/pwned',
  'http://169.254.169.254/latest',
  'ssh://git@other.example/x.git',
  'git@other.example:x.git',
  '../../../../../x.git',
  'https://user:password@host.example/x.git',
  '/etc',
])('a submodule with the URL %s is refused by name, and nobody is asked', async (url) => {
  using bench = new Workbench();
  await using at = await host(bench);
  const main = await at.repository('plant');
  main.repo.commit({ '.gitmodules': gitmodules({ 'p/lib': `"${url}"` }), 'p/lib': pinned('1'.repeat(40)), 'p/f': 'x' });
  const fault = await failure(bench.plan({ repo: main.url, submodules: true }, [gateway('a', MAPPINGS)]));
  expect(fault.reason).toBe('UnsupportedContent');
  expect(fault.message).toContain('submodule "p/lib"');
});

test('a submodule without a URL, at a commit that does not exist, or inside itself without end is refused by name', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  const [main, lib] = [await at.repository('plant'), await at.repository('lib')];
  lib.repo.commit({ f: 'x' });
  const plan = (): Promise<{ reason: string; message: string }> =>
    failure(bench.plan({ repo: main.url, submodules: true }, [gateway('a', MAPPINGS)]));
  main.repo.commit({ 'p/lib': pinned('1'.repeat(40)) });
  expect(await plan()).toMatchObject({ reason: 'UnsupportedContent', message: expect.stringContaining('no URL') as string });
  main.repo.commit({ '.gitmodules': gitmodules({ 'p/lib': lib.url }), 'p/lib': pinned('1'.repeat(40)) });
  expect(await plan()).toMatchObject({ reason: 'RefNotFound', message: expect.stringContaining('submodule "p/lib"') as string });
  let commit = lib.repo.commit({ f: 'bottom' });
  for (let level = 0; level < 6; level += 1)
    commit = lib.repo.commit({ '.gitmodules': gitmodules({ again: '../lib.git' }), again: pinned(commit) });
  main.repo.commit({ '.gitmodules': gitmodules({ 'p/lib': lib.url }), 'p/lib': pinned(commit) });
  expect(await plan()).toMatchObject({ reason: 'UnsupportedContent', message: expect.stringContaining('deeper than 4') as string });
});

test('the token of the object is not shown to another host, whatever a submodule says', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  const main = await at.repository('plant');
  await at.git.setCredentials('plant', { username: 'git', password: 'secret' });
  bench.secrets.set('plant/git/token', 'secret');
  const elsewhere = main.url.replace('127.0.0.1', 'localhost').replace('plant', 'lib').replace('http:', 'https:');
  main.repo.commit({ '.gitmodules': gitmodules({ 'p/lib': elsewhere }), 'p/lib': pinned('1'.repeat(40)) });
  const { source, mirrors } = await bench.opened;
  const asked: string[] = [];
  const of = mirrors.of.bind(mirrors);
  mirrors.of = (url, identity) => {
    asked.push(`${url === main.url ? 'main' : 'submodule'} as ${identity === '' ? 'nobody' : 'the object'}`);
    return of(url, identity);
  };
  const input = await bench.input({ repo: main.url, auth, submodules: true }, [gateway('a', MAPPINGS)]);
  const { commit } = await source.resolveRevision(input);
  const fault = await failure(source.plan({ ...input, commit }));
  expect(fault.message).toContain('submodule "p/lib"');
  expect(asked.filter((one) => one.startsWith('submodule'))).toEqual(['submodule as nobody']);
});

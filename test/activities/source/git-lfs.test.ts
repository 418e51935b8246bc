import { rmSync } from 'node:fs';
import { GitServer } from '../../../temporal-dev/git-server/git-server.ts';
import { GitClient } from '../../../temporal-dev/git-server/control.ts';
import { sha256 } from '../../../src/source/digest.ts';
import { GitFixture } from './support/git-fixture.ts';
import { LfsServer } from './support/lfs-server.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const auth = { token: { secretRef: { name: 'git', key: 'token' } } };
const PICTURE = Buffer.from(Array.from({ length: 900_000 }, (_, i) => (i * 7) % 251));
const MAPPINGS = [{ source: 'p', destination: 'projects/p' }];

async function host(bench: Workbench): Promise<AsyncDisposable & { lfs: LfsServer; git: GitClient; repo: GitFixture }> {
  const server = new GitServer(bench.folder, { PATH: process.env.PATH, HOME: bench.folder });
  const git = new GitClient(await server.listen(0));
  const lfs = await LfsServer.before(await git.createRepository('plant'));
  const dispose = async (): Promise<void> => {
    await lfs[Symbol.asyncDispose]();
    await server.close();
  };
  return { lfs, git, repo: new GitFixture(git.repositoryPath('plant')), [Symbol.asyncDispose]: dispose };
}

test('a file kept in Git LFS reaches the plan with its real bytes and digest, fetched once, with the credential of the object', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.lfs.credential = 'git:secret';
  await at.git.setCredentials('plant', { username: 'git', password: 'secret' });
  bench.secrets.set('plant/git/token', 'secret\n');
  at.repo.commit({
    'p/f': 'plain',
    'p/logo.png': at.lfs.put(PICTURE),
    'p/again.png': at.lfs.put(PICTURE),
    'else/x': at.lfs.put(Buffer.from('x')),
  });
  const first = await bench.plan({ repo: at.lfs.url, auth, lfs: true }, [gateway('a', MAPPINGS)]);
  const { files, manifest } = await bench.planned(first, 'a');
  expect(files['projects/p/logo.png']?.equals(PICTURE)).toBe(true);
  expect(manifest.entries.find(({ path }) => path.endsWith('logo.png'))).toMatchObject({ sha256: sha256(PICTURE), size: PICTURE.length });
  expect(files['projects/p/f']?.toString()).toBe('plain');
  expect(at.lfs.asked).toHaveLength(2); // one question, one content: what no mapping takes is not asked for
  expect((await bench.plan({ repo: at.lfs.url, auth, lfs: true }, [gateway('a', MAPPINGS)])).planDigest).toBe(first.planDigest);
  expect(at.lfs.asked).toHaveLength(2);
  rmSync(bench.blobPath(sha256(PICTURE)));
  expect((await bench.plan({ repo: at.lfs.url, auth, lfs: true }, [gateway('a', MAPPINGS)])).planDigest).toBe(first.planDigest);
  expect((await bench.planned(first, 'a')).files['projects/p/logo.png']?.equals(PICTURE)).toBe(true);
});

test('text kept in Git LFS is rendered like any other', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/t': at.lfs.put(Buffer.from('I am {{ GatewayName }}')), 'p/logo.png': at.lfs.put(PICTURE) });
  const mappings = [{ ...MAPPINGS[0], template: true }];
  const { files } = await bench.planned(await bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', mappings)]), 'a');
  expect(files['projects/p/t']?.toString()).toBe('I am a');
  expect(files['projects/p/logo.png']?.equals(PICTURE)).toBe(true);
});

test('without lfs: true a pointer is refused by name, and the message says how to have it resolved', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/logo.png': at.lfs.put(PICTURE) });
  expect(await failure(bench.plan({ repo: at.lfs.url }, [gateway('a', MAPPINGS)]))).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringMatching(/logo\.png.*spec\.git\.lfs: true/) as string,
  });
  expect(at.lfs.asked).toEqual([]);
});

test('content that another namespace fetched is shown to nobody who cannot read it himself, also when he knows its digest', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/logo.png': at.lfs.put(PICTURE) });
  await bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', MAPPINGS)]);
  using elsewhere = new Workbench();
  await using thief = await host(elsewhere);
  const pointer = at.lfs.put(PICTURE);
  thief.repo.commit({ 'p/mine.png': pointer });
  expect(await failure(bench.plan({ repo: thief.lfs.url, lfs: true }, [gateway('t', MAPPINGS)]))).toMatchObject({
    reason: 'ContentUnavailable',
  });
});

test('a server that only claims to have content of another namespace gets none of it', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/logo.png': at.lfs.put(PICTURE) });
  await bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', MAPPINGS)]);
  using elsewhere = new Workbench();
  await using thief = await host(elsewhere);
  thief.repo.commit({ 'p/mine.png': at.lfs.put(PICTURE) });
  thief.lfs.objects.set(sha256(PICTURE), Buffer.alloc(0));
  expect(await failure(bench.plan({ repo: thief.lfs.url, lfs: true }, [gateway('t', MAPPINGS)]))).toMatchObject({
    reason: 'ContentUnavailable',
    message: expect.stringContaining('has 0 bytes') as string,
  });
  expect(await (await bench.opened).store.hasBlob({ sha256: sha256(PICTURE), size: PICTURE.length })).toBe(true);
});

test.each([
  {
    name: 'is missing on the server',
    harm: (lfs: LfsServer) => lfs.objects.clear(),
    reason: 'ContentUnavailable',
    says: /404 Object does not exist/,
  },
  {
    name: 'is another one of the same size',
    harm: (lfs: LfsServer) => void lfs.objects.set(sha256(PICTURE), Buffer.alloc(PICTURE.length)),
    reason: 'ContentUnavailable',
    says: /arrived as other content/,
  },
  {
    name: 'is longer than its pointer says',
    harm: (lfs: LfsServer) => void lfs.objects.set(sha256(PICTURE), Buffer.alloc(PICTURE.length + 1)),
    reason: 'ContentUnavailable',
    says: /more than 900000 bytes/,
  },
  {
    name: 'is shorter than its pointer says',
    harm: (lfs: LfsServer) => void lfs.objects.set(sha256(PICTURE), Buffer.alloc(5)),
    reason: 'ContentUnavailable',
    says: /has 5 bytes/,
  },
  { name: 'wants a credential', harm: (lfs: LfsServer) => void (lfs.credential = 'a:b'), reason: 'AuthenticationFailed', says: /401/ },
  {
    name: 'is on a server without LFS',
    harm: (lfs: LfsServer) => void (lfs.fault = 404),
    reason: 'RepositoryNotFound',
    says: /no Git LFS/,
  },
  { name: 'was asked for too often', harm: (lfs: LfsServer) => void (lfs.fault = 429), reason: 'RateLimited', says: /too often/ },
  { name: 'is on a server that fails', harm: (lfs: LfsServer) => void (lfs.fault = 503), reason: 'HostUnreachable', says: /503/ },
])('LFS content that $name is refused by name, and nothing of it stays', async ({ harm, reason, says }) => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/logo.png': at.lfs.put(PICTURE) });
  harm(at.lfs);
  const fault = await failure(bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', MAPPINGS)]));
  expect(fault.reason).toBe(reason);
  expect(fault.message).toMatch(says);
  expect(await (await bench.opened).store.hasBlob({ sha256: sha256(PICTURE), size: PICTURE.length })).toBe(false);
});

test('an LFS server that wants to be left alone for a year is asked again after an hour', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/logo.png': at.lfs.put(PICTURE) });
  at.lfs.fault = 429;
  const plan = (): Promise<unknown> => bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', MAPPINGS)]);
  await expect(plan()).rejects.toMatchObject({ reason: 'RateLimited', retryAfterMs: 7_000 });
  at.lfs.retryAfter = 31_536_000;
  await expect(plan()).rejects.toMatchObject({ reason: 'RateLimited', retryAfterMs: 3_600_000 });
});

test('what begins like a pointer and is none is refused by name', async () => {
  using bench = new Workbench();
  await using at = await host(bench);
  at.repo.commit({ 'p/odd': 'version https://git-lfs.github.com/spec/v1\noid sha256:../../etc\nsize 1\n' });
  expect(await failure(bench.plan({ repo: at.lfs.url, lfs: true }, [gateway('a', MAPPINGS)]))).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringContaining('projects/p/odd') as string,
  });
});

import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, gateway, Workbench } from './support/workbench.ts';

const FILES = { 'projects/p/project.json': '{}', 'projects/p/data': 'some data' };

function mirrorOf(bench: Workbench): string {
  const folder = join(bench.folder, 'mirrors');
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.git'))!,
  );
}

test('what was fetched once is never asked for again, not even by a new process', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES);
  const input = { ...(await bench.input({ repo: repo.url }, [gateway('a')])), commit };
  const { source } = await bench.opened;
  const info = await Promise.all(Array.from({ length: 20 }, () => source.fetch(input)));
  expect(new Set(info.map(({ subject }) => subject))).toEqual(new Set(['change']));
  rmSync(repo.folder, { recursive: true });
  bench.restart();
  const again = (await bench.opened).source;
  expect(await again.fetch(input)).toEqual(info[0]);
  expect(await again.plan(input)).toMatchObject({ changed: 1 });
});

test('the mirror holds the commit without its history', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/old': 'x'.repeat(100_000) });
  const commit = repo.commit(FILES);
  const { source } = await bench.opened;
  await source.fetch({ ...(await bench.input({ repo: repo.url })), commit });
  expect(readdirSync(join(mirrorOf(bench), 'refs', 'pins'))).toEqual([commit]);
  expect(statSync(join(mirrorOf(bench), 'shallow')).size).toBeGreaterThan(0);
});

test('a push between resolving and fetching does not change what is planned', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit({ 'projects/p/f': 'resolved' });
  const { source } = await bench.opened;
  const input = await bench.input({ repo: repo.url }, [gateway('a')]);
  expect((await source.resolveRevision(input)).commit).toBe(commit);
  repo.commit({ 'projects/p/f': 'pushed meanwhile' });
  await source.fetch({ ...input, commit });
  const { files } = await bench.planned(await source.plan({ ...input, commit }), 'a');
  expect(files['projects/p/f']?.toString()).toBe('resolved');
});

test('a commit that was force-pushed away is still planned from the mirror, and refused where it never was', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES);
  const { source } = await bench.opened;
  const input = { ...(await bench.input({ repo: repo.url }, [gateway('a')])), commit };
  await source.fetch(input);
  repo.git('update-ref', '-d', 'refs/heads/main');
  repo.commit({ 'projects/p/new': '1' });
  repo.git('reflog', 'expire', '--expire=now', '--all');
  repo.git('gc', '--quiet', '--prune=now');
  expect(await source.plan(input)).toMatchObject({ changed: 1 });
  using fresh = new Workbench();
  const other = (await fresh.opened).source;
  expect(await failure(other.fetch({ ...(await fresh.input({ repo: repo.url })), commit }))).toMatchObject({
    reason: 'RefNotFound',
    message: expect.stringContaining(commit) as string,
  });
});

test('a host that gives commits only by name is served all the same', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const old = repo.commit(FILES);
  const tip = repo.commit({ ...FILES, 'projects/p/x': '1' });
  repo.git('config', 'protocol.version', '0');
  const { source } = await bench.opened;
  // Version 0 hosts refuse ids that no name stands for; the file transport asks this repository's own configuration.
  const input = await bench.input({ repo: repo.url }, [gateway('a')]);
  for (const commit of [tip, old]) expect(await source.fetch({ ...input, commit })).toMatchObject({ author: 'Åsa' });
});

test.each([
  {
    name: 'locks of a git that was killed',
    harm: (mirror: string) => {
      for (const lock of ['shallow.lock', 'config.lock', 'HEAD.lock', 'packed-refs.lock']) writeFileSync(join(mirror, lock), '');
    },
  },
  {
    name: 'a half-written pack',
    harm: (mirror: string) => {
      mkdirSync(join(mirror, 'objects', 'pack'), { recursive: true });
      writeFileSync(join(mirror, 'objects', 'pack', 'tmp_pack_abc'), 'half');
    },
  },
  { name: 'a mirror without HEAD', harm: (mirror: string) => rmSync(join(mirror, 'HEAD')) },
  { name: 'a mirror whose configuration is broken', harm: (mirror: string) => writeFileSync(join(mirror, 'config'), '[broken') },
  {
    name: 'packs that are damaged',
    harm: (mirror: string) => {
      for (const name of readdirSync(join(mirror, 'objects'), { recursive: true, encoding: 'utf8' })) {
        const path = join(mirror, 'objects', name);
        if (!statSync(path).isFile()) continue;
        chmodSync(path, 0o600);
        writeFileSync(path, 'damaged');
      }
    },
  },
  { name: 'a mirror without objects', harm: (mirror: string) => rmSync(join(mirror, 'objects'), { recursive: true }) },
  { name: 'a mirror that is gone', harm: (mirror: string) => rmSync(mirror, { recursive: true }) },
])('$name heals in the same attempt, whichever commit is asked for first', async ({ harm }) => {
  for (const order of [
    [0, 1],
    [1, 0],
  ])
    await heals(harm, order);
});

async function heals(harm: (mirror: string) => void, order: readonly number[]): Promise<void> {
  using bench = new Workbench();
  const repo = bench.repository();
  const first = repo.commit(FILES);
  const input = await bench.input({ repo: repo.url }, [gateway('a')]);
  await (await bench.opened).source.fetch({ ...input, commit: first });
  const second = repo.commit({ ...FILES, 'projects/p/more': '2' });
  harm(mirrorOf(bench));
  bench.restart();
  const { source } = await bench.opened;
  for (const commit of order.map((n) => [first, second][n]!)) {
    await source.fetch({ ...input, commit });
    await source.plan({ ...input, commit });
  }
}

test('a mirror that disappears while the process runs is not blamed on the host', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const { source } = await bench.opened;
  const input = await bench.input({ repo: repo.url }, [gateway('a')]);
  await source.fetch({ ...input, commit: repo.commit(FILES) });
  rmSync(mirrorOf(bench), { recursive: true });
  const commit = repo.commit({ ...FILES, 'projects/p/more': '2' });
  expect(await source.fetch({ ...input, commit })).toMatchObject({ author: 'Åsa' });
});

test('a mirror that is damaged while the process runs is made anew while planning', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES);
  const input = { ...(await bench.input({ repo: repo.url }, [gateway('a')])), commit };
  const { source } = await bench.opened;
  await source.fetch(input);
  rmSync(join(mirrorOf(bench), 'objects'), { recursive: true });
  expect(await source.plan(input)).toMatchObject({ changed: 1, files: { added: 2 } });
});

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { listRemote } from '../../../src/clients/git/remote-client.ts';
import { FILES, httpHost } from './support/hosts.ts';
import { killGit } from './support/kill-git.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const ROUNDS = 12;

test('git that is killed at any moment heals without anybody', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7919 + round) % 251));
    const commit = host.repo.commit({ ...FILES, 'projects/p/large': content });
    const { source } = await bench.opened;
    const input = { ...(await bench.input({ repo: host.url }, [gateway('a')])), commit };
    const hit = source
      .fetch(input)
      .then(() => source.plan(input))
      .catch((error: unknown) => error);
    await setTimeout((round * 37) % 150);
    kills += killGit();
    await hit;
    if (round % 3 === 0) bench.restart();
    const again = (await bench.opened).source;
    expect((await again.resolveRevision(input)).commit).toBe(commit);
    await again.fetch(input);
    const { files } = await bench.planned(await again.plan(input), 'a');
    expect(files['projects/p/large']?.equals(content)).toBe(true);
  }
  expect(kills).toBeGreaterThan(0);
});

test('a bundle is read where file repositories are allowed: branches, tags, commits by id, and a newer bundle in its place', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const first = repo.commit(FILES);
  repo.git('tag', '-a', '-m', 'release', 'v1', first);
  const path = join(bench.folder, 'plant.bundle');
  const url = pathToFileURL(path).href;
  repo.git('bundle', 'create', '--quiet', path, '--all');
  const { source } = await bench.opened;
  for (const ref of ['main', 'v1', first])
    expect(await source.resolveRevision(await bench.input({ repo: url, ref }))).toMatchObject({ commit: first });
  const second = repo.commit({ ...FILES, 'projects/p/more': '2' });
  repo.git('bundle', 'create', '--quiet', path, '--all');
  const input = await bench.input({ repo: url }, [gateway('a')]);
  expect((await source.resolveRevision(input)).commit).toBe(second);
  for (const commit of [second, first]) {
    await source.fetch({ ...input, commit });
    expect(await source.plan({ ...input, commit })).toMatchObject({ changed: 1 });
  }
  expect((await source.resolveRevision(await bench.input({ repo: url, ref: first }))).commit).toBe(first);
  const settings = { configFile: await writeGitConfig(bench.folder), allowFile: false };
  expect(await failure(listRemote({ remote: parseRemote(url), credential: { kind: 'none' }, settings }))).toMatchObject({
    reason: 'InvalidSpec',
  });
});

test('a mirror on a volume is read and never written', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit(FILES);
  repo.commit({ ...FILES, 'projects/p/more': '2' });
  execFileSync('chmod', ['-R', 'a-w', repo.folder]);
  const state = (): string[] =>
    readdirSync(repo.folder, { recursive: true, encoding: 'utf8' }).map((name) => `${name} ${statSync(join(repo.folder, name)).mtimeMs}`);
  const before = state();
  const { source } = await bench.opened;
  const input = { ...(await bench.input({ repo: repo.url, ref: commit }, [gateway('a')])), commit };
  expect((await source.resolveRevision(input)).commit).toBe(commit);
  await source.fetch(input);
  expect(await source.plan(input)).toMatchObject({ changed: 1 });
  expect(state()).toEqual(before);
  execFileSync('chmod', ['-R', 'u+w', repo.folder]);
});

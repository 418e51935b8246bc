import { GitFixture } from './support/git-fixture.ts';
import { FILES, httpHost } from './support/hosts.ts';
import { inDays, mirrorsOf, pinsOf, planAt } from './support/mirrors.ts';
import { Workbench } from './support/workbench.ts';

test('a commit that is used by a new process too stays, and one that was freed is fetched again', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const old = await planAt(bench, host.url, host.repo.commit(FILES));
  await planAt(bench, host.url, host.repo.commit({ ...FILES, 'projects/p/more': '1' }));
  bench.restart();
  const { mirrors, source } = await bench.opened;
  await source.fetch(old);
  expect(await mirrors.prune(inDays(0.9))).toMatchObject({ droppedCommits: 0 });
  expect(await mirrors.prune(inDays(2))).toMatchObject({ droppedCommits: 1 });
  expect(await source.plan(old)).toMatchObject({ changed: 1 });
});

test('the commit of a submodule stays as long as the plan that reads it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await host.client.createRepository('inner');
  const inner = new GitFixture(host.client.repositoryPath('inner')).commit({ 'view.json': '{}' });
  const outer = host.repo.commit({
    ...FILES,
    '.gitmodules': '[submodule "inner"]\n\tpath = projects/p/inner\n\turl = ../inner.git\n',
    'projects/p/inner': { mode: '160000', content: inner },
  });
  await planAt(bench, host.url, outer, 1, { submodules: true });
  const { mirrors } = await bench.opened;
  expect(await mirrors.prune(inDays(30))).toMatchObject({ mirrors: 2, droppedCommits: 0, removedMirrors: 0 });
  expect(mirrorsOf(bench).flatMap(pinsOf).toSorted()).toEqual([inner, outer].toSorted());
});

test('a mirror that no object asks for goes after a week, unless a plan needs it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const input = await planAt(bench, host.url, host.repo.commit(FILES));
  const { mirrors, frozen } = await bench.opened;
  expect(await mirrors.prune(inDays(30))).toMatchObject({ mirrors: 1, removedMirrors: 0 });
  await frozen.drop(input.rollout);
  expect(await mirrors.prune(inDays(6))).toMatchObject({ mirrors: 1, droppedCommits: 1 });
  bench.restart();
  const again = await bench.opened;
  expect(await again.mirrors.prune(inDays(6))).toMatchObject({ mirrors: 1, removedMirrors: 0 });
  expect(await again.mirrors.prune(inDays(8))).toMatchObject({ mirrors: 0, removedMirrors: 1, bytes: 0 });
  expect(mirrorsOf(bench)).toEqual([]);
  expect(await again.source.fetch(input)).toMatchObject({ author: 'Åsa' });
});

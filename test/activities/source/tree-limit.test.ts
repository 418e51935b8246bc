import { execFileSync } from 'node:child_process';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { Repository } from '../../../src/clients/git/repository.ts';
import { failure, Workbench } from './support/workbench.ts';

test('a few trees that stand for more than a million files are refused by name, before memory ends', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const first = repo.commit({ f: 'x' });
  const tree = (kind: string, id: string): string =>
    execFileSync('git', ['mktree'], {
      cwd: repo.folder,
      encoding: 'utf8',
      input: Array.from({ length: 101 }, (_, i) => `${kind} ${id}\t${i}\n`).join(''),
    }).trim();
  const folder = tree('100644 blob', repo.git('rev-parse', `${first}:f`));
  const bomb = tree('040000 tree', tree('040000 tree', folder));
  const repository = new Repository(repo.folder, { configFile: await writeGitConfig(bench.folder), allowFile: false });
  expect(await failure(repository.listTree(bomb))).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringContaining('more than 1,000,000 files') as string,
  });
  expect(await repository.listTree(first)).toHaveLength(1);
});

import { Repository } from '../../../src/clients/git/repository.ts';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { failure, Workbench } from './support/workbench.ts';
import type { BlobBody } from '../../../src/clients/git/cat-file.ts';

async function setUp(bench: Workbench): Promise<{ repository: Repository; oids: string[]; missing: string }> {
  const repo = bench.repository();
  // More than a pipe holds, so that git is still writing when nobody reads any more.
  repo.commit(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, `${i}`.repeat(100_000)])));
  const oids = repo
    .git('ls-tree', '-r', 'main')
    .split('\n')
    .map((row) => row.split(/\s/)[2]!);
  return {
    repository: new Repository(repo.folder, { configFile: await writeGitConfig(bench.folder), allowFile: false }),
    oids,
    missing: 'f'.repeat(40),
  };
}

async function drain(bodies: AsyncIterable<BlobBody>): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { chunks } of bodies) {
    let size = 0;
    for await (const chunk of chunks) size += chunk.length;
    sizes.push(size);
  }
  return sizes;
}

test('every blob arrives with its size, in the order asked for', async () => {
  using bench = new Workbench();
  const { repository, oids } = await setUp(bench);
  const wanted = [...oids, ...oids.toReversed()];
  const sizes = await drain(repository.readBlobs(wanted));
  expect(sizes).toHaveLength(100);
  expect(sizes).toEqual([...sizes].toReversed());
  expect(await drain(repository.readBlobs([]))).toEqual([]);
});

test.each([0, 25, 49])('a missing blob at place %i ends the call by name while git still writes', async (at) => {
  using bench = new Workbench();
  const { repository, oids, missing } = await setUp(bench);
  expect(await failure(drain(repository.readBlobs(oids.with(at, missing))))).toEqual({
    reason: 'GitFailed',
    message: expect.stringContaining(missing) as string,
  });
});

test('a reader that gives up in the middle ends git', async () => {
  using bench = new Workbench();
  const { repository, oids } = await setUp(bench);
  for await (const { chunks } of repository.readBlobs(oids)) {
    for await (const chunk of chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    break;
  }
});

import type { PlanResult } from '../../../src/contract/source-activities.ts';
import { gateway, Workbench } from './support/workbench.ts';

type Files = Readonly<Record<string, string>>;
type Mappings = readonly Record<string, unknown>[];

const TREE: Files = { 'a/x': '1', 'a/y': '2', 'b/z': '3' };
const A = { source: 'a', destination: 'projects/a' };
const B = { source: 'b', destination: 'projects/b' };

/** Plans a gateway that runs the first state already. */
async function second(before: readonly [Files, Mappings], after: readonly [Files, Mappings]): Promise<PlanResult & { paths: string[] }> {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(before[0]);
  const { target } = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('gw', before[1])]), 'gw');
  if (after[0] !== before[0]) repo.commit(after[0]);
  const result = await bench.plan({ repo: repo.url }, [gateway('gw', after[1], { live: target, confirmed: target })]);
  return { ...result, paths: Object.keys((await bench.planned(result, 'gw')).files) };
}

test.each(['projects/a', 'projects/a/', './projects/a', 'projects//a', '.'])(
  'a file that git deletes below the destination "%s" is deleted, and counted',
  async (destination) => {
    const [source, place] = destination === '.' ? ['.', ''] : ['a', 'projects/a/'];
    const tree: Files = destination === '.' ? { 'projects/a/x': '1', 'projects/a/y': '2' } : TREE;
    const [gone, left] = Object.keys(tree) as [string, string];
    const without = Object.fromEntries(Object.entries(tree).filter(([path]) => path !== gone));
    const result = await second([tree, [{ source, destination }]], [without, [{ source, destination }]]);
    expect(result.files).toEqual({ added: 0, modified: 0, deleted: 1 });
    expect(result.paths).toEqual([`${place}${left.replace(/^a\//, '')}`]);
  },
);

test.each<{ name: string; after: readonly [Files, Mappings]; files: PlanResult['files']; holds?: string[]; paths: string[] }>([
  {
    name: 'a mapping that is removed takes its files along, without a hold',
    after: [TREE, [B]],
    files: { added: 0, modified: 0, deleted: 2 },
    paths: ['projects/b/z'],
  },
  {
    name: 'a destination that changes moves its files',
    after: [TREE, [{ ...A, destination: 'projects/new' }, B]],
    files: { added: 2, modified: 0, deleted: 2 },
    paths: ['projects/b/z', 'projects/new/x', 'projects/new/y'],
  },
  {
    name: 'a source that is not required and gone deletes its files without a hold',
    after: [{ 'a/x': '1', 'a/y': '2' }, [A, { ...B, required: false }]],
    files: { added: 0, modified: 0, deleted: 1 },
    paths: ['projects/a/x', 'projects/a/y'],
  },
  {
    name: 'a source that is there and brings nothing any more holds',
    after: [{ 'a/x': '1', 'a/y': '2', 'b/conversion-report.txt': 'x' }, [A, B]],
    files: { added: 0, modified: 0, deleted: 1 },
    holds: ['EmptySource'],
    paths: ['projects/a/x', 'projects/a/y'],
  },
  {
    name: 'an order of mappings that changes who wins is a change of those files alone',
    after: [{ ...TREE, 'c/x': '9' }, [{ source: 'c', destination: 'projects/a' }, A, B]],
    files: { added: 0, modified: 0, deleted: 0 },
    paths: ['projects/a/x', 'projects/a/y', 'projects/b/z'],
  },
])('$name', async ({ after, files, holds = [], paths }) => {
  const result = await second([TREE, [A, B]], after);
  expect(result.files).toEqual(files);
  expect(result.holds.map(({ reason }) => reason)).toEqual(holds);
  expect(result.paths).toEqual(paths);
});

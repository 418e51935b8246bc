import fc from 'fast-check';
import { filesOf } from '../../../support/tree.ts';
import { tree } from './random-trees.ts';
import { Rig, doing } from './rig.ts';

async function withRig<T>(work: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await Rig.open();
  try {
    return await work(rig);
  } finally {
    await rig.close();
  }
}

/** Everything below the folders that random commits use; the rest of a data directory has keys of its own. */
async function ours(rig: Rig): Promise<string[]> {
  return (await rig.everything()).filter((line) => /^(projects\/[PQ]|config\/resources\/core)\//.test(line));
}

/** What holds for any commits, one after the other, tried on so many. */
export function testProperties(numRuns: number): void {
  test('whatever was synced before, a gateway ends as if the last commit had been its first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { minLength: 2, maxLength: 4 }), async (commits) => {
        const last = commits.at(-1)!;
        const fresh = await withRig(async (rig) => {
          await rig.sync(last);
          return ours(rig);
        });
        const after = await withRig(async (rig) => {
          for (const commit of commits) await rig.sync(commit);
          return ours(rig);
        });
        expect(after).toEqual(fresh);
      }),
      { numRuns },
    );
  });

  test('a restore brings back exactly what was there, and the same commit twice writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (first, second) => {
        await withRig(async (rig) => {
          await rig.sync(first);
          const before = await rig.everything();
          const { live: old } = await rig.agent.inspect();
          await rig.sync(second);
          const { live } = await rig.agent.inspect();
          const commits = rig.commits().length;
          expect(await rig.sync(second)).toMatchObject({ wrote: false });
          expect(rig.commits()).toHaveLength(commits);
          await rig.agent.restore(rig.step(live, old), doing);
          expect(await rig.everything()).toEqual(before);
        });
      }),
      { numRuns },
    );
  });

  test('a person’s own files among ours survive every commit that does not want their place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 3 }), async (commits) => {
        await withRig(async (rig) => {
          await rig.write('projects/P/designer/thumbnail.png', 'kept');
          await rig.write('config/resources/core/ignition/x/own.json', '{}');
          for (const commit of commits) await rig.sync(commit);
          const files = filesOf(rig.dataDir);
          expect([files.has('projects/P/designer/thumbnail.png'), files.has('config/resources/core/ignition/x/own.json')]).toEqual([
            true,
            true,
          ]);
        });
      }),
      { numRuns },
    );
  });
}

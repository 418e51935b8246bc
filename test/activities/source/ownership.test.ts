import { createHash } from 'node:crypto';
import { contentText } from '../../../src/domain/content-hash.ts';
import type { PlannedGateway } from '../../../src/contract/source-activities.ts';
import { Workbench, gateway } from './support/workbench.ts';

const MAPPING = { source: '.', destination: '.' };

async function rowOf(bench: Workbench, planDigest: string, name: string): Promise<PlannedGateway> {
  const { source } = await bench.opened;
  const [row] = await source.readWave({ planDigest, stage: '', wave: 0, only: [name] });
  return row!;
}

test.each([
  { name: 'hold unless somebody says otherwise', object: undefined, profile: undefined, frozen: undefined },
  { name: 'the object’s word counts', object: 'overwrite', profile: undefined, frozen: 'overwrite' },
  { name: 'the profile’s word counts more', object: 'overwrite', profile: 'hold', frozen: undefined },
  { name: 'also the other way', object: 'hold', profile: 'overwrite', frozen: 'overwrite' },
])('local changes: $name', async ({ object, profile, frozen }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const rest = object === undefined ? {} : { localChanges: object };
  const plan = await bench.plan(
    { repo: repo.url },
    [gateway('a', [MAPPING], {}, profile === undefined ? {} : { localChanges: profile })],
    rest,
  );
  expect((await rowOf(bench, plan.planDigest, 'a')).localChanges).toBe(frozen);
});

test('an approval binds to the policy: another policy is another plan, hold is the plan that it always was', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const digest = async (rest: Record<string, unknown>): Promise<string> =>
    (await bench.plan({ repo: repo.url }, [gateway('a')], rest)).planDigest;
  const silent = await digest({});
  expect(await digest({ localChanges: 'hold' })).toBe(silent);
  expect(await digest({ localChanges: 'overwrite' })).not.toBe(silent);
});

test('a change of the policy is looked at by a new rollout, and inputs from before it was known keep their hash', async () => {
  using bench = new Workbench();
  const hash = async (rest: Record<string, unknown>): Promise<string> => {
    const { store } = await bench.opened;
    const { desired } = await bench.input({ repo: 'https://git.example/a.git' }, [gateway('a')], rest);
    const text = contentText((await store.readDocument(desired)) as Parameters<typeof contentText>[0]);
    return createHash('sha256').update(text).digest('hex');
  };
  expect(await hash({ localChanges: 'overwrite' })).not.toBe(await hash({}));
  expect(await hash({ localChanges: 'hold' })).toBe(await hash({}));
});

test('a mirrored folder is part of the manifest: switched on or off, the gateway is changed although no file is', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/a': '1', 'p/b.log': '2' });
  const mapping = { source: 'p', destination: 'projects/site' };
  const exclude = { excludePatterns: ['**/*.log'] };
  const plain = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a', [mapping], {}, exclude)]), 'a');
  const live = { live: plain.target, confirmed: plain.target };
  const plan = await bench.plan({ repo: repo.url }, [gateway('a', [{ ...mapping, mirror: true }], live, exclude)]);
  expect(plan).toMatchObject({ changed: 1, files: { added: 0, modified: 0, deleted: 0 } });
  expect(plan.notes.join()).toContain('mirrored: projects/site.');
  const { manifest } = await bench.planned(plan, 'a');
  expect(manifest.mirror).toEqual({ folders: ['projects/site'], spares: ['**/*.log'] });
  expect(manifest.entries).toEqual(plain.manifest.entries);
  expect(plain.manifest).not.toHaveProperty('mirror');
});

test('the bound of snapshots travels in bytes', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  expect(await bench.plan({ repo: repo.url }, [gateway('a')], { snapshots: { maxSize: '2Mi' } })).toMatchObject({
    retainSnapshots: 5,
    retainSnapshotBytes: 2 * 1024 * 1024,
  });
});

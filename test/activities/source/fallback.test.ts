import { gateway, twoTierGateway, Workbench } from './support/workbench.ts';

const MANIFEST = 'config/resources/external/config-mode.json';

test('external’s manifest is planned for gateways that have none, with its bytes in the store, and counts as no change', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/project.json': '{}' });
  const result = await bench.plan({ repo: repo.url }, [gateway('a'), twoTierGateway('b', '.')]);
  expect(result).toMatchObject({ files: { added: 2, modified: 0, deleted: 0 } });
  expect(result.notes.join('\n')).not.toContain('config-mode.json');
  expect(await bench.planned(result, 'b')).toEqual(await bench.planned(result, 'a'));
  const { manifest, files, madeIfAbsent } = await bench.planned(result, 'a');
  expect(manifest.entries.filter(({ ifAbsent }) => ifAbsent).map(({ path }) => path)).toEqual([MANIFEST]);
  expect(JSON.parse(String(madeIfAbsent[MANIFEST]))).toMatchObject({ title: 'External', parent: 'system' });
  expect(Object.keys(files)).toEqual(['projects/p/project.json']);
  const again = await bench.plan({ repo: repo.url }, [gateway('a')]);
  expect((await bench.planned(again, 'a')).target).toBe((await bench.planned(result, 'a')).target);
});

test('a manifest that the repository brings or drops changes hands without a delete, and nothing is released for it', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const plan = async (live?: string) => {
    const result = await bench.plan({ repo: repo.url }, [gateway('a', undefined, live === undefined ? {} : { live, confirmed: live })]);
    const { source } = await bench.opened;
    const [row] = await source.readWave({ planDigest: result.planDigest, stage: '', wave: 0, only: ['a'] });
    return { result, row: row!, ...(await bench.planned(result, 'a')) };
  };
  repo.commit({ 'projects/p/project.json': '{}' });
  const first = await plan();
  repo.commit({ 'projects/p/project.json': '{}', [MANIFEST]: '{"title":"Ours"}' });
  const brought = await plan(first.target);
  expect(brought.result).toMatchObject({ files: { added: 1, modified: 0, deleted: 0 }, holds: [] });
  expect(String(brought.files[MANIFEST])).toBe('{"title":"Ours"}');
  expect(brought.madeIfAbsent).toEqual({});
  repo.commit({ 'projects/p/project.json': '{}' });
  const dropped = await plan(brought.target);
  expect(dropped.target).toBe(first.target);
  expect(dropped.result).toMatchObject({ files: { added: 0, modified: 0, deleted: 0 }, holds: [] });
  expect(dropped.row.released).toBeUndefined();
});

test('the made manifest of a deployment mode is released when its mapping goes', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/project.json': '{}', 'm/ignition/x/config.json': '{}' });
  const projects = { source: 'projects', destination: 'projects' };
  const first = await bench.plan({ repo: repo.url }, [
    gateway('a', [projects, { source: 'm', destination: 'config/resources/production' }]),
  ]);
  const { target } = await bench.planned(first, 'a');
  const second = await bench.plan({ repo: repo.url }, [gateway('a', [projects], { live: target, confirmed: target })]);
  expect(second).toMatchObject({ files: { added: 0, modified: 0, deleted: 1 }, holds: [] });
  const { source, store } = await bench.opened;
  const [row] = await source.readWave({ planDigest: second.planDigest, stage: '', wave: 0, only: ['a'] });
  expect((await store.readManifest(row!.released!)).entries.map(({ path }) => path)).toEqual([
    'config/resources/production/config-mode.json',
  ]);
});

test('a gateway that would get nothing but a made manifest at its first sync holds the plan, and names the folder to take', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'ignition-gateway/projects/p/project.json': '{}', 'ok/projects/p/project.json': '{}' });
  const fine = gateway('b', [{ source: 'ok', destination: '.' }]);
  const first = await bench.plan({ repo: repo.url }, [gateway('a'), fine]);
  expect(first.holds.map(({ reason }) => reason)).toEqual(['EmptySource']);
  expect(first.holds[0]?.message).toMatch(/^a: no file of the commit .*"ignition-gateway" \(1 file\)/);
  const { target } = await bench.planned(first, 'a');
  repo.commit({ 'ignition-gateway/projects/p/project.json': '{}', 'ok/projects/p/project.json': '{}', 'ok/projects/p/b': '' });
  const later = await bench.plan({ repo: repo.url }, [gateway('a', undefined, { live: target, confirmed: target }), fine]);
  expect(later.holds).toEqual([]);
});

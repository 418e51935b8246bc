import { gateway, failure, twoTierGateway, Workbench } from './support/workbench.ts';

const CORE = 'config/resources/core';

test('a commit becomes manifests whose blobs are the bytes in git, executable bit included', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const commit = repo.commit({
    'projects/site/project.json': '{"title":"Site"}\r\n',
    'projects/site/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
    'projects/site/name with ü.bin': Buffer.from([0, 255, 10, 13]),
    [`${CORE}/config-mode.json`]: '{}',
    'README.md': 'not for gateways',
  });
  const result = await bench.plan({ repo: repo.url }, [gateway('a')]);
  expect(result.commit).toBe(commit);
  const { manifest, files } = await bench.planned(result, 'a');
  expect(Object.keys(files)).toEqual([
    `${CORE}/config-mode.json`,
    'projects/site/name with ü.bin',
    'projects/site/project.json',
    'projects/site/run.sh',
  ]);
  for (const [path, bytes] of Object.entries(files)) expect(bytes).toEqual(repo.show(commit, path));
  expect(manifest.entries.filter((entry) => entry.executable).map((entry) => entry.path)).toEqual(['projects/site/run.sh']);
  expect(result).toMatchObject({
    changed: 1,
    unchanged: 0,
    files: { added: 4, modified: 0, deleted: 0 },
    stages: [{ name: 'canary', waves: 1, gateways: 1 }],
  });
  expect(result.notes).toEqual([expect.stringContaining('README.md')]);
});

test('the canary comes first in name order, the rest follows in waves', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const result = await bench.plan(
    { repo: repo.url },
    ['d', 'a', 'c', 'b'].map((name) => gateway(name)),
    { rollout: { canary: 1, waveSize: 2 } },
  );
  expect(result.stages).toEqual([
    { name: 'canary', waves: 1, gateways: 1 },
    { name: 'rest', waves: 2, gateways: 3 },
  ]);
  const { source } = await bench.opened;
  const wave = async (stage: string, n: number): Promise<string[]> =>
    (await source.readWave({ planDigest: result.planDigest, stage, wave: n })).map((row) => row.gateway);
  expect([await wave('canary', 0), await wave('rest', 0), await wave('rest', 1)]).toEqual([['a'], ['b', 'c'], ['d']]);
});

test('a gateway that already runs the target is in no wave, unless it is asked for by name', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const first = await bench.plan({ repo: repo.url }, [gateway('a'), gateway('b')]);
  const { target } = await bench.planned(first, 'a');
  const synced = [gateway('a', undefined, { live: target, confirmed: target }), gateway('b', undefined, { live: target })];
  expect(await bench.plan({ repo: repo.url }, synced)).toMatchObject({
    changed: 1,
    unchanged: 1,
    stages: [{ gateways: 1 }],
    files: { added: 0, modified: 0, deleted: 0 },
  });
  expect(await bench.plan({ repo: repo.url }, synced, {}, ['a'])).toMatchObject({ changed: 1, unchanged: 0 });
  expect(await failure(bench.plan({ repo: repo.url }, synced, {}, ['x']))).toMatchObject({
    reason: 'NoGateways',
    message: expect.stringContaining('no gateway x') as string,
  });
});

test('equal input gives the same plan digest in another store', async () => {
  using one = new Workbench();
  using other = new Workbench();
  const repo = one.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const [a, b] = [
    await one.plan({ repo: repo.url }, [gateway('b'), gateway('a')]),
    await other.plan({ repo: repo.url }, [gateway('a'), gateway('b')]),
  ];
  expect(a.planDigest).toBe(b.planDigest);
});

test('a plan that takes most files away holds for a confirmation and says which gateway', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`projects/p/f${i}`, `content ${i}`]));
  repo.commit(files);
  const { target } = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a')]), 'a');
  repo.commit({ 'projects/p/f0': 'content 0' });
  const result = await bench.plan({ repo: repo.url }, [gateway('a', undefined, { live: target })]);
  expect(result.holds).toEqual([{ reason: 'TooManyDeletes', message: expect.stringMatching(/^a: 29 of 30 files/) as string }]);
  expect(result.files).toEqual({ added: 0, modified: 0, deleted: 29 });
  const two = await bench.plan({ repo: repo.url }, [gateway('a', undefined, { live: target }), gateway('b', undefined, { live: target })]);
  expect(two.files.deleted).toBe(58);
  expect(two.holds[0]?.message).toMatch(/^a, b \(on each of these 2; the counts of the whole plan are sums\): 29 of 30 files/);
});

test('a gateway whose volume has no record any more is planned over what it confirmed last, and told so', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`projects/p/f${i}`, `content ${i}`]));
  repo.commit({ ...files, 'projects/p/excluded': 'x' });
  const { target: confirmed } = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a')]), 'a');
  repo.commit({ 'projects/p/f0': 'content 0', 'projects/p/excluded': 'x' });
  const lost = [gateway('a', undefined, { confirmed })];
  const result = await bench.plan({ repo: repo.url }, lost, { excludePatterns: ['projects/p/excluded'] });
  expect(result).toMatchObject({ files: { added: 0, modified: 0, deleted: 29 }, holds: [{ reason: 'TooManyDeletes' }] });
  expect(result.notes.join('\n')).toContain('its volume has no record of what is live: where most files are those that it confirmed last');
  const { source, store } = await bench.opened;
  const [row] = await source.readWave({ planDigest: result.planDigest, stage: '', wave: 0, only: ['a'] });
  expect(row).toMatchObject({ expectLive: 'none', lastConfirmed: confirmed });
  expect((await store.readManifest(row!.released!)).entries.map(({ path }) => path)).toEqual(['projects/p/excluded']);
  // What the store has lost stands in for nothing.
  const unknown = await bench.plan({ repo: repo.url }, [gateway('a', undefined, { confirmed: 'e'.repeat(64) })]);
  expect(unknown).toMatchObject({ files: { deleted: 0 }, holds: [] });
  expect(unknown.notes.join('\n')).toContain('this is a first sync, which deletes nothing');
  const [first] = await source.readWave({ planDigest: unknown.planDigest, stage: '', wave: 0, only: ['a'] });
  expect(first).not.toHaveProperty('lastConfirmed');
});

test('the fault of a gateway ends the plan and names the gateway', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const faulty = gateway('b', undefined, { fault: { reason: 'ProfileNotFound', message: 'there is no SyncProfile x' } });
  expect(await failure(bench.plan({ repo: repo.url }, [gateway('a'), faulty]))).toEqual({
    reason: 'ProfileNotFound',
    message: 'gateway b: there is no SyncProfile x',
  });
  expect(await bench.plan({ repo: repo.url }, [gateway('a'), faulty], {}, ['a'])).toMatchObject({ changed: 1 });
});

test.each([
  { name: 'a symbolic link', file: { mode: '120000' as const, content: '/etc/passwd' }, says: 'symbolic link' },
  { name: 'a submodule', file: { mode: '160000' as const, content: '1'.repeat(40) }, says: 'submodule' },
  { name: 'a Git LFS pointer', file: 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', says: 'Git LFS pointer' },
])('$name under a mapping is refused by name', async ({ file, says }) => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/thing': file, 'projects/p/project.json': '{}' });
  const refused = await failure(bench.plan({ repo: repo.url }, [gateway('a')]));
  expect(refused).toMatchObject({ reason: 'UnsupportedContent', message: expect.stringContaining('projects/p/thing') as string });
  expect(refused.message).toContain(says);
  await bench.plan({ repo: repo.url }, [gateway('a')], { excludePatterns: ['projects/p/thing'] });
});

test('a name that is not UTF-8 is refused under a mapping and ignored elsewhere', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'docs/caf\xe9': 'x', 'projects/p/project.json': '{}' }, { bytes: true });
  await bench.plan({ repo: repo.url }, [gateway('a')]);
  repo.commit({ 'projects/caf\xe9': 'x' }, { bytes: true });
  expect(await failure(bench.plan({ repo: repo.url }, [gateway('a')]))).toMatchObject({
    reason: 'UnsupportedContent',
    message: expect.stringContaining('not UTF-8') as string,
  });
});

test('a large file goes through the store with its own bytes', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const large = Buffer.alloc(3_000_000, 'abcdefg');
  repo.commit({ 'projects/p/large.bin': large, 'projects/p/small': 's', 'projects/p/empty': '' });
  const { files } = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a')]), 'a');
  expect(files['projects/p/large.bin']?.equals(large)).toBe(true);
  expect([files['projects/p/small'], files['projects/p/empty']]).toEqual([Buffer.from('s'), Buffer.alloc(0)]);
});

test('a file that is newly excluded is released: named in a manifest of its own, counted for no guard rail, and its deletion in git deletes nothing', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const project = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`projects/a/resource-${i}/view.json`, `${i}`]));
  repo.commit({ 'projects/a/project.json': '{}', ...project });
  const first = await bench.plan({ repo: repo.url }, [gateway('a')]);
  const { target } = await bench.planned(first, 'a');
  const onFirst = gateway('a', undefined, { live: target, confirmed: target });
  const second = await bench.plan({ repo: repo.url }, [onFirst], { excludePatterns: ['projects/a/resource-*'] });
  expect(second).toMatchObject({ files: { added: 0, modified: 0, deleted: 0 }, holds: [] });
  expect(second.notes.join('\n')).toContain('30 files are no longer ours and stay on the gateway');
  const one = await bench.plan({ repo: repo.url }, [onFirst], { excludePatterns: ['projects/a/resource-1/*'] });
  expect(one.notes.join('\n')).toContain('1 file is no longer ours and stays on the gateway');
  const { source, store } = await bench.opened;
  const [row] = await source.readWave({ planDigest: second.planDigest, stage: 'canary', wave: 0 });
  const released = await store.readManifest(row!.released!);
  expect(released.entries.map(({ path }) => path).sort()).toEqual(Object.keys(project).sort());
});

test('what an object shares reaches its gateways with their own bytes, with a profile and without, and an edit of it alone is a change', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({
    's/projects/p/project.json': '{}',
    'shared/scripts/code.py': 'x = 1\n',
    'shared/udts/Motor/udts.json': '[]',
    'shared/external/config-mode.json': '{"title":"Ours"}',
    'shared/factory.json': '{"site":1}',
  });
  const shared = {
    externalResources: { source: 'shared/external' },
    scripts: [{ source: 'shared/scripts', destination: 'ignition/script-python/lib' }],
    udts: [{ source: 'shared/udts' }],
    additionalFiles: [{ source: 'shared/factory.json', destination: './' }],
  };
  const two = twoTierGateway('two', 's', { 'ignition-sync.io/tag-provider': 'plant' });
  const gateways = [gateway('one', [{ source: 's/projects', destination: 'projects' }]), two];
  const result = await bench.plan({ repo: repo.url }, gateways, { shared });
  for (const [name, provider] of [
    ['one', 'default'],
    ['two', 'plant'],
  ] as const) {
    const { files, madeIfAbsent } = await bench.planned(result, name);
    expect(Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, String(bytes)]))).toEqual({
      'config/resources/external/config-mode.json': '{"title":"Ours"}',
      [`config/resources/core/ignition/tag-type-definition/${provider}/Motor/udts.json`]: '[]',
      'factory.json': '{"site":1}',
      'projects/p/ignition/script-python/lib/code.py': 'x = 1\n',
      'projects/p/project.json': '{}',
    });
    expect(madeIfAbsent).toEqual({});
  }
  const { target } = await bench.planned(result, 'one');
  const synced = [gateway('one', [{ source: 's/projects', destination: 'projects' }], { live: target, confirmed: target })];
  expect(await bench.plan({ repo: repo.url }, synced, { shared })).toMatchObject({ changed: 0 });
  expect(await bench.plan({ repo: repo.url }, synced)).toMatchObject({ changed: 1, files: { added: 0, modified: 0, deleted: 3 } });
});

test('what a profile says of people and restarts is in the plan where it is not the default, and a gateway that waits for an allowed restart is gone through', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/a/project.json': '{}' });
  const window = { days: ['Sat'], start: '02:00', timeZone: 'Europe/Berlin' };
  const spec = {
    perspectiveSessionPolicy: 'wait',
    sessionWait: '90m',
    restart: { windows: [{ ...window, duration: '2h' }], whenInUse: 'proceed' },
  };
  const first = await bench.plan({ repo: repo.url }, [gateway('a', undefined, {}, spec), gateway('b')]);
  const { source } = await bench.opened;
  const rowOf = async (name: string): Promise<object | undefined> =>
    (await source.readWave({ planDigest: first.planDigest, stage: '', wave: 0, only: [name] }))[0];
  const { target } = await bench.planned(first, 'a');
  expect(await rowOf('b')).toEqual({ gateway: 'b', target, expectLive: 'none', designers: 'wait' });
  expect(await rowOf('a')).toEqual({
    gateway: 'a',
    target,
    expectLive: 'none',
    designers: 'wait',
    perspective: 'wait',
    sessionWaitMs: 5_400_000,
    restart: { windows: [{ ...window, durationMs: 7_200_000 }], whenInUse: 'proceed', timeoutMs: 600_000 },
  });
  const synced = { live: target, confirmed: target, restartPending: true } as const;
  const again = await bench.plan({ repo: repo.url }, [gateway('a', undefined, synced, spec), gateway('b', undefined, synced)]);
  expect(again).toMatchObject({ changed: 1, unchanged: 1, files: { added: 0, modified: 0, deleted: 0 } });
});

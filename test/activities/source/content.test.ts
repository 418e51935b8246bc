import { mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_MANIFEST, createManifest } from '../../../src/domain/manifest.ts';
import { ContentStore } from '../../../src/source/content-store.ts';
import { sha256 } from '../../../src/source/digest.ts';
import { Grants } from '../../../src/source/grants.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const entry = (text: string): { path: string; sha256: string; size: number; executable: boolean } => ({
  path: `projects/${text}`,
  sha256: sha256(text),
  size: text.length,
  executable: false,
});

test('documents are named by their content, whatever the order of their keys, and survive a restart', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const digest = await store.putDocument({ b: [1, { d: 1, c: 2 }], a: 'x' });
  expect(await store.putDocument({ a: 'x', b: [1, { c: 2, d: 1 }] })).toBe(digest);
  expect(await (await ContentStore.open(bench.folder)).readDocument(digest)).toEqual({ a: 'x', b: [1, { c: 2, d: 1 }] });
  expect(readdirSync(join(bench.folder, 'staging'))).toEqual([]);
});

test.each([
  { name: 'missing', harm: (file: string) => rmSync(file) },
  { name: 'cut short', harm: (file: string) => truncateSync(file, 3) },
])('content that is $name is ContentUnavailable, never half of it', async ({ harm }) => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const [document, manifest] = [await store.putDocument({ a: 1 }), await store.putManifest(createManifest([entry('a')]))];
  harm(join(bench.folder, 'documents', document));
  harm(join(bench.folder, 'manifests', manifest));
  for (const read of [() => store.readDocument(document), () => store.readManifest(manifest)])
    expect(await failure(read())).toMatchObject({ reason: 'ContentUnavailable' });
});

test.each(['', '../../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(63)}/`, 'none'])(
  '"%s" is no digest and opens no file',
  async (digest) => {
    using bench = new Workbench();
    const store = await ContentStore.open(bench.folder);
    for (const call of [
      store.readDocument(digest),
      store.readManifestText(digest),
      store.hasManifest(digest),
      (async () => store.openBlob(digest))(),
    ]) {
      expect(await failure(call)).toMatchObject({ reason: 'ContentUnavailable' });
    }
  },
);

test('leftovers of a crash go after an hour, what is on its way stays', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const [old, young] = [join(bench.folder, 'staging', 'old'), join(bench.folder, 'staging', 'young')];
  for (const file of [old, young]) writeFileSync(file, 'x');
  const now = new Date();
  utimesSync(old, now, new Date(now.getTime() - 2 * 3_600_000));
  await store.objects.removeLeftovers(now);
  expect(readdirSync(join(bench.folder, 'staging'))).toEqual(['young']);
});

test('a gateway reads the manifests planned for it and their blobs, nothing else', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const [a, b] = [await store.putManifest(createManifest([entry('a')])), await store.putManifest(createManifest([entry('b')]))];
  const grants = new Grants(store);
  await grants.grantManifest('plant', 'a', a);
  await grants.grantManifest('plant', 'b', b);
  const rights = async (namespace: string, name: string): Promise<boolean[]> => [
    await grants.mayReadManifest(namespace, name, a),
    await grants.mayReadBlob(namespace, name, sha256('a')),
    await grants.mayReadManifest(namespace, name, b),
    await grants.mayReadBlob(namespace, name, sha256('b')),
  ];
  expect(await rights('plant', 'a')).toEqual([true, true, false, false]);
  expect(await rights('plant', 'b')).toEqual([false, false, true, true]);
  expect(await rights('other', 'a')).toEqual([false, false, false, false]);
  expect(await rights('plant/a', '')).toEqual([false, false, false, false]);
  expect(await rights('..', 'plant')).toEqual([false, false, false, false]);
});

test('a manifest is read once for all agents that ask at the same time', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const manifest = await store.putManifest(createManifest([entry('a')]));
  const gateways = Array.from({ length: 10 }, (_, n) => `gateway-${n}`);
  for (const name of gateways) await new Grants(store).grantManifest('plant', name, manifest);
  const open = store.openManifest.bind(store);
  let opened = 0;
  store.openManifest = (digest) => {
    opened += 1;
    return open(digest);
  };
  const relay = new Grants(store);
  const asked = await Promise.all(gateways.map((name) => relay.mayReadBlob('plant', name, sha256('a'))));
  expect([asked.every(Boolean), opened]).toEqual([true, 1]);
});

test('a grant reaches other processes at once and survives a restart', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const manifest = await store.putManifest(createManifest([entry('a')]));
  const [source, relay] = [new Grants(store), new Grants(await ContentStore.open(bench.folder))];
  expect(await relay.mayReadBlob('plant', 'a', sha256('a'))).toBe(false);
  await source.grantManifest('plant', 'a', manifest);
  expect([await relay.mayReadManifest('plant', 'a', manifest), await relay.mayReadBlob('plant', 'a', sha256('a'))]).toEqual([true, true]);
});

test('the last five manifests stay readable; what is live is among them as long as it is planned with', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const grants = new Grants(store);
  const [live, ...next] = await Promise.all(
    ['live', '1', '2', '3', '4', '5', '6'].map((text) => store.putManifest(createManifest([entry(text)]))),
  );
  await grants.grantManifest('plant', 'a', live!, NO_MANIFEST);
  for (const digest of next) await grants.grantManifest('plant', 'a', digest, live!);
  const readable = await Promise.all([live!, ...next].map((digest) => new Grants(store).mayReadManifest('plant', 'a', digest)));
  expect(readable).toEqual([true, false, false, true, true, true, true]);
});

test('a damaged grant grants nothing and is written anew by the next plan', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const manifest = await store.putManifest(createManifest([entry('a')]));
  mkdirSync(join(bench.folder, 'pins', 'gateways', '_plant'), { recursive: true });
  writeFileSync(join(bench.folder, 'pins', 'gateways', '_plant', '_a'), '{"manifests":["..');
  const grants = new Grants(store);
  expect(await grants.mayReadManifest('plant', 'a', manifest)).toBe(false);
  await grants.grantManifest('plant', 'a', manifest);
  expect(await grants.mayReadManifest('plant', 'a', manifest)).toBe(true);
});

test('a plan lets each gateway read its own target and what is live, and no other gateway', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'a/f': 'for a', 'b/f': 'for b' });
  const gateways = ['a', 'b'].map((name) => gateway(name, [{ source: name, destination: 'projects/p' }]));
  const result = await bench.plan({ repo: repo.url }, gateways);
  const { grants } = await bench.opened;
  const [a, b] = [await bench.planned(result, 'a'), await bench.planned(result, 'b')];
  expect(a.target).not.toBe(b.target);
  expect([await grants.mayReadBlob('plant', 'a', sha256('for a')), await grants.mayReadBlob('plant', 'a', sha256('for b'))]).toEqual([
    true,
    false,
  ]);
  expect([await grants.mayReadManifest('plant', 'b', b.target), await grants.mayReadManifest('plant', 'b', a.target)]).toEqual([
    true,
    false,
  ]);
});

test('a lost store is filled again by the next plan, with the same digests', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/f': 'content' });
  const first = await bench.plan({ repo: repo.url }, [gateway('a')]);
  rmSync(bench.storeFolder, { recursive: true });
  bench.restart();
  const second = await bench.plan({ repo: repo.url }, [gateway('a')]);
  expect(second.planDigest).toBe(first.planDigest);
  expect((await bench.planned(second, 'a')).files['projects/p/f']?.toString()).toBe('content');
});

test('blobs that were lost while the process was away are read from git again', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/f': 'content', 'projects/p/g': 'other' });
  await bench.plan({ repo: repo.url }, [gateway('a')]);
  rmSync(bench.blobPath(sha256('content')));
  bench.restart();
  expect(Object.keys((await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a')]), 'a')).files)).toHaveLength(2);
});

test('a plan says when the manifest of what is live is lost', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/project.json': '{}' });
  const result = await bench.plan({ repo: repo.url }, [gateway('a', undefined, { live: sha256('lost') })]);
  expect(result.notes).toEqual([expect.stringContaining('has lost the manifest of what is live')]);
  expect(result.holds).toEqual([]);
});

test('plans made at the same time lose no grant', async () => {
  using bench = new Workbench();
  const store = await ContentStore.open(bench.folder);
  const grants = new Grants(store);
  const manifests = await Promise.all(['1', '2', '3', '4'].map((text) => store.putManifest(createManifest([entry(text)]))));
  await Promise.all(manifests.map((digest) => grants.grantManifest('plant', 'a', digest)));
  const reader = new Grants(store);
  expect(await Promise.all(manifests.map((digest) => reader.mayReadManifest('plant', 'a', digest)))).toEqual([true, true, true, true]);
});

test('a plan that is refused leaves nothing behind', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/f': 'content', 'projects/p/lfs': 'version https://git-lfs.github.com/spec/v1\n' });
  expect(await failure(bench.plan({ repo: repo.url }, [gateway('a')]))).toMatchObject({ reason: 'UnsupportedContent' });
  expect(readdirSync(join(bench.storeFolder, 'staging'))).toEqual([]);
});

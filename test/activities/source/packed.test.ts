import { createHash } from 'node:crypto';
import { createManifest, encodeManifest } from '../../../src/domain/manifest.ts';
import { sha256 } from '../../../src/source/digest.ts';
import { DigestSet } from '../../../src/source/digest-set.ts';
import { PackedBlobs } from '../../../src/source/packed-blobs.ts';
import { RecentMap } from '../../../src/source/recent-map.ts';

const idOf = (n: number, kind = 'sha1'): string => createHash(kind).update(String(n)).digest('hex');

test('5,000 blobs of both kinds of repositories are found again, each once, and changed in place', () => {
  const blobs = new PackedBlobs();
  const expected = new Map(
    Array.from({ length: 5000 }, (_, n) => [
      idOf(n, n % 2 ? 'sha256' : 'sha1'),
      { sha256: sha256(String(n)), size: n * 1e6, lfsPointer: n % 3 === 0 },
    ]),
  );
  for (const [oid, blob] of expected) blobs.set(oid, { ...blob, size: 1 });
  for (const [oid, blob] of expected) blobs.set(oid, blob);
  expect(blobs.size).toBe(5000);
  expect(new Map(blobs)).toEqual(expected);
  expect([blobs.get(idOf(1)), blobs.has(idOf(-1)), blobs.has(idOf(0))]).toEqual([undefined, false, true]);
});

test.each([1, 7, 64, 100_000])('a manifest that comes in pieces of %d bytes names its files and nothing else', async (step) => {
  const files = Array.from({ length: 300 }, (_, n) => ({
    path: `projects/"${n}"`,
    sha256: sha256(String(n)),
    size: n,
    executable: n % 2 === 0,
  }));
  const text = Buffer.from(encodeManifest(createManifest(files, { folders: [`projects/${'x'.repeat(80)}`], spares: [sha256('spare')] })));
  const set = await DigestSet.ofManifest(
    (async function* () {
      for (let at = 0; at < text.length; at += step) yield await Promise.resolve(text.subarray(at, at + step));
    })(),
  );
  expect(files.every((file) => set.has(file.sha256))).toBe(true);
  for (const other of [sha256('300'), sha256('spare'), sha256('x'), '', 'no digest']) expect(set.has(other)).toBe(false);
});

test('what is remembered is bounded by what it weighs; the newest stays', () => {
  const map = new RecentMap<string, number>(10, (weight) => weight);
  map.set('a', 4);
  map.set('b', 5);
  map.get('a');
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([4, undefined, 3]);
  map.set('large', 50);
  expect([map.get('a'), map.get('c'), map.get('large')]).toEqual([undefined, undefined, 50]);
});

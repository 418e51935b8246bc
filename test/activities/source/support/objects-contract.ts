import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Objects } from '../../../../src/source/objects.ts';
import { sha256 } from '../../../../src/source/digest.ts';
import { Staging } from '../../../../src/source/staging.ts';

const HOUR_MS = 3_600_000;

/** One way to keep objects, as the contract asks for it. */
export interface Way {
  readonly open: (folder: string) => Promise<Objects>;
  /** Where the objects of that folder lie as files. */
  readonly files: (folder: string) => string;
}

/** What every way to keep objects must do, as tests. */
export function testObjects(way: Way): void {
  let folder: string;
  let objects: Objects;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'objects-'));
    objects = await way.open(folder);
    await objects.prepare();
  });
  afterEach(() => {
    for (const place of [folder, way.files(folder)]) rmSync(place, { recursive: true, force: true });
  });

  const keysOf = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of objects.list(prefix)) keys.push(key);
    return keys.sort();
  };

  test('what is written is read, whole and in part, and replaced as a whole', async () => {
    await objects.put('pins/a', 'first');
    await objects.put('pins/a', 'the second');
    expect((await objects.read('pins/a'))?.toString()).toBe('the second');
    expect(await objects.look('pins/a')).toMatchObject({ size: 10 });
    const whole = await objects.open('pins/a');
    expect([whole?.size, (await buffer(whole!.stream)).toString()]).toEqual([10, 'the second']);
    const part = await objects.open('pins/a', { start: 4, end: 5 });
    expect([part?.size, (await buffer(part!.stream)).toString()]).toEqual([10, 'se']);
  });

  test('what is not there is said to be so by every verb', async () => {
    expect(await objects.look('blobs/aa/x')).toBeUndefined();
    expect(await objects.read('blobs/aa/x')).toBeUndefined();
    expect(await objects.open('blobs/aa/x')).toBeUndefined();
    expect(await objects.renew('blobs/aa/x', new Date())).toBe(false);
    expect(await objects.move('blobs/aa/x', 'swept/1/x')).toBe(false);
    await objects.remove('blobs/aa/x');
    expect(await keysOf('blobs/')).toEqual([]);
    expect(await objects.folders('swept/')).toEqual([]);
  });

  test.each([0, 5, 100_000, 40 << 20])('a staged file of %d bytes has its key once it is whole, and not before', async (size) => {
    const bytes = randomBytes(size);
    await using staging = new Staging(objects);
    const digest = await staging.addStream(
      (async function* () {
        for (let at = 0; at < size; at += 1 << 20) yield await Promise.resolve(bytes.subarray(at, at + (1 << 20)));
      })(),
      (found) => `blobs/${found}`,
    );
    expect(digest).toBe(sha256(bytes));
    expect(await keysOf('blobs/')).toEqual([]);
    await staging.commit();
    expect(await objects.look(`blobs/${digest}`)).toMatchObject({ size });
    expect(sha256(await buffer((await objects.open(`blobs/${digest}`))!.stream))).toBe(digest);
    expect(readdirSync(objects.spool)).toEqual([]);
  });

  test('what is staged and not committed leaves nothing', async () => {
    {
      await using staging = new Staging(objects);
      staging.add('blobs/a', 'a');
    }
    expect(await keysOf('')).toEqual([]);
    expect(existsSync(objects.spool) ? readdirSync(objects.spool) : []).toEqual([]);
  });

  test('keys with anything in them stay apart', async () => {
    const keys = ['pins/_a%2Fb', 'pins/_a b', 'pins/_ä+', 'pins/_a/b', 'pins/_%25'];
    for (const key of keys) await objects.put(key, key);
    expect(await keysOf('pins/')).toEqual([...keys].sort());
    for (const key of keys) {
      expect((await objects.read(key))?.toString()).toBe(key);
      expect(await objects.move(key, `swept/1/${key}`)).toBe(true);
      expect((await objects.read(`swept/1/${key}`))?.toString()).toBe(key);
    }
    expect(await keysOf('pins/')).toEqual([]);
  });

  test('a moved object is in its new place only, and may be moved back over itself', async () => {
    await objects.put('blobs/aa/x', 'x');
    expect(await objects.move('blobs/aa/x', 'swept/17/blobs/aa/x')).toBe(true);
    expect([await objects.look('blobs/aa/x'), await objects.folders('swept/')]).toEqual([undefined, ['17']]);
    await objects.put('blobs/aa/x', 'x');
    expect(await objects.move('swept/17/blobs/aa/x', 'blobs/aa/x')).toBe(true);
    expect(await keysOf('')).toEqual(['blobs/aa/x']);
  });

  test('age is counted from writing or renewing', async () => {
    await objects.put('pins/a', 'a');
    const old = new Date(Date.now() - 48 * HOUR_MS);
    utimesSync(join(way.files(folder), 'pins/a'), old, old);
    expect(Date.now() - (await objects.look('pins/a'))!.at.getTime()).toBeGreaterThan(47 * HOUR_MS);
    expect(await objects.renew('pins/a', new Date())).toBe(true);
    expect(Date.now() - (await objects.look('pins/a'))!.at.getTime()).toBeLessThan(HOUR_MS);
    expect((await objects.read('pins/a'))?.toString()).toBe('a');
  });

  test('1,050 objects are all listed, each once', async () => {
    const keys = Array.from({ length: 1050 }, (_, i) => `manifests/${sha256(String(i))}`);
    await using staging = new Staging(objects);
    for (const key of keys) staging.add(key, key);
    await staging.commit();
    expect(await keysOf('manifests/')).toEqual(keys.sort());
    expect(await keysOf('manifests/a')).toEqual(keys.filter((key) => key.startsWith('manifests/a')));
  });

  test('unfinished files of a process that died go after an hour, what is on its way stays', async () => {
    const staging = new Staging(objects);
    staging.add('blobs/a', 'a');
    await objects.removeLeftovers(new Date());
    expect(readdirSync(objects.spool)).toHaveLength(1);
    await objects.removeLeftovers(new Date(Date.now() + 2 * HOUR_MS));
    expect(readdirSync(objects.spool)).toEqual([]);
  });
}

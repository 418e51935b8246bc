import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobKey, ContentStore } from '../../../src/source/content-store.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'staging-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Some bytes, and then none any more. */
async function* brokenOff(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.alloc(1_000));
  throw new Error('broke off');
}

test('a download that breaks off leaves no part of it on the volume', async () => {
  const store = await ContentStore.open(folder);
  await using staging = store.staging();
  await expect(staging.addStream(brokenOff(), blobKey)).rejects.toThrow('broke off');
  expect(readdirSync(store.objects.spool)).toEqual([]);
});

test('a volume that takes nothing more is a fault of the content store, also before anything gets its key', async () => {
  const store = await ContentStore.open(folder);
  await using staging = store.staging();
  rmSync(store.objects.spool, { recursive: true });
  writeFileSync(store.objects.spool, 'in the way');
  const failed = { reason: 'ContentStoreFailed', message: expect.stringContaining(store.objects.spool) as string };
  expect(() => staging.add(blobKey('a'.repeat(64)), 'x')).toThrow(expect.objectContaining(failed) as Error);
  await expect(staging.addStream(brokenOff(), blobKey)).rejects.toMatchObject(failed);
});

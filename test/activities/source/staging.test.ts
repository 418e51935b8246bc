import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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

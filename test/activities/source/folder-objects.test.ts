import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderObjects } from '../../../src/source/folder-objects.ts';
import { testObjects } from './support/objects-contract.ts';

describe('objects in a folder', () =>
  testObjects({ open: (folder) => Promise.resolve(new FolderObjects(join(folder, 'store'))), files: (folder) => join(folder, 'store') }));

test('a folder that cannot be used says so by name, and is never taken for an empty one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'objects-'));
  const failed = { reason: 'ContentStoreFailed', message: expect.stringContaining(folder) as string };
  writeFileSync(join(folder, 'pins'), 'in the way');
  const objects = new FolderObjects(folder);
  await expect(objects.prepare()).rejects.toMatchObject(failed);
  await expect(objects.put('pins/a', 'a')).rejects.toMatchObject(failed);
  await expect(objects.list('pins/').next()).rejects.toMatchObject(failed);
  if (process.getuid?.() !== 0) {
    mkdirSync(join(folder, 'blobs'));
    chmodSync(join(folder, 'blobs'), 0);
    await expect(objects.list('blobs/').next()).rejects.toMatchObject(failed);
    chmodSync(join(folder, 'blobs'), 0o700);
  }
  rmSync(folder, { recursive: true });
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobIndex } from '../../../src/source/blob-index.ts';
import { sha256 } from '../../../src/source/digest.ts';

const OID = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const BLOB = { sha256: sha256('x'), size: 12_345, lfsPointer: true };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'index-'));
  file = join(folder, 'git-blobs');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a line that was cut short anywhere is no record, and takes nothing else with it', async () => {
  await (await BlobIndex.open(folder)).add(new Map([[OID, BLOB]]));
  const whole = readFileSync(file, 'utf8').trim();
  expect((await BlobIndex.open(folder)).get(OID)).toEqual(BLOB);
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(file, whole.slice(0, length));
    expect((await BlobIndex.open(folder)).get(OID)).toBeUndefined();
  }
  await (await BlobIndex.open(folder)).add(new Map([[OTHER, BLOB]]));
  const again = await BlobIndex.open(folder);
  expect(again.get(OID)).toBeUndefined();
  expect(again.get(OTHER)).toEqual(BLOB);
});

test('what is found out anew takes the place of a record that says otherwise, also after a restart', async () => {
  const index = await BlobIndex.open(folder);
  await index.add(new Map([[OID, { ...BLOB, lfsPointer: false }]]));
  await index.add(new Map([[OID, BLOB]]));
  expect(index.get(OID)).toEqual(BLOB);
  expect((await BlobIndex.open(folder)).get(OID)).toEqual(BLOB);
});

test('lines without a check, as they were written before, are read anew from git', async () => {
  appendFileSync(file, `${OID} ${BLOB.sha256} 12345 lfs\n`);
  expect((await BlobIndex.open(folder)).get(OID)).toBeUndefined();
});

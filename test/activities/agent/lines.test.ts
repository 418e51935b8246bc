import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskVolume } from '../../../src/agent/disk-volume.ts';
import { Layout } from '../../../src/agent/layout.ts';
import { readLines, writeLines } from '../../../src/agent/lines-file.ts';
import { Lists } from '../../../src/agent/long-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'lines-'));
const volume = new DiskVolume(folder);
afterAll(() => {
  volume[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

const damaged = (cause: unknown): Error => new Error('damaged', { cause });
/** More than is kept in memory, in one, two, three and four bytes a character, and lines longer than what is read or written at once. */
const ITEMS = Array.from({ length: 3_000 }, (_, i) => `${i} ${['a', 'ü', '€', '😀'][i % 4]!.repeat(i === 1_500 ? 300_000 : i % 90)}`);

test('a file of lines reads back as it was written, by several readers at once, one of whom stops early', async () => {
  await writeLines(volume, 'lines', ITEMS);
  const list = readLines<string>(volume, 'lines', ITEMS.length, damaged);
  const [one, other] = [list[Symbol.iterator](), list[Symbol.iterator]()];
  for (let i = 0; i < ITEMS.length; i += 1) {
    if (i === 10) for (const first of list) if (first === ITEMS[0]) break;
    expect(one.next().value === ITEMS[i] && other.next().value === ITEMS[i]).toBe(true);
  }
  expect([one.next().done, other.next().done]).toEqual([true, true]);
  const short = readLines<string>(volume, 'lines', ITEMS.length + 1, damaged);
  expect(() => [...short]).toThrow('damaged');
});

test('a list that outgrows memory can be gone through while it still grows, by several at once', () => {
  volume.makeFolder('.ignition-sync');
  volume.makeFolder('.ignition-sync/staging');
  using lists = new Lists(new Layout(volume));
  const list = lists.make<string>();
  for (const item of ITEMS.slice(0, 2_000)) list.push(item);
  const reader = list[Symbol.iterator]();
  expect(reader.next().value).toBe(ITEMS[0]);
  for (const item of ITEMS.slice(2_000)) list.push(item);
  expect([...list]).toEqual(ITEMS);
  expect(list.length).toBe(ITEMS.length);
});

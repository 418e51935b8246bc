import type { PlanResult } from '../../../src/contract/source-activities.ts';
import { createManifest, type ManifestEntry } from '../../../src/domain/manifest.ts';
import { KindsOfChange, ownedChanges } from '../../../src/source/plan-changes.ts';
import { notesOf, planSentence } from '../../../src/workflows/plan-words.ts';

const entry = (path: string, content = 'x'): ManifestEntry => ({
  path,
  sha256: content.charCodeAt(0).toString(16).padStart(64, '0'),
  size: 1,
  executable: false,
});
const manifest = (...paths: readonly string[]) =>
  createManifest(paths.map((text) => entry(...(text.split('=') as [string, string | undefined]))));
const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);

const COMMIT = 'c'.repeat(40);
const RESULT: PlanResult = {
  planDigest: 'd'.repeat(64),
  stages: [],
  changed: 2,
  unchanged: 0,
  files: { added: 1, modified: 1, deleted: 1 },
  notes: [],
  holds: [],
  connection: { port: 1, tls: false },
  retainSnapshots: 5,
};

test('gateways that change alike are one kind, with the first paths of every kind of change', () => {
  const kinds = new KindsOfChange();
  const change = ownedChanges(manifest('a=1', 'b', 'gone'), manifest('a=2', 'b', 'new'), []);
  for (const gateway of many('gw-', 7)) kinds.add(gateway, change);
  kinds.add('other', ownedChanges(undefined, manifest('a'), []));
  const changes = kinds.summary();
  expect(changes).toEqual([
    {
      gateways: 7,
      such: many('gw-', 5),
      files: { added: { count: 1, first: ['new'] }, modified: { count: 1, first: ['a'] }, deleted: { count: 1, first: ['gone'] } },
    },
    {
      gateways: 1,
      such: ['other'],
      files: { added: { count: 1, first: ['a'] }, modified: { count: 0, first: [] }, deleted: { count: 0, first: [] } },
    },
  ]);
  expect(planSentence({ ...RESULT, changes }, COMMIT)).toBe(
    'plan dddddddd of cccccccc changes 2 gateways: 1 file added, 1 modified, 1 deleted, such as gone (deleted), a (modified), new (added)',
  );
});

test('many files of one kind hide none of another, and the count is exact', () => {
  const kinds = new KindsOfChange();
  kinds.add('gw', ownedChanges(manifest('gone'), manifest(...many('added', 5_000)), []));
  const [{ files } = { files: undefined }] = kinds.summary();
  expect(files).toMatchObject({ added: { count: 5_000 }, deleted: { count: 1, first: ['gone'] } });
  expect(files!.added.first).toEqual(many('added', 19));
});

test('a result stays small, whatever names and gateways there are', () => {
  const kinds = new KindsOfChange();
  for (const gateway of many('g', 1_000)) {
    const paths = many(`${'ü'.repeat(2_000)}${gateway}`, 30);
    kinds.add(gateway, ownedChanges(undefined, manifest(...paths), []));
  }
  const summary = kinds.summary();
  expect(summary).toHaveLength(10);
  expect(Buffer.byteLength(JSON.stringify(summary))).toBeLessThan(128 * 1024);
  expect(summary[0]!.files.added.first[0]).toMatch(/^…ü+g0000000/);
});

test('a plan of a source that names no files is said with its counts', () => {
  expect(planSentence({ ...RESULT, holds: [{ reason: 'EmptySource', message: 'gw: nothing' }] }, COMMIT)).toBe(
    'plan dddddddd of cccccccc changes 2 gateways: 1 file added, 1 modified, 1 deleted. Needs a look: EmptySource: gw: nothing',
  );
});

test('status has the first notes of a plan, and says where the others are', () => {
  expect(notesOf(RESULT)).toBeUndefined();
  expect(notesOf({ ...RESULT, notes: many('note ', 7) })).toEqual([...many('note ', 5), 'and 2 more: query progress of the rollout']);
});

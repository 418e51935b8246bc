import { createManifest, type Manifest } from '../../../src/domain/manifest.ts';
import type { MappingOutcome } from '../../../src/domain/plan/compose.ts';
import { diffManifests } from '../../../src/domain/plan/diff.ts';
import { guardMirror, guardRails } from '../../../src/domain/plan/guard-rails.ts';

/** `path` or `path=content`, with `*` at the end for an executable file. */
function manifest(...files: readonly string[]): Manifest {
  return createManifest(
    files.map((text) => {
      const [path = '', content = path] = text.replace(/\*$/, '').split('=');
      return { path, sha256: content, size: 1, executable: text.endsWith('*') };
    }),
  );
}

const many = (count: number, prefix = 'projects/p/f', content = 'c'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}=${content}${i}`);
const mapping = (destination: string, brought: number, absent = false): MappingOutcome => ({
  field: `mapping onto ${destination}`,
  destination,
  brought,
  absent,
});

test('a diff tells added, modified, mode-only and deleted apart', () => {
  const diff = diffManifests(manifest('same', 'edit=1', 'mode', 'gone', 'both=1'), manifest('same', 'edit=2', 'mode*', 'new', 'both=2*'));
  expect(
    Object.fromEntries(
      Object.entries(diff).map(([kind, entries]: [string, readonly { path: string }[]]) => [kind, entries.map(({ path }) => path)]),
    ),
  ).toEqual({
    added: ['new'],
    modified: ['both', 'edit'],
    modeChanged: ['mode'],
    deleted: ['gone'],
  });
});

test.each([
  { name: 'half of 40 files may go', before: many(40), after: many(20), held: false },
  { name: '21 of 40 files are held', before: many(40), after: many(19), held: true },
  { name: 'all of 20 files may go', before: many(20), after: [], held: false },
  { name: 'all of 21 files are held', before: many(21), after: [], held: true },
  { name: 'a move of everything is no delete', before: many(40), after: many(40, 'projects/q/f'), held: false },
  { name: 'a move with edits of most files is a delete', before: many(40), after: many(40, 'projects/q/f', 'other'), held: true },
  {
    name: 'one copy does not excuse many deletes of equal files',
    before: Array.from({ length: 40 }, (_, i) => `projects/p/${i}=same`),
    after: ['projects/q/0=same'],
    held: true,
  },
  { name: 'edits are no deletes', before: many(40), after: many(40, 'projects/p/f', 'other'), held: false },
])('$name', ({ before, after, held }) => {
  const [previous, next] = [manifest(...before), manifest(...after)];
  const faults = guardRails(previous, diffManifests(previous, next), [mapping('projects', after.length || 1)]);
  expect(faults.map(({ reason }) => reason)).toEqual(held ? ['TooManyDeletes'] : []);
});

test('the hold says how many of how many', () => {
  const [previous, next] = [manifest(...many(100)), manifest(...many(13))];
  expect(guardRails(previous, diffManifests(previous, next), [mapping('projects', 13)])[0]?.message).toMatch(
    /^87 of 100 files \(87 %\) would be deleted/,
  );
});

test.each([
  { name: 'a mapping that brings nothing any more is held', mappings: [mapping('projects/p', 0), mapping('projects/q', 1)], held: true },
  {
    name: 'a source that is allowed to be absent deletes without a hold',
    mappings: [mapping('projects/p', 0, true), mapping('projects/q', 1)],
    held: false,
  },
  {
    name: 'a deleted file of a mapping that still brings others is not held',
    mappings: [mapping('projects/p', 3), mapping('projects/q', 1)],
    held: false,
  },
  { name: 'a removed mapping takes its files along without a hold', mappings: [mapping('projects/q', 1)], held: false },
  {
    name: 'another mapping onto the same destination still brings files',
    mappings: [mapping('projects/p', 0), mapping('projects/p', 2)],
    held: false,
  },
  { name: 'the nearest mapping owned the file', mappings: [mapping('', 5), mapping('projects/p', 0)], held: true },
])('$name', ({ mappings, held }) => {
  const [previous, next] = [manifest('projects/p/a', 'projects/q/b'), manifest('projects/q/b')];
  expect(guardRails(previous, diffManifests(previous, next), mappings).map(({ reason }) => reason)).toEqual(held ? ['EmptySource'] : []);
});

test('a source that is allowed to be absent is held for the share that it takes, like any other', () => {
  const [previous, next] = [manifest(...many(40), 'projects/q/b'), manifest('projects/q/b')];
  const held = guardRails(previous, diffManifests(previous, next), [mapping('projects/p', 0, true), mapping('projects/q', 1)]);
  expect(held.map(({ reason }) => reason)).toEqual(['TooManyDeletes']);
});

test('a first apply that brings a file is not held; one that brings none is, and says why', () => {
  expect(guardRails(undefined, diffManifests(undefined, manifest('a')), [mapping('projects', 0)])).toEqual([]);
  const empty = manifest();
  const held = guardRails(undefined, diffManifests(undefined, empty), [mapping('projects', 0)], 'no file comes.');
  expect(held.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'EmptySource: no file comes. Approve the plan if that is meant; else mend it and push or apply.',
  ]);
  // A person has let it through, or it was so before: not asked with each commit.
  expect(guardRails(empty, diffManifests(empty, empty), [mapping('projects', 0)])).toEqual([]);
});

test.each([
  { name: 'nothing foreign: the plan itself was judged before', loss: { owned: 30, foreign: 0, leaving: 30 }, held: false },
  { name: 'half of all', loss: { owned: 20, foreign: 20, leaving: 20 }, held: false },
  { name: 'more than half of all', loss: { owned: 20, foreign: 21, leaving: 21 }, held: true },
  { name: 'ours and theirs together', loss: { owned: 30, foreign: 10, leaving: 21 }, held: true },
  { name: 'of twenty files', loss: { owned: 1, foreign: 19, leaving: 20 }, held: false },
  { name: 'a first apply onto foreign files only', loss: { owned: 0, foreign: 21, leaving: 21 }, held: true },
])('a mirror that takes $name: held $held', ({ loss, held }) => {
  expect(guardMirror(loss)?.reason).toBe(held ? 'TooManyDeletes' : undefined);
});

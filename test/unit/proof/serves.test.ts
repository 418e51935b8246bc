import { compareTags, serves } from '../../../src/domain/proof/serves.ts';

test.each<{ name: string; served: unknown; written: unknown; same: boolean }>([
  { name: 'the same', served: { a: [1, { b: null }] }, written: { a: [1, { b: null }] }, same: true },
  { name: 'defaults added', served: { a: 1, b: 2 }, written: { a: 1 }, same: true },
  { name: 'another order of keys', served: { b: 2, a: 1 }, written: { a: 1, b: 2 }, same: true },
  { name: 'another value', served: { a: 2 }, written: { a: 1 }, same: false },
  { name: 'a field left out', served: {}, written: { a: 1 }, same: false },
  { name: 'a field of the prototype', served: {}, written: { toString: 1 }, same: false },
  { name: 'nothing', served: undefined, written: { a: 1 }, same: false },
  { name: 'another order of plain values', served: [2, 1], written: [1, 2], same: false },
  {
    name: 'another order of named things',
    served: [{ name: 'b' }, { name: 'a', x: 1 }],
    written: [{ name: 'a' }, { name: 'b' }],
    same: true,
  },
  { name: 'one named thing more', served: [{ name: 'a' }, { name: 'b' }], written: [{ name: 'a' }], same: false },
  { name: 'a list in place of a record', served: [], written: {}, same: false },
])('$name: $same', ({ served, written, same }) => {
  expect(serves(served, written)).toBe(same);
});

test.each<{ name: string; tree: unknown; definitions: unknown[]; is: object }>([
  {
    name: 'all there',
    tree: { tags: [{ name: 'F', tags: [{ name: 'a', v: 1 }] }] },
    definitions: [{ name: 'a' }],
    is: { missing: [], other: [], extra: [] },
  },
  {
    name: 'one missing',
    tree: { tags: [{ name: 'F', tags: [] }] },
    definitions: [{ name: 'a' }],
    is: { missing: ['a'], other: [], extra: [] },
  },
  { name: 'no folder', tree: { tags: [] }, definitions: [{ name: 'a' }], is: { missing: ['a'], other: [], extra: [] } },
  {
    name: 'another value',
    tree: { tags: [{ name: 'F', tags: [{ name: 'a', v: 1 }] }] },
    definitions: [{ name: 'a', v: 2 }],
    is: { missing: [], other: ['a'], extra: [] },
  },
  {
    name: 'one too many, folders aside',
    tree: { tags: [{ name: 'F', tags: [{ name: 'old' }, { name: 'G', tagType: 'Folder', tags: [] }] }] },
    definitions: [],
    is: { missing: [], other: [], extra: ['old'] },
  },
  { name: 'no tree', tree: 'text', definitions: [], is: { missing: [], other: [], extra: [] } },
])('a folder of tags with $name', ({ tree, definitions, is }) => {
  expect(compareTags(tree, ['F'], definitions)).toEqual(is);
});

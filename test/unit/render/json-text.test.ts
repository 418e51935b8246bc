import { SyncError } from '../../../src/domain/errors.ts';
import type { JsonValue } from '../../../src/domain/render/edits.ts';
import { render } from '../../../src/domain/render/render.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The text after setting values, or `Reason: message` of the refusal. */
function set(text: string, pointer: string, value: JsonValue, ifPresent = false): string {
  try {
    const after = render(
      bytes(text),
      [{ kind: 'set', field: 'spec.patches[0].set[0]', pointer, value, ifPresent }],
      new Map(),
      'a/config.json',
    );
    return after.kind === 'unchanged' ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(after.bytes);
  } catch (error) {
    if (error instanceof SyncError) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

test.each<{ name: string; text: string; path: string; value: JsonValue; gives: string }>([
  { name: 'a text that looks like a number stays a text', text: '{"a":"x"}', path: '/a', value: '1234', gives: '{"a":"1234"}' },
  { name: 'a number stays a number', text: '{"a":"x"}', path: '/a', value: 1234, gives: '{"a":1234}' },
  { name: 'null is null', text: '{"a":"x"}', path: '/a', value: null, gives: '{"a":null}' },
  { name: 'the word null is a text', text: '{"a":1}', path: '/a', value: 'null', gives: '{"a":"null"}' },
  {
    name: 'numbers that are not addressed keep their spelling',
    text: '{"n":9007199254740993,"v":1.10,"e":1E+3,"a":1}',
    path: '/a',
    value: true,
    gives: '{"n":9007199254740993,"v":1.10,"e":1E+3,"a":true}',
  },
  {
    name: 'white space, order of keys and line ends stay',
    text: '{\r\n\t"b" : 1,\r\n\t"a" :  "x"  \r\n}\r\n',
    path: '/a',
    value: 'y',
    gives: '{\r\n\t"b" : 1,\r\n\t"a" :  "y"  \r\n}\r\n',
  },
  { name: 'a byte-order mark stays', text: '\uFEFF{"a":1}', path: '/a', value: 2, gives: '\uFEFF{"a":2}' },
  { name: 'an item of a list', text: '{"a":[1,2,3]}', path: '/a/1', value: 9, gives: '{"a":[1,9,3]}' },
  { name: 'a key with a slash and a tilde', text: '{"a/b":{"c~d":1}}', path: '/a~1b/c~0d', value: 2, gives: '{"a/b":{"c~d":2}}' },
  { name: 'a key that is missing is added to its object', text: '{"a":{"b":1}}', path: '/a/c', value: 2, gives: '{"a":{"b":1,"c":2}}' },
  {
    name: 'an added key is indented like its neighbours',
    text: '{\n    "a": {\n        "b": 1\n    }\n}\n',
    path: '/a/c',
    value: 'x',
    gives: '{\n    "a": {\n        "b": 1,\n        "c": "x"\n    }\n}\n',
  },
  { name: 'the same value changes nothing', text: '{ "a" : "x" }', path: '/a', value: 'x', gives: '{ "a" : "x" }' },
  { name: 'quotes are escaped', text: '{"a":1}', path: '/a', value: 'say "hi"', gives: '{"a":"say \\"hi\\""}' },
])('$name', ({ text, path, value, gives }) => {
  expect(set(text, path, value)).toBe(gives);
});

test.each<{ name: string; text: string; path: string; says: string }>([
  { name: 'what is not JSON', text: '{"a":', path: '/a', says: 'a/config.json is not JSON (line 1: ValueExpected)' },
  { name: 'comments', text: '{\n// x\n"a":1}', path: '/a', says: 'a/config.json is not JSON (line 2: InvalidCommentToken)' },
  { name: 'an empty file', text: '', path: '/a', says: 'a/config.json is not JSON' },
  { name: 'a key that stands twice', text: '{"a":1,"a":2}', path: '/a', says: 'has the key "a" 2 times in one object' },
  { name: 'a path whose objects do not exist', text: '{"a":1}', path: '/settings/url', says: 'has no /settings' },
  { name: 'a key of a text', text: '{"a":"x"}', path: '/a/b', says: 'has no object at /a' },
  { name: 'an item beyond the end of a list', text: '{"a":[1]}', path: '/a/5', says: 'has no object at /a' },
  { name: 'a path with dots', text: '{"a":1}', path: 'settings.url', says: '/settings/url names the same key' },
  { name: 'a binary file', text: '\u0000\u0001', path: '/a', says: 'a/config.json is not text in UTF-8' },
])('$name is refused, with field, file and what is wrong', ({ text, path, says }) => {
  const refusal = set(text, path, 1);
  expect(refusal).toMatch(/^PatchFailed: spec\.patches\[0\]\.set\[0\]: /);
  expect(refusal).toContain(says);
});

test('where only files that have the key are meant, the others stay as they are', () => {
  expect(set('{"b":1}', '/a', 2, true)).toBe('{"b":1}');
  expect(set('{"a":1}', '/a', 2, true)).toBe('{"a":2}');
});

test('edits are made in their order: the last word counts', () => {
  const edit = (value: string) => ({ kind: 'set' as const, field: 'f', pointer: '/a', value, ifPresent: false });
  const after = render(bytes('{"a":0}'), [edit('x'), edit('y')], new Map(), 'c.json');
  expect(after).toEqual({ kind: 'changed', bytes: bytes('{"a":"y"}') });
});

import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { JsonValue } from './edits.ts';

/** Why a JSON text cannot be changed as wanted, as the end of a sentence. */
export class JsonTextError extends Error {}

/** A JSON text and its nodes: strict JSON, as gateways write it. */
interface Parsed {
  readonly text: string;
  readonly root: Node;
}

function parse(text: string): Parsed {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new JsonTextError(`is not JSON (line ${line}: ${printParseErrorCode(first.error)})`);
  }
  if (!root) throw new JsonTextError('is empty, not JSON');
  return { text, root };
}

/** The values that a key leads to: more than one where a key stands twice in an object. */
function step(node: Node, key: string): Node[] {
  if (node.type === 'array') {
    const item = /^(0|[1-9][0-9]*)$/.test(key) ? node.children?.[Number(key)] : undefined;
    return item ? [item] : [];
  }
  if (node.type !== 'object') return [];
  return (node.children ?? []).flatMap(({ children: [name, value] = [] }) => (name?.value === key && value ? [value] : []));
}

/** Where the keys lead: the value, or the deepest node on the way and the keys that are missing below it. */
function find(root: Node, keys: readonly string[]): { node: Node; missing: readonly string[] } {
  let node = root;
  for (const [index, key] of keys.entries()) {
    const found = step(node, key);
    if (found.length > 1)
      throw new JsonTextError(`has the key "${key}" ${found.length} times in one object: which one counts is not defined`);
    const [next] = found;
    if (!next) return { node, missing: keys.slice(index) };
    node = next;
  }
  return { node, missing: [] };
}

/** Whether a JSON text has a value at these keys. @throws JsonTextError when it is not JSON. */
export function hasValue(text: string, keys: readonly string[]): boolean {
  return find(parse(text).root, keys).missing.length === 0;
}

/**
 * Sets one value in a JSON text. Bytes that are not addressed stay: order of keys, spelling of numbers, white space. A key that is
 * missing is added to its object; objects on the way are not made, since a wrong path would make a key that nobody reads.
 * @throws JsonTextError
 */
export function setValue(text: string, keys: readonly string[], value: JsonValue): string {
  const { root } = parse(text);
  const { node, missing } = find(root, keys);
  if (missing.length === 0) {
    const indent = lineIndent(text, node.offset);
    const written = JSON.stringify(value, null, typeof value === 'object' && value !== null ? indentOf(text) : undefined);
    return text.slice(0, node.offset) + written.replaceAll('\n', eolOf(text) + indent) + text.slice(node.offset + node.length);
  }
  if (missing.length > 1) throw new JsonTextError(`has no /${keys.slice(0, keys.length - missing.length + 1).join('/')}`);
  if (node.type !== 'object') throw new JsonTextError(`has no object at /${keys.slice(0, -1).join('/')} to put "${missing[0] ?? ''}" into`);
  return insert(text, node, missing[0] ?? '', value);
}

/** Adds a member after the last one of an object, written as that one is. */
function insert(text: string, object: Node, key: string, value: JsonValue): string {
  const last = object.children?.at(-1);
  const [name, content] = last?.children ?? [];
  if (!last || !name || !content) {
    const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    return `${text.slice(0, object.offset)}{${member}}${text.slice(object.offset + object.length)}`;
  }
  const colon = text.slice(name.offset + name.length, content.offset);
  const gap = /[ \t\r\n]*$/.exec(text.slice(object.offset + 1, last.offset))?.[0] ?? '';
  const end = last.offset + last.length;
  return `${text.slice(0, end)},${gap}${JSON.stringify(key)}${colon}${JSON.stringify(value)}${text.slice(end)}`;
}

/** Takes one key out of a JSON text; a text without it stays as it is. @throws JsonTextError */
export function removeValue(text: string, keys: readonly string[]): string {
  const { node, missing } = find(parse(text).root, keys);
  const member = node.parent;
  const siblings = member?.parent?.children ?? [];
  if (missing.length > 0 || member?.type !== 'property') return text;
  const index = siblings.indexOf(member);
  const [before, after] = [siblings[index - 1], siblings[index + 1]];
  const start = before ? before.offset + before.length : member.offset;
  const end = before || !after ? member.offset + member.length : after.offset;
  return text.slice(0, start) + text.slice(end);
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** One level of indentation in this text. */
function indentOf(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1]?.replace(/^\t+$/, '\t') ?? '  ';
}

/** The white space that the line of this place begins with. */
function lineIndent(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
}

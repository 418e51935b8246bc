import { SyncError } from '../errors.ts';
import type { TemplateValues } from '../plan/template.ts';
import type { Edit, Rendered } from './edits.ts';
import { JsonTextError, hasValue, setValue } from './json-text.ts';
import { parsePointer } from './pointer.ts';
import { renderContent } from './template-text.ts';

/** Larger files are never edited: nobody writes templates of that size, and memory stays bounded. */
export const MAX_EDITED_BYTES = 16 * 1024 * 1024;

const BOM = '\uFEFF';

/**
 * The bytes of one file after its edits. Binary files take no templates.
 * @param path where it lands, for messages.
 * @throws SyncError TemplateFailed with file, line and variable; PatchFailed with file, path and what is wrong.
 */
export function render(bytes: Uint8Array, edits: readonly Edit[], values: TemplateValues, path: string): Rendered {
  const whole = decode(bytes);
  if (whole === undefined) {
    const set = edits.find(({ kind }) => kind === 'set');
    if (set) throw new SyncError('PatchFailed', `${set.field}: ${path} is not text in UTF-8, so no value can be set in it.`);
    return { kind: 'unchanged' };
  }
  const bom = whole.startsWith(BOM) ? BOM : '';
  const before = whole.slice(bom.length);
  let text = before;
  for (const edit of edits) text = apply(text, edit, values, path);
  return text === before ? { kind: 'unchanged' } : { kind: 'changed', bytes: new TextEncoder().encode(bom + text) };
}

/** Whether a JSON file has a value at a pointer; false for what is not JSON. */
export function hasKey(bytes: Uint8Array, pointer: string): boolean {
  const text = decode(bytes);
  const parsed = parsePointer(pointer);
  if (text === undefined || 'wrong' in parsed) return false;
  try {
    return hasValue(text.startsWith(BOM) ? text.slice(1) : text, parsed.keys);
  } catch (error) {
    if (error instanceof JsonTextError) return false;
    throw error;
  }
}

function apply(text: string, edit: Edit, values: TemplateValues, path: string): string {
  if (edit.kind === 'template') return renderContent(text, values, { file: path, field: edit.field, json: path.endsWith('.json') });
  const fail = (what: string): never => {
    throw new SyncError('PatchFailed', `${edit.field}: ${path} ${what}. Wanted: ${edit.pointer}.`);
  };
  const pointer = parsePointer(edit.pointer);
  if ('wrong' in pointer) return fail(`cannot be patched at "${edit.pointer}", which ${pointer.wrong}`);
  try {
    if (edit.ifPresent && !hasValue(text, pointer.keys)) return text;
    return setValue(text, pointer.keys, edit.value);
  } catch (error) {
    if (error instanceof JsonTextError) return fail(error.message);
    throw error;
  }
}

/** UTF-8 text, byte-order mark included; undefined for anything else. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 8_000).includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

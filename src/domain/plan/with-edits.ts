import { SyncError } from '../errors.ts';
import type { Edit } from '../render/edits.ts';
import type { PlannedFile } from './composed.ts';
import type { Layout, SetValue } from './mapping.ts';
import { globMatcher } from './patterns.ts';

/** The file that holds a gateway's own name, in any collection. */
export const SYSTEM_PROPERTIES = /^config\/resources\/[^/]+\/ignition\/system-properties\/config\.json$/;
/** Where in it. */
export const SYSTEM_NAME = '/systemName';

/**
 * Adds to each file what patches and normalisation change in it, in that order: the name of a gateway is the last word.
 * @throws SyncError PatchFailed when a patch that is required matches no file.
 */
export function withEdits(files: readonly PlannedFile[], layout: Layout, notes: string[]): PlannedFile[] {
  const edits = new Map<string, Edit[]>();
  const add = (path: string, more: readonly Edit[]): void => void edits.set(path, [...(edits.get(path) ?? []), ...more]);
  for (const { field, files: glob, set, required } of layout.patches) {
    const matched = files.map(({ path }) => path).filter(globMatcher(glob));
    if (matched.length === 0 && required)
      throw new SyncError('PatchFailed', `${field}.files "${glob}" matches no file of this gateway: correct it, or set required: false.`);
    if (matched.length === 0) notes.push(`${field}: skipped, no file matches ${glob}.`);
    for (const path of matched)
      add(
        path,
        set.map((one) => toEdit(one, false)),
      );
  }
  const { systemName, everyConfig, fields } = layout.normalize;
  const own = [
    ...fields.map((one) => toEdit(one, true)),
    ...(systemName ? [toEdit({ field: systemName.field, pointer: SYSTEM_NAME, value: systemName.value }, true)] : []),
  ];
  for (const { path } of own.length > 0 ? files : [])
    if (SYSTEM_PROPERTIES.test(path) || (everyConfig && /(^|\/)config\.json$/.test(path))) add(path, own);
  return files.map((file) => {
    const more = edits.get(file.path);
    return more ? { ...file, edits: [...(file.edits ?? []), ...more] } : file;
  });
}

function toEdit({ field, pointer, value }: SetValue, ifPresent: boolean): Edit {
  return { kind: 'set', field, pointer, value, ifPresent };
}

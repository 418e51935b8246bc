import type { MappingOutcome } from './compose.ts';
import type { PlannedFile } from './composed.ts';
import { foldersAbove, isAtOrBelow } from './paths.ts';

/** A manifest of a collection that is made only where the gateway has none. */
export interface Fallback {
  readonly path: string;
  readonly text: string;
}

const COLLECTION = /^config\/resources\/([^/]+)$/;

/**
 * The `config-mode.json` that this plan lacks: of `external` always, without which a gateway does not start properly, and of each deployment
 * mode onto whose folder a mapping brings files, which the gateway would not read. Core's belongs to the gateway: it writes it with the rest
 * of core, and a part of core faults one that never ran.
 * @param isExcluded a pattern that shields the place keeps it from being made, too
 */
export function missingManifests(
  files: readonly PlannedFile[],
  mappings: readonly MappingOutcome[],
  isExcluded: (path: string) => boolean,
): Fallback[] {
  const planned = new Set(files.flatMap(({ path }) => [...foldersAbove(path), path]).map((path) => path.toLowerCase()));
  const spelled = files.map(({ path }) => /^config\/resources\/external(?=\/)/i.exec(path)?.[0]).find((folder) => folder !== undefined);
  const folders = new Set([
    spelled ?? 'config/resources/external',
    ...mappings.filter(({ destination, brought }) => brought > 0 && COLLECTION.test(destination)).map(({ destination }) => destination),
  ]);
  return [...folders].flatMap((folder) => {
    const path = `${folder}/config-mode.json`;
    const name = COLLECTION.exec(folder)?.[1] ?? '';
    const taken = planned.has(path.toLowerCase());
    return name.toLowerCase() === 'core' || taken || isExcluded(path) ? [] : [{ path, text: manifestOf(name) }];
  });
}

/** Says what is made for a collection that the plan brings files of. */
export function fallbackNotes(fallbacks: readonly Fallback[], files: readonly PlannedFile[]): string[] {
  return fallbacks.flatMap(({ path }) => {
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (!files.some((file) => isAtOrBelow(file.path, folder))) return [];
    return [`${folder} comes without its config-mode.json: a minimal one is made on gateways that have none, and stays.`];
  });
}

/** As a gateway writes it. */
function manifestOf(name: string): string {
  const [title, parent] = name.toLowerCase() === 'external' ? ['External', 'system'] : [name, 'core'];
  return `${JSON.stringify({ title, description: '', enabled: true, inheritable: true, parent }, undefined, 2)}\n`;
}

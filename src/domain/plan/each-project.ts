import type { PlannedFile } from './composed.ts';
import type { LayoutMapping } from './mapping.ts';
import { joinPath } from './paths.ts';

/**
 * The places of a mapping on this gateway: its destination, or that in each project that the plan has so far.
 * @returns no place where the gateway has no such project
 */
export function placesOf(mapping: LayoutMapping, files: () => readonly PlannedFile[]): LayoutMapping[] {
  const { eachProject, destination } = mapping;
  if (!eachProject) return [mapping];
  const { only } = eachProject;
  return projectsOf(files())
    .filter((name) => only === undefined || only.includes(name))
    .map((name) => ({ ...mapping, destination: { ...destination, path: joinPath(`projects/${name}`, destination.path) } }));
}

/** Names of the folders below `projects`, but for those that a gateway passes over. */
export function projectsOf(files: readonly PlannedFile[]): string[] {
  return [...new Set(files.flatMap(({ path }) => /^projects\/([^/.][^/]*)\//.exec(path)?.[1] ?? []))].sort();
}

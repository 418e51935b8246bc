import type { MappingOutcome } from './compose.ts';
import type { PlannedFile } from './composed.ts';
import { projectsOf } from './each-project.ts';
import { isAtOrBelow } from './paths.ts';
import { count, listSome } from './text.ts';

/** Projects that get a sentence of their own. */
const NAMED = 5;

/**
 * One sentence for each project that gets files and no `project.json`, such as after a project was renamed in git while a mapping still
 * names the old one: a gateway passes over such a folder without a word.
 */
export function orphanWarnings(files: readonly PlannedFile[], mappings: readonly MappingOutcome[]): string[] {
  const manifests = new Set(files.flatMap(({ path }) => /^projects\/([^/]+)\/project\.json$/.exec(path)?.[1] ?? []));
  const orphans = projectsOf(files).filter((name) => !manifests.has(name));
  const sentences = orphans.slice(0, NAMED).map((name) => {
    const folder = `projects/${name}`;
    const of = files.filter(({ path }) => path.startsWith(`${folder}/`)).length;
    const fields = mappings.filter(({ brought, destination }) => brought > 0 && isAtOrBelow(destination, folder)).map(({ field }) => field);
    const destination = fields.length === 0 ? 'the destination' : `the destination of ${listSome([...new Set(fields)], 3)}`;
    return `${folder} gets ${count(of, 'file')} and no project.json: a gateway that has no such project ignores them. If the project was renamed in git, correct ${destination}; else add its project.json.`;
  });
  const more = orphans.slice(NAMED);
  return more.length === 0 ? sentences : [...sentences, `The same of ${listSome(more, 10)}.`];
}

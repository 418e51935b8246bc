import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const ProjectFile = z.looseObject({
  title: z.string().nullish(),
  description: z.string().nullish(),
  enabled: z.boolean().nullish(),
  inheritable: z.boolean().nullish(),
  parent: z.string().nullish(),
});

/** A project as the API's list has it; its name is its folder's. */
export function readProject(dataDir: string, name: string): unknown {
  const file = readFileOrNothing(join(dataDir, 'projects', name, 'project.json'));
  return {
    name,
    title: file.title ?? '',
    description: file.description ?? '',
    enabled: file.enabled ?? true,
    parent: file.parent ?? '',
    inheritable: file.inheritable ?? false,
    mutable: true,
  };
}

function readFileOrNothing(path: string): z.infer<typeof ProjectFile> {
  try {
    return ProjectFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}

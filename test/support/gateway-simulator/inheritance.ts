import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from './gateway.ts';

/**
 * Which project each resource of a project comes from. A child's resource hides its parent's unless that may not be overridden; only an
 * inheritable project has children; a folder of the child without a manifest hides the parent's resource too, without a word [facts 2.5,
 * 2.6: observed once].
 */
export function inheritance({ engine, dataDir }: Gateway, project: string): Record<string, string> {
  const found: Record<string, string> = {};
  const nearer: string[] = [];
  for (let at = project; nearer.length < 32;) {
    const loaded = engine.projects().get(at);
    if (!loaded || (at !== project && loaded.fields['inheritable'] !== true)) break;
    for (const [key, { fields }] of loaded.resources) {
      const isHidden = nearer.some((name) => existsSync(join(dataDir, 'projects', name, key)));
      if (at === project || !isHidden || !fields.overridable) found[key] = at;
    }
    nearer.push(at);
    const parent = loaded.fields['parent'];
    if (typeof parent !== 'string' || parent === '') break;
    at = parent;
  }
  return found;
}

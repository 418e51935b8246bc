import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorPage, notFound, type Reply } from './answers.ts';
import type { Gateway } from './gateway.ts';
import type { Loaded } from './load.ts';
import { zip, type ZipEntry } from './zip.ts';

/** A project as the API's list has it; its name is its folder's [facts 1.8, 2.5]. */
export function projectRecord(name: string, { fields }: Loaded): Record<string, unknown> {
  const { title = '', description = '', enabled = true, parent, inheritable = false } = fields;
  return {
    name,
    title,
    description,
    enabled,
    parent: parent ?? '',
    inheritable,
    mutable: true,
    defaultDb: '',
    tagProvider: '',
    userSource: '',
  };
}

/**
 * `GET projects/export/:name`: what the gateway has of it, as the tree on disk [facts 1.8: 95 of 95 entries matched]. That it shows memory
 * and not the disk is inferred; a project that is only registered has nothing but its `project.json`.
 */
export function exportProject({ engine, dataDir }: Gateway, name: string): Reply {
  const loaded = engine.projects().get(name);
  if (!loaded) return notFound();
  const entries: ZipEntry[] = [];
  const add = (path: string, content: Buffer | undefined): void => {
    entries.push({ path, content: content ?? readFileSync(join(dataDir, 'projects', name, path)) });
  };
  try {
    add('project.json', loaded.manifest.content);
    for (const { dir, unary, manifest, payloads } of loaded.resources.values()) {
      const at = dir.slice(`projects/${name}/`.length);
      add(`${at}/${unary ? 'unary-resource.json' : 'resource.json'}`, manifest.content);
      for (const [file, { content }] of payloads) add(`${at}/${file}`, content);
    }
  } catch (error) {
    return errorPage(500, String(error));
  }
  const headers = { 'content-type': 'application/zip', 'content-disposition': `attachment; filename="${encodeURIComponent(name)}.zip"` };
  return { status: 200, headers, body: zip(entries.sort((a, b) => (a.path < b.path ? -1 : 1))) };
}

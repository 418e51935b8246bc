import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the gateway found at one project or collection. */
export interface Loaded {
  readonly name: string;
  /** One digest over every file's path and bytes: two equal ones ran the same content. */
  readonly digest: string;
  readonly files: number;
}

/** Names that the platform passes over in `projects/` and `config/resources/`. */
function ignored(name: string): boolean {
  return name.startsWith('.') || name.includes('.deleted-') || name.endsWith('.tmp');
}

/** Every folder below `root` that holds `manifest`, as the gateway reads it now. */
export async function readAll(root: string, manifest: 'project.json' | 'config-mode.json'): Promise<Loaded[]> {
  const names = await namesIn(root);
  const found = await Promise.all(names.filter((name) => !ignored(name)).map((name) => readOne(join(root, name), name, manifest)));
  return found.filter((one) => one !== undefined).sort((a, b) => a.name.localeCompare(b.name));
}

async function readOne(folder: string, name: string, manifest: string): Promise<Loaded | undefined> {
  const files = await filesBelow(folder, '');
  if (!files.includes(manifest)) return undefined;
  const hash = createHash('sha256');
  for (const path of files.sort()) {
    hash.update(`${path}\0`);
    hash.update(await readFile(join(folder, path)));
    hash.update('\0');
  }
  return { name, digest: hash.digest('hex'), files: files.length };
}

async function filesBelow(folder: string, at: string): Promise<string[]> {
  const entries = await readdir(join(folder, at), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    if (ignored(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

async function namesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

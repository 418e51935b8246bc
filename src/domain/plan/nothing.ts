import type { LayoutMapping } from './mapping.ts';
import { count, listSome } from './text.ts';
import type { TreeEntry } from './tree.ts';

/** A path inside a folder that looks like a gateway's: it is in `projects/<name>` or `config/resources/<collection>` below it. */
const IN_A_GATEWAYS_FOLDER = /^(.+?)\/(?:projects|config\/resources)\/[^/]+\//;

/** Folders, and files, in a sentence. */
const NAMED = 8;

/** Why a gateway would get no file of a commit at all, what the commit has, and what to write instead. */
export function nothingComes(tree: readonly TreeEntry[], mappings: readonly LayoutMapping[]): string {
  const sources = [...new Set(mappings.flatMap((mapping) => mapping.sources.map(({ path }) => `"${path === '' ? '.' : path}"`)))];
  const looked = sources.length === 0 ? '' : `, looked for below ${listSome(sources, NAMED)}`;
  return `no file of the commit comes to this gateway${looked}. ${rootOf(tree)}${orRather(tree)}`;
}

/** The folders of a commit that look like a gateway's, to be set instead of a path that is none; empty where there are none. */
export function orRather(tree: readonly TreeEntry[]): string {
  const folders = new Map<string, number>();
  for (const { path } of tree) {
    const folder = /^(?:projects|config\/resources)\//.test(path) ? undefined : IN_A_GATEWAYS_FOLDER.exec(path)?.[1];
    if (folder !== undefined) folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  if (folders.size === 0) return '';
  return ` projects or config/resources lie below ${listCounted(folders)}: set a mapping's source or the service path to that.`;
}

function rootOf(tree: readonly TreeEntry[]): string {
  if (tree.length === 0) return 'The commit is empty.';
  const names = new Map<string, number>();
  const folders = new Set<string>();
  for (const { path } of tree) {
    const [name = '', ...rest] = path.split('/');
    names.set(name, (names.get(name) ?? 0) + 1);
    if (rest.length > 0) folders.add(name);
  }
  const shown = [...names].map(([name, files]) => (folders.has(name) ? `${name} (${count(files, 'file')})` : name));
  return `Its root has ${listSome(shown, NAMED)}.`;
}

function listCounted(folders: ReadonlyMap<string, number>): string {
  const most = [...folders].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return listSome(
    most.map(([folder, files]) => `"${folder}" (${count(files, 'file')})`),
    NAMED,
  );
}

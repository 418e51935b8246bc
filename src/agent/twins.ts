import type { ManifestLines } from '../domain/manifest.ts';
import { folded } from '../domain/plan/collisions.ts';
import type { NameTwin } from '../domain/reports.ts';
import { Some } from './some.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** One folder that we have something in, and the names of that by how a gateway may read them. */
interface Own {
  readonly folder: string;
  readonly names: Map<string, string>;
}

/**
 * What lies beside our files and folders and differs from one of them only in case or in how accents are encoded. It is somebody else's, so
 * it stays; but a gateway may take both for one.
 */
export async function findTwins(tree: VolumeFs, live: ManifestLines, signal?: AbortSignal): Promise<Some<NameTwin>> {
  const twins = new Some<NameTwin>();
  const open: Own[] = [{ folder: '', names: new Map() }];
  const close = (own: Own): void => {
    for (const name of namesIn(tree, own.folder)) {
      const ours = own.names.get(folded(name));
      if (ours !== undefined && ours !== name) twins.add({ path: inFolder(own.folder, name), ours: inFolder(own.folder, ours) });
    }
  };
  let index = 0;
  for (const { path } of live.entries()) {
    await giveWay((index += 1));
    signal?.throwIfAborted();
    while (open.length > 1 && !path.startsWith(`${open.at(-1)?.folder ?? ''}/`)) close(open.pop() as Own);
    // Entries come in order, so all of a folder come together: what is open is the way to this one.
    for (let own = open.at(-1) as Own; ;) {
      const start = own.folder === '' ? 0 : own.folder.length + 1;
      const end = path.indexOf('/', start);
      const name = path.slice(start, end === -1 ? undefined : end);
      own.names.set(folded(name), name);
      if (end === -1) break;
      own = { folder: path.slice(0, end), names: new Map() };
      open.push(own);
    }
  }
  while (open.length > 0) close(open.pop() as Own);
  return twins;
}

function namesIn(tree: VolumeFs, folder: string): string[] {
  if (tree.look(folder).kind !== 'folder') return [];
  try {
    return tree.list(folder).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

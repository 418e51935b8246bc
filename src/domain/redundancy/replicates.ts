import { createManifest, type Manifest, type Mirror } from '../manifest.ts';

/** Collections that a pair does not bring to the other node. */
const OWN_COLLECTIONS: readonly string[] = ['external', 'local'];

/**
 * Whether the gateways of a pair bring a path, relative to the data directory, to each other by themselves: projects, core and the
 * deployment modes. Names of collections are compared without case, as gateways do.
 */
export function replicates(path: string): boolean {
  if (path.startsWith('projects/')) return true;
  const collection = /^config\/resources\/([^/]+)\//.exec(path)?.[1];
  return collection !== undefined && !OWN_COLLECTIONS.includes(collection.toLowerCase());
}

/** As `replicates`, for everything below a folder. */
export function folderReplicates(folder: string): boolean {
  return replicates(`${folder}/`);
}

/**
 * What the other node of a pair shall have: what replicates as it was composed for the master, whoever is active, and what does not as it
 * was composed for the node itself.
 */
export function peerManifest(master: Manifest, own: Manifest): Manifest {
  const entries = [...master.entries.filter(({ path }) => replicates(path)), ...own.entries.filter(({ path }) => !replicates(path))];
  return createManifest(entries, peerMirror(master.mirror, own.mirror));
}

function peerMirror(master: Mirror | undefined, own: Mirror | undefined): Mirror | undefined {
  const folders = [
    ...(master?.folders ?? []).filter((folder) => folderReplicates(folder)),
    ...(own?.folders ?? []).filter((folder) => !folderReplicates(folder)),
  ];
  if (folders.length === 0) return undefined;
  const spares = [...new Set([...(master?.spares ?? []), ...(own?.spares ?? [])])];
  return { folders: folders.sort(), spares };
}

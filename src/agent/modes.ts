import type { Stats } from 'node:fs';
import { SyncError } from '../domain/errors.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Whom written files belong to and what they allow. */
export interface Modes {
  file(executable: boolean): number;
  readonly folder: number;
  /** Set only where files of ours must be given away, which a superuser alone can do. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Reads the data directory's habits: 0644 and 0755, group write where it has it, its owner.
 * @throws SyncError OwnerMismatch when this process cannot write files that the gateway will be able to change.
 */
export function readModes(volume: VolumeFs): Modes {
  const root = folderAt(volume, '');
  if (!root) throw new Error('the root of a volume is always a folder');
  const group = root.mode & 0o020;
  const modes = { file: (executable: boolean) => (executable ? 0o755 : 0o644) | group, folder: 0o755 | group };
  const uid = process.geteuid?.() ?? root.uid;
  const owner = gatewayOwner(volume) ?? root;
  if (uid === owner.uid) return modes;
  if (uid === 0) return { ...modes, owner: { uid: owner.uid, gid: owner.gid } };
  const groups = process.getgroups?.() ?? [];
  if (group !== 0 && groups.includes(owner.gid)) return modes;
  throw new SyncError(
    'OwnerMismatch',
    `The gateway's files belong to user ${owner.uid}, group ${owner.gid}; the agent runs as user ${uid}. Run it with the gateway container's user and group.`,
  );
}

/** A volume's root often belongs to root; what the gateway made in it tells who the gateway is. */
function gatewayOwner(volume: VolumeFs): Stats | undefined {
  for (const name of ['config', 'projects', 'db']) {
    const found = folderAt(volume, name);
    if (found) return found;
  }
  return undefined;
}

function folderAt(volume: VolumeFs, path: string): Stats | undefined {
  const standing = volume.look(path);
  return standing.kind === 'folder' ? standing.stat : undefined;
}

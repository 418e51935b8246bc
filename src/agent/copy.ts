import { SyncError } from '../domain/errors.ts';
import { readPieces } from './hash.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';

/** What a volume says that can give no second name to this file. */
const NO_LINK = new Set(['EPERM', 'EMLINK', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * The same file under a second name, where the volume can do that: with everything it has, and without using space; else a copy, durable on
 * return.
 * @throws SyncError LocalChange when `from` is no plain file any more
 */
export async function linkOrCopy(volume: VolumeFs, from: string, to: string): Promise<void> {
  try {
    volume.link(from, to);
  } catch (error) {
    if (!NO_LINK.has(errnoOf(error) ?? '')) throw error;
    await copy(volume, from, to);
  }
  if (volume.look(to).kind !== 'file') throw changedMeanwhile(from);
}

/** A file of its own with the same content, mode and times, durable on return. @throws as `linkOrCopy` */
export async function copy(volume: VolumeFs, from: string, to: string): Promise<void> {
  const standing = volume.look(from);
  const source = standing.kind === 'file' ? volume.open(from) : undefined;
  if (standing.kind !== 'file' || source === undefined) throw changedMeanwhile(from);
  try {
    const { mode, uid, gid, atime, mtime } = standing.stat;
    const fd = volume.create(to, 'new', 0o600);
    try {
      for await (const piece of readPieces(source)) volume.write(fd, piece);
      volume.settle(fd, {
        mode: mode & 0o7777,
        owner: process.geteuid?.() === 0 ? { uid, gid } : undefined,
        times: { atime, mtime },
      });
      await volume.flush(fd);
    } finally {
      volume.close(fd);
    }
  } finally {
    volume.close(source);
  }
}

function changedMeanwhile(path: string): SyncError {
  return new SyncError('LocalChange', `${path} changed on the gateway while it was being saved. Ask again.`);
}

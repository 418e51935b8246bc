import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { Revision } from '../domain/reports.ts';
import type { Digest } from '../domain/manifest.ts';
import type { Change } from './change.ts';
import type { DiskVolume } from './disk-volume.ts';
import { makeFolders } from './durable.ts';
import { readPieces, readText } from './hash.ts';
import type { Layout } from './layout.ts';
import { keptFile, LATE, listSnapshots, readSnapshot } from './snapshot.ts';
import type { VolumeFs } from './volume-fs.ts';

/** A set of files that is kept on the volume: a snapshot, or what people saved while a change was interrupted. */
export interface KeptSet {
  /** Of its folder, and so unique on one volume. */
  readonly name: string;
  readonly kind: 'snapshot' | 'late';
  readonly seq: number;
  /** Below the data directory. */
  readonly folder: string;
  /** Before which operation a snapshot was taken. */
  readonly before?: string;
  /** The manifest that was live then; absent of what people saved. */
  readonly manifest?: Digest;
  readonly revision?: Revision | undefined;
  /** Bytes of the kept files, where it is noted. */
  readonly bytes?: number | undefined;
}

/** One path of a set. */
export interface KeptFile {
  /** On the gateway. */
  readonly path: string;
  /** Where its content is kept, below the data directory; absent for a file that was not there then. */
  readonly kept?: string;
  readonly sha256?: Digest;
}

/** Everything that files can be taken out of, newest first. Takes no lock and writes nothing. */
export function keptSets(layout: Layout): KeptSet[] {
  const { volume, snapshots } = layout;
  if (volume.look(snapshots).kind !== 'folder') return [];
  const whole = listSnapshots(layout).flatMap(({ folder, op, seq, from, revision, bytes }): KeptSet[] => [
    { name: basename(folder), kind: 'snapshot', seq, folder, before: op, manifest: from, revision, bytes },
    ...(volume.look(join(folder, 'late')).kind === 'folder'
      ? [{ name: `${LATE}${basename(folder)}`, kind: 'late' as const, seq, folder: join(folder, 'late') }]
      : []),
  ]);
  const aside = volume
    .list(snapshots)
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(LATE))
    .map(({ name }): KeptSet => ({ name, kind: 'late', seq: parseInt(name.slice(LATE.length), 10), folder: join(snapshots, name) }));
  return [...whole, ...aside].sort((a, b) => b.seq - a.seq);
}

/** The paths of a set. @throws SyncError RestoreFailed when its records are damaged */
export function* filesOf({ volume }: Layout, { kind, folder }: KeptSet): Generator<KeptFile> {
  if (kind === 'snapshot') {
    const snapshot = readSnapshot(volume, folder);
    let index = 0;
    for (const { path, before } of snapshot.changes) {
      const at = index;
      index += 1;
      yield safe({ path, ...(before && { kept: keptFile(folder, snapshot, at), sha256: before.sha256 }) });
    }
    return;
  }
  const list = readText(volume, join(folder, 'changes')) ?? readText(volume, join(dirname(folder), 'changes'));
  const changes = list?.split('\n').filter(Boolean) ?? [];
  for (const { name } of volume.list(folder)) {
    if (!/^\d+$/.test(name)) continue;
    const line = changes[Number(name)];
    // Of agents that kept no list: the work is there, its name is not.
    yield safe({ path: line === undefined ? `unnamed/${name}` : (JSON.parse(line) as Change).path, kept: join(folder, name) });
  }
}

/** What stands in a record on the volume is not trusted with a place outside the folder that files are copied to. */
function safe(file: KeptFile): KeptFile {
  const parts = file.path.split('/');
  if (parts.some((part) => ['', '.', '..'].includes(part)) || file.path.includes('\0'))
    throw new Error(`A record on the volume names "${file.path}", which is no path below the data directory: copy that file by hand.`);
  return file;
}

/** What became of one file. `differs`: its content is not what was saved; it was edited under its other name since. */
export type Copied = 'copied' | 'lost' | 'differs';

/** Copies one kept file under its own path. Nothing that is there is written over. */
export async function copyOut(volume: VolumeFs, { path, kept, sha256 }: KeptFile, to: DiskVolume): Promise<Copied> {
  const standing = kept === undefined ? undefined : volume.look(kept);
  const source = kept === undefined || standing?.kind !== 'file' ? undefined : volume.open(kept);
  if (source === undefined || standing?.kind !== 'file') return 'lost';
  try {
    makeFolders(to, dirname(path) === '.' ? '' : dirname(path), { mode: 0o755 });
    const fd = to.create(path, 'new', 0o600);
    try {
      const sum = createHash('sha256');
      for await (const piece of readPieces(source)) {
        sum.update(piece);
        to.write(fd, piece);
      }
      const { mode, atime, mtime } = standing.stat;
      to.settle(fd, { mode: mode & 0o777, times: { atime, mtime } });
      return sha256 === undefined || sum.digest('hex') === sha256 ? 'copied' : 'differs';
    } finally {
      to.close(fd);
    }
  } finally {
    volume.close(source);
  }
}

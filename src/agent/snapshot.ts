import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import type { Change, FoundFolder } from './change.ts';
import { linkOrCopy } from './copy.ts';
import { flushAll, makeFolders, removeAll, writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Which transaction a snapshot belongs to. */
export interface SnapshotHead {
  readonly op: string;
  readonly seq: number;
  readonly from: Digest;
  readonly to: Digest;
}

/** What was at the paths of one transaction before it. */
export interface Snapshot extends SnapshotHead {
  readonly changes: readonly Change[];
  readonly folders: readonly FoundFolder[];
}

/** Where file number `index` of a snapshot's changes is kept. */
export function keptFile(folder: string, index: number): string {
  return join(folder, 'files', String(index));
}

/**
 * Keeps every file that will change or go: the file itself under a second name where the volume can do that, so with everything it has and
 * without using space; else a copy.
 */
export async function takeSnapshot(layout: Layout, tree: VolumeFs, snapshot: Snapshot): Promise<void> {
  const folder = layout.snapshotFor(snapshot.op);
  await removeAll(tree, folder);
  makeFolders(tree, join(folder, 'files'));
  for (const [index, { path, before }] of snapshot.changes.entries()) {
    if (!before) continue;
    await giveWay(index);
    await linkOrCopy(tree, path, keptFile(folder, index));
  }
  await flushAll(tree, [join(folder, 'files'), layout.snapshots]);
  const { op, seq, from, to, changes, folders } = snapshot;
  await writeDurably(tree, join(folder, 'index.json'), JSON.stringify({ changes, folders }));
  await writeDurably(tree, join(folder, 'head.json'), JSON.stringify({ op, seq, from, to }));
}

/** The whole of one snapshot. @throws SyncError RestoreFailed when it is damaged. */
export function readSnapshot(volume: VolumeFs, folder: string): Snapshot {
  try {
    const head = JSON.parse(readText(volume, join(folder, 'head.json')) ?? '') as SnapshotHead;
    return { ...head, ...(JSON.parse(readText(volume, join(folder, 'index.json')) ?? '') as Pick<Snapshot, 'changes' | 'folders'>) };
  } catch (error) {
    throw new SyncError('RestoreFailed', `The snapshot ${folder} cannot be read: roll out the wanted commit instead of restoring.`, {
      cause: error,
    });
  }
}

/** All whole snapshots on the volume, newest first. */
export function listSnapshots(layout: Layout): (SnapshotHead & { readonly folder: string })[] {
  return layout.volume
    .list(layout.snapshots)
    .flatMap(({ name }) => {
      const folder = join(layout.snapshots, name);
      const text = readText(layout.volume, join(folder, 'head.json'));
      return text === undefined ? [] : [{ ...(JSON.parse(text) as SnapshotHead), folder }];
    })
    .sort((a, b) => b.seq - a.seq);
}

/**
 * Removes what a transaction left that was never committed, and all but the newest `keep`.
 * @returns those that stay
 */
export async function sweepSnapshots(layout: Layout, committedSeq: number, keep: number): Promise<SnapshotHead[]> {
  const kept = listSnapshots(layout)
    .filter(({ seq }) => seq <= committedSeq)
    .slice(0, Math.max(1, keep));
  for (const { name } of layout.volume.list(layout.snapshots)) {
    const folder = join(layout.snapshots, name);
    if (!kept.some((one) => one.folder === folder)) await removeAll(layout.volume, folder);
  }
  return kept;
}

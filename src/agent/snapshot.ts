import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { Revision } from '../domain/reports.ts';
import { SyncError } from '../domain/errors.ts';
import type { Change, FoundFolder } from './change.ts';
import { linkOrCopy } from './copy.ts';
import { flushAll, makeFolders, removeAll, writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';
import { readLines, writeLines } from './lines-file.ts';
import type { Listed } from './long-list.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Which transaction a snapshot belongs to. */
export interface SnapshotHead {
  readonly op: string;
  readonly seq: number;
  readonly from: Digest;
  readonly to: Digest;
  /** What `from` was made of, where it is known. */
  readonly revision?: Revision | undefined;
  /** See `State`: whether `from` is nothing only because its record was lost. */
  readonly recordLost?: boolean | undefined;
  /** How many lines the lists of changes and of folders have; absent in snapshots of earlier agents. */
  readonly lengths?: { readonly changes: number; readonly folders: number };
  /** Sizes of the kept files; absent in snapshots of earlier agents. */
  readonly bytes?: number;
}

/** What was at the paths of one transaction before it. */
export interface Snapshot extends SnapshotHead {
  readonly changes: Listed<Change>;
  readonly folders: Iterable<FoundFolder>;
}

/** What a snapshot is made of. */
type Taking = Omit<SnapshotHead, 'lengths' | 'bytes'> & { readonly changes: Listed<Change>; readonly folders: Listed<FoundFolder> };

/** How the folders begin that keep what people saved while a change was interrupted that then was undone; its number follows. */
export const LATE = 'late-';

/** Files kept in one folder. */
const SHELF = 1_000;

/** Where file number `index` of a snapshot's changes is kept. */
export function keptFile(folder: string, { lengths }: Pick<SnapshotHead, 'lengths'>, index: number): string {
  return lengths === undefined ? join(folder, 'files', String(index)) : join(shelfOf(folder, index), String(index));
}

function shelfOf(folder: string, index: number): string {
  return join(folder, 'files', String(Math.floor(index / SHELF)));
}

/**
 * Keeps every file that will change or go: the file itself under a second name where the volume can do that, so with everything it has and
 * without using space; else a copy.
 */
export async function takeSnapshot(layout: Layout, tree: VolumeFs, snapshot: Taking): Promise<void> {
  const { op, seq, from, to, revision, recordLost, changes, folders } = snapshot;
  const folder = layout.snapshotFor(op);
  await removeAll(tree, folder);
  makeFolders(tree, join(folder, 'files'));
  const lengths = { changes: changes.length, folders: folders.length };
  let bytes = 0;
  const shelves = new Set<string>();
  let index = 0;
  for (const { path, before } of changes) {
    if (before) {
      const shelf = shelfOf(folder, index);
      if (!shelves.has(shelf)) tree.makeFolder(shelf);
      shelves.add(shelf);
      await linkOrCopy(tree, path, keptFile(folder, { lengths }, index));
      bytes += before.size;
    }
    await giveWay(index++);
  }
  await flushAll(tree, [...shelves, join(folder, 'files'), layout.snapshots]);
  await writeLines(tree, join(folder, 'changes'), changes);
  await writeLines(tree, join(folder, 'folders'), folders);
  await writeDurably(
    tree,
    join(folder, 'head.json'),
    JSON.stringify({ op, seq, from, to, revision, recordLost, lengths, bytes } satisfies SnapshotHead),
  );
}

/** The whole of one snapshot. @throws SyncError RestoreFailed when it is damaged, also while its lists are gone through. */
export function readSnapshot(volume: VolumeFs, folder: string): Snapshot {
  try {
    const head = JSON.parse(readText(volume, join(folder, 'head.json')) ?? '') as SnapshotHead;
    if (head.lengths) {
      const list = <T>(name: 'changes' | 'folders') =>
        readLines<T>(volume, join(folder, name), head.lengths?.[name] ?? 0, (cause) => damaged(folder, cause));
      return { ...head, changes: list<Change>('changes'), folders: list<FoundFolder>('folders') };
    }
    return { ...head, ...(JSON.parse(readText(volume, join(folder, 'index.json')) ?? '') as Pick<Snapshot, 'changes' | 'folders'>) };
  } catch (error) {
    throw damaged(folder, error);
  }
}

function damaged(folder: string, cause: unknown): SyncError {
  return new SyncError('RestoreFailed', `The snapshot ${folder} cannot be read: roll out the wanted commit instead of restoring.`, {
    cause,
  });
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

/** How much is kept to be put back from. The newest snapshot always is. */
export interface Retention {
  readonly count: number;
  /** What all kept files together may hold; no bound when absent. */
  readonly bytes?: number | undefined;
}

/**
 * Removes what a transaction left that was never committed, and the oldest beyond what shall be kept.
 * @returns those that stay
 */
export async function sweepSnapshots(layout: Layout, committedSeq: number, keep: Retention): Promise<SnapshotHead[]> {
  const newest = listSnapshots(layout)
    .filter(({ seq }) => seq <= committedSeq)
    .slice(0, Math.max(1, keep.count));
  const kept = newest.slice(0, Math.max(1, fitting(layout.volume, newest, keep.bytes)));
  const oldest = kept.at(-1)?.seq ?? 0;
  for (const { name } of layout.volume.list(layout.snapshots)) {
    const folder = join(layout.snapshots, name);
    const isNeeded = name.startsWith(LATE) ? parseInt(name.slice(LATE.length), 10) >= oldest : kept.some((one) => one.folder === folder);
    if (!isNeeded) await removeAll(layout.volume, folder);
  }
  return kept;
}

/** How many of these snapshots, from the first on, hold no more than `bytes`. */
function fitting(volume: VolumeFs, snapshots: readonly { readonly folder: string; readonly bytes?: number }[], bytes = Infinity): number {
  let held = 0;
  const tooMuch = snapshots.findIndex(({ folder, bytes: own = keptBytes(volume, folder) }) => (held += own) > bytes);
  return tooMuch === -1 ? snapshots.length : tooMuch;
}

/** What a snapshot holds that does not say so itself: those of earlier agents. */
function keptBytes(volume: VolumeFs, folder: string): number {
  let bytes = 0;
  for (const { before } of readSnapshot(volume, folder).changes) bytes += before?.size ?? 0;
  return bytes;
}

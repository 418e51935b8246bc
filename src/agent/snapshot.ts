import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import type { Change, FoundFolder } from './change.ts';
import { flushAll, writeDurably } from './durable.ts';
import { openPlainFile, readPieces } from './hash.ts';
import type { Layout } from './layout.ts';
import type { Tree } from './tree.ts';
import { errnoOf } from './volume-error.ts';
import { giveWay } from './yield.ts';

/** Which transaction a snapshot belongs to. */
export interface SnapshotHead {
  readonly op: string;
  readonly seq: number;
  readonly from: Digest;
  readonly to: Digest;
  /** Sizes of the kept files; absent in snapshots of earlier agents. */
  readonly bytes?: number;
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
export async function takeSnapshot(layout: Layout, tree: Tree, snapshot: Snapshot): Promise<void> {
  const folder = layout.snapshotFor(snapshot.op);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'files'), { recursive: true });
  for (const [index, { path, before }] of snapshot.changes.entries()) {
    if (!before) continue;
    await giveWay(index);
    const place = keptFile(folder, index);
    try {
      linkSync(tree.at(path), place);
    } catch (error) {
      if (!['EPERM', 'EMLINK', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
      await copy(tree.at(path), place);
    }
    if (!lstatSync(place).isFile())
      throw new SyncError('LocalChange', `${path} changed on the gateway while it was being saved. Ask again.`);
  }
  await flushAll(layout.own, [join(folder, 'files'), layout.snapshots]);
  const { op, seq, from, to, changes, folders } = snapshot;
  await writeDurably(join(folder, 'index.json'), JSON.stringify({ changes, folders }));
  await writeDurably(join(folder, 'head.json'), JSON.stringify({ op, seq, from, to, bytes: bytesOf(changes) }));
}

/** The whole of one snapshot. @throws SyncError RestoreFailed when it is damaged. */
export function readSnapshot(folder: string): Snapshot {
  try {
    const head = JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')) as SnapshotHead;
    return { ...head, ...(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Pick<Snapshot, 'changes' | 'folders'>) };
  } catch (error) {
    throw new SyncError('RestoreFailed', `The snapshot ${folder} cannot be read: roll out the wanted commit instead of restoring.`, {
      cause: error,
    });
  }
}

/** All whole snapshots on the volume, newest first. */
export function listSnapshots(layout: Layout): (SnapshotHead & { readonly folder: string })[] {
  return readdirSync(layout.snapshots)
    .flatMap((name) => {
      const folder = join(layout.snapshots, name);
      const text = readIfThere(join(folder, 'head.json'));
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
  const kept = newest.slice(0, Math.max(1, fitting(newest, keep.bytes)));
  for (const name of readdirSync(layout.snapshots)) {
    const folder = join(layout.snapshots, name);
    if (!kept.some((one) => one.folder === folder)) await rm(folder, { recursive: true, force: true });
  }
  return kept;
}

/** How many of these snapshots, from the first on, hold no more than `bytes`. */
function fitting(snapshots: readonly { readonly folder: string; readonly bytes?: number }[], bytes = Infinity): number {
  let held = 0;
  const tooMuch = snapshots.findIndex(({ folder, bytes: own = keptBytes(folder) }) => (held += own) > bytes);
  return tooMuch === -1 ? snapshots.length : tooMuch;
}

/** What a snapshot holds that does not say so itself: those of earlier agents. */
function keptBytes(folder: string): number {
  return bytesOf(readSnapshot(folder).changes);
}

function bytesOf(changes: readonly Change[]): number {
  return changes.reduce((sum, { before }) => sum + (before?.size ?? 0), 0);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function copy(from: string, to: string): Promise<void> {
  const source = openPlainFile(from);
  if (source === undefined) throw new SyncError('LocalChange', `${from} changed on the gateway while it was being saved. Ask again.`);
  const fd = openSync(to, 'wx', 0o600);
  try {
    const stat = lstatSync(from);
    for await (const piece of readPieces(source)) for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at);
    fchmodSync(fd, stat.mode & 0o7777);
    if (process.geteuid?.() === 0) fchownSync(fd, stat.uid, stat.gid);
    fsyncSync(fd);
    utimesSync(to, stat.atime, stat.mtime);
  } finally {
    closeSync(fd);
    closeSync(source);
  }
}

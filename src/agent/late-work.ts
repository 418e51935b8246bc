import { basename, dirname, join } from 'node:path';
import { isAsFound } from './change.ts';
import { copy, linkOrCopy } from './copy.ts';
import { makeFolders, removeAll } from './durable.ts';
import { hashFile } from './hash.ts';
import type { Layout } from './layout.ts';
import type { Clock } from './ports.ts';
import { LATE, readSnapshot } from './snapshot.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/**
 * Between a crash and its recovery the gateway may have run, and people may have saved: files that are neither what was there before nor what
 * the transaction writes. Recovery replaces them, so they are kept beside the snapshot first.
 * @returns their paths
 */
export async function keepLateWork(layout: Layout, tree: VolumeFs, op: string): Promise<string[]> {
  const folder = layout.snapshotFor(op);
  const late: string[] = [];
  let index = -1;
  for (const { path, before, after } of readSnapshot(tree, folder).changes) {
    await giveWay((index += 1));
    const standing = tree.look(path);
    if (standing.kind !== 'file' || (before && isAsFound(standing, before))) continue;
    const digest = await hashFile(tree, path);
    if (digest === after?.sha256 || digest === before?.sha256) continue;
    // Saved in place it is one file with what the snapshot keeps, and may be saved again: only a copy stays as it is.
    await keep(tree, path, join(folder, 'late', String(index)), standing.stat.ino === before?.ino ? copy : linkOrCopy);
    late.push(path);
  }
  return late;
}

/** What was kept beside a snapshot that goes, as a folder of its own that goes with older snapshots; `changes` says which file is which. */
export async function setLateWorkAside(layout: Layout, op: string, seq: number, clock: Clock): Promise<void> {
  const { volume, snapshots } = layout;
  const folder = layout.snapshotFor(op);
  const late = join(folder, 'late');
  if (volume.look(late).kind !== 'folder') return;
  const [list, kept] = [join(folder, 'changes'), join(late, 'changes')];
  if (volume.look(list).kind === 'file') {
    await removeAll(volume, kept);
    await linkOrCopy(volume, list, kept);
  }
  volume.rename(late, join(snapshots, `${LATE}${seq}-${clock.now().getTime()}-${basename(folder)}`));
  await volume.flush(snapshots);
}

async function keep(tree: VolumeFs, from: string, to: string, by: typeof copy): Promise<void> {
  makeFolders(tree, dirname(to));
  await removeAll(tree, to);
  await by(tree, from, to);
}

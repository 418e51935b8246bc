import { dirname, join } from 'node:path';
import { isAsFound, type Change } from './change.ts';
import { linkOrCopy } from './copy.ts';
import { flushAll, makeFolders, removeAll } from './durable.ts';
import type { Layout } from './layout.ts';
import { Lists } from './long-list.ts';
import { makeNarrow, narrowOnes, wideMode } from './narrow.ts';
import { orderSteps, type Folders, type Step } from './order.ts';
import { foldersBelow } from './room.ts';
import { keptFile, readSnapshot, type Snapshot } from './snapshot.ts';
import { carryOut, isFolder, touchedBy } from './steps.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Undoes a transaction that could not be finished, from whatever point it reached. May be repeated. */
export async function putBack(layout: Layout, tree: VolumeFs, folder: string, onStep?: (step: string) => void): Promise<void> {
  using lists = new Lists(layout);
  const snapshot = readSnapshot(tree, folder);
  const scratch = await scratchFromSnapshot(layout, folder, snapshot, 'back');
  const keep = foldersOf(tree, snapshot, scratch);
  // What is as it was is left alone: where the volume refuses a folder, nothing in it changed, and the rest must still go back.
  const changes = lists.make<Change>();
  const room: string[] = [];
  for (const { path, before } of snapshot.changes) {
    if (before && isAsFound(tree.look(path), before)) continue;
    changes.push({ path, ...(before && { after: before }) });
    if (before) room.push(...foldersBelow(tree, path, () => undefined).map((found) => found.path));
  }
  const steps = lists.make<Step>();
  for (const step of orderSteps(changes, { folderExists: isFolder(tree), room, keep })) steps.push(step);
  await carryOut(tree, scratch, steps, onStep);
  await makeNarrow(tree, narrowOnes(snapshot.folders));
  // Folders that an earlier try has put right are made durable too.
  await flushAll(tree, touchedBy(steps, snapshot.changes));
  await removeAll(tree, join(layout.staging, 'back'));
}

/**
 * The kept files under their own paths in scratch, folders with the modes they had, so that they can be renamed into place.
 * @returns the folder of the scratch
 */
export async function scratchFromSnapshot(layout: Layout, folder: string, snapshot: Snapshot, name: string): Promise<string> {
  const { volume } = layout;
  const root = join(layout.staging, name, 'tree');
  await removeAll(volume, join(layout.staging, name));
  makeFolders(volume, root);
  for (const { path, mode } of snapshot.folders) {
    makeFolders(volume, dirname(join(root, path)));
    // What we could not write to ourselves could neither be filled nor moved.
    volume.makeFolder(join(root, path), { mode: wideMode({ path, mode }) });
  }
  let index = 0;
  for (const { path, before } of snapshot.changes) {
    if (before) await linkOrCopy(volume, keptFile(folder, snapshot, index), join(root, path));
    await giveWay(index++);
  }
  await flushAll(volume, {
    *[Symbol.iterator]() {
      yield root;
      for (const { path } of snapshot.folders) yield join(root, path);
    },
  });
  return root;
}

/** The folders that a snapshot knows, as they lie in its scratch. */
export function foldersOf(volume: VolumeFs, { folders }: Snapshot, scratch: string): Folders {
  return {
    has: (path) => volume.look(join(scratch, path)).kind === 'folder',
    *[Symbol.iterator]() {
      for (const { path } of folders) yield path;
    },
  };
}

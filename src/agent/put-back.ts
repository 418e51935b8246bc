import { join } from 'node:path';
import { isAsFound, type Change } from './change.ts';
import { linkOrCopy } from './copy.ts';
import { flushAll, removeAll } from './durable.ts';
import type { Layout } from './layout.ts';
import type { Modes } from './modes.ts';
import { folderOf, folderSet, orderSteps } from './order.ts';
import { foldersBelow } from './room.ts';
import { Scratch } from './scratch.ts';
import { keptFile, readSnapshot, type Snapshot } from './snapshot.ts';
import { carryOut } from './steps.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Undoes a transaction that could not be finished, from whatever point it reached. May be repeated. */
export async function putBack(layout: Layout, tree: VolumeFs, folder: string, onStep?: (step: string) => void): Promise<void> {
  const snapshot = readSnapshot(tree, folder);
  const scratch = await scratchFromSnapshot(layout, folder, snapshot, 'back');
  // What is as it was is left alone: where the volume refuses a folder, nothing in it changed, and the rest must still go back.
  const changed = snapshot.changes.filter(({ path, before }) => !before || !isAsFound(tree.look(path), before));
  const changes = changed.map(({ path, before }): Change => ({ path, ...(before && { after: before }) }));
  const room = changes.flatMap(({ path, after }) => (after ? foldersBelow(tree, path, () => undefined).map((found) => found.path) : []));
  const steps = orderSteps(changes, { folderExists: (path) => tree.look(path).kind === 'folder', room, keep: folderSet(snapshot.folders) });
  const touched = await carryOut(tree, scratch.root, steps, onStep);
  // Folders that an earlier try has put right are made durable too.
  for (const { path } of snapshot.changes) touched.add(folderOf(path));
  await flushAll(tree, [...touched]);
  await removeAll(tree, join(layout.staging, 'back'));
}

/** The kept files under their own paths in scratch, folders with the modes they had, so that they can be renamed into place. */
export async function scratchFromSnapshot(layout: Layout, folder: string, snapshot: Snapshot, name: string): Promise<Scratch> {
  const { volume } = layout;
  await removeAll(volume, join(layout.staging, name));
  // What we could not write to ourselves could neither be filled nor moved.
  const folderModes = new Map(snapshot.folders.map(({ path, mode }) => [path, mode | 0o700]));
  const plain: Modes = { file: () => 0o644, folder: 0o755 };
  const scratch = new Scratch(volume, join(layout.staging, name, 'tree'), plain, (path) => folderModes.get(path) ?? plain.folder);
  for (const { path } of snapshot.folders) scratch.makeFolder(path);
  for (const [index, { path, before }] of snapshot.changes.entries()) {
    if (!before) continue;
    await giveWay(index);
    await linkOrCopy(volume, keptFile(folder, index), scratch.placeFor(path));
  }
  await flushAll(volume, scratch.folders());
  return scratch;
}

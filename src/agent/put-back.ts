import { join } from 'node:path';
import { isAsFound, type Change } from './change.ts';
import { linkOrCopy } from './copy.ts';
import { flushAll, removeAll } from './durable.ts';
import type { Layout } from './layout.ts';
import type { Modes } from './modes.ts';
import { Lists } from './long-list.ts';
import { folderSet, orderSteps, type Step } from './order.ts';
import { foldersBelow } from './room.ts';
import { Scratch } from './scratch.ts';
import { keptFile, readSnapshot, type Snapshot } from './snapshot.ts';
import { carryOut, isFolder, touchedBy } from './steps.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** Undoes a transaction that could not be finished, from whatever point it reached. May be repeated. */
export async function putBack(layout: Layout, tree: VolumeFs, folder: string, onStep?: (step: string) => void): Promise<void> {
  using lists = new Lists(layout);
  const snapshot = readSnapshot(tree, folder);
  const scratch = await scratchFromSnapshot(layout, folder, snapshot, 'back');
  // What is as it was is left alone: where the volume refuses a folder, nothing in it changed, and the rest must still go back.
  const changes = lists.make<Change>();
  const room: string[] = [];
  for (const { path, before } of snapshot.changes) {
    if (before && isAsFound(tree.look(path), before)) continue;
    changes.push({ path, ...(before && { after: before }) });
    if (before) room.push(...foldersBelow(tree, path, () => undefined).map((found) => found.path));
  }
  const steps = lists.make<Step>();
  for (const step of orderSteps(changes, { folderExists: isFolder(tree), room, keep: folderSet(snapshot.folders) })) steps.push(step);
  await carryOut(tree, scratch.root, steps, onStep);
  // Folders that an earlier try has put right are made durable too.
  await flushAll(tree, touchedBy(steps, snapshot.changes));
  await removeAll(tree, join(layout.staging, 'back'));
}

/** The kept files under their own paths in scratch, folders with the modes they had, so that they can be renamed into place. */
export async function scratchFromSnapshot(layout: Layout, folder: string, snapshot: Snapshot, name: string): Promise<Scratch> {
  const { volume } = layout;
  await removeAll(volume, join(layout.staging, name));
  // What we could not write to ourselves could neither be filled nor moved.
  const folderModes = new Map([...snapshot.folders].map(({ path, mode }) => [path, mode | 0o700] as const));
  const plain: Modes = { file: () => 0o644, folder: 0o755 };
  const scratch = new Scratch(volume, join(layout.staging, name, 'tree'), plain, (path) => folderModes.get(path) ?? plain.folder);
  for (const path of folderModes.keys()) scratch.makeFolder(path);
  let index = 0;
  for (const { path, before } of snapshot.changes) {
    if (before) await linkOrCopy(volume, keptFile(folder, snapshot, index), scratch.placeFor(path));
    await giveWay(index++);
  }
  await flushAll(volume, [scratch.root, ...[...folderModes.keys()].map((path) => join(scratch.root, path))]);
  return scratch;
}

import { linkSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from './change.ts';
import { flushAll } from './durable.ts';
import type { Layout } from './layout.ts';
import type { Modes } from './modes.ts';
import { folderSet, orderSteps } from './order.ts';
import { foldersBelow } from './room.ts';
import { Scratch } from './scratch.ts';
import { keptFile, readSnapshot, type Snapshot } from './snapshot.ts';
import { carryOut } from './steps.ts';
import type { Tree } from './tree.ts';
import { errnoOf } from './volume-error.ts';
import { giveWay } from './yield.ts';

/** Undoes a transaction that could not be finished, from whatever point it reached. May be repeated. */
export async function putBack(layout: Layout, tree: Tree, folder: string, onStep?: (step: string) => void): Promise<void> {
  const snapshot = readSnapshot(folder);
  const scratch = await scratchFromSnapshot(layout, folder, snapshot, 'back');
  const changes = snapshot.changes.map(({ path, before }): Change => ({ path, ...(before && { after: before }) }));
  const room = changes.flatMap(({ path, after }) => (after ? foldersBelow(tree, path, () => undefined).map((found) => found.path) : []));
  const steps = orderSteps(changes, { folderExists: (path) => tree.look(path).kind === 'folder', room, keep: folderSet(snapshot.folders) });
  const touched = await carryOut(tree, scratch.root, steps, onStep);
  await flushAll(
    layout.own,
    [...touched].map((path) => join(layout.dataDir, path)),
  );
  rmSync(join(layout.staging, 'back'), { recursive: true, force: true });
}

/** The kept files under their own paths in scratch, folders with the modes they had, so that they can be renamed into place. */
export async function scratchFromSnapshot(layout: Layout, folder: string, snapshot: Snapshot, name: string): Promise<Scratch> {
  rmSync(join(layout.staging, name), { recursive: true, force: true });
  const folderModes = new Map(snapshot.folders.map(({ path, mode }) => [path, mode]));
  const plain: Modes = { file: () => 0o644, folder: 0o755 };
  const scratch = new Scratch(join(layout.staging, name, 'tree'), plain, (path) => folderModes.get(path) ?? plain.folder);
  for (const { path } of snapshot.folders) scratch.makeFolder(path);
  const copies: string[] = [];
  for (const [index, { path, before }] of snapshot.changes.entries()) {
    if (!before) continue;
    await giveWay(index);
    const place = scratch.placeFor(path);
    try {
      linkSync(keptFile(folder, index), place);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') throw error;
      await copyFile(keptFile(folder, index), place);
      copies.push(place);
    }
  }
  await flushAll(layout.own, [...copies, ...scratch.folders()]);
  return scratch;
}

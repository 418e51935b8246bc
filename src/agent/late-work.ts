import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash.ts';
import type { Layout } from './layout.ts';
import { readSnapshot } from './snapshot.ts';
import type { Tree } from './tree.ts';
import { giveWay } from './yield.ts';

/**
 * Between a crash and its recovery the gateway may have run, and people may have saved: files that are neither what was there before nor what
 * the transaction writes. Recovery replaces them, so they are kept beside the snapshot first.
 * @returns their paths
 */
export async function keepLateWork(layout: Layout, tree: Tree, op: string): Promise<string[]> {
  const folder = layout.snapshotFor(op);
  const late: string[] = [];
  for (const [index, { path, before, after }] of readSnapshot(folder).changes.entries()) {
    await giveWay(index);
    const standing = tree.look(path);
    if (standing.kind !== 'file' || standing.stat.ino === before?.ino) continue;
    if ((await hashFile(tree.at(path))) === after?.sha256) continue;
    await keep(tree.at(path), join(folder, 'late'), String(index));
    late.push(path);
  }
  return late;
}

async function keep(from: string, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, name), { force: true });
  try {
    linkSync(from, join(folder, name));
  } catch {
    await copyFile(from, join(folder, name));
  }
}

import type { FoundFolder } from './change.ts';
import { flushAll } from './durable.ts';
import type { VolumeFs } from './volume-fs.ts';

/** What we need in a folder to fill and to move it. */
const ALL_OF_OWNER = 0o700;

/** The folders that not even their owner may do everything in: they get that mode when nothing in them changes any more. */
export function narrowOnes(folders: Iterable<FoundFolder>): FoundFolder[] {
  const narrow: FoundFolder[] = [];
  for (const folder of folders) if (wideMode(folder) !== folder.mode) narrow.push(folder);
  return narrow;
}

/** The mode that a folder has while it is filled and moved. */
export function wideMode({ mode }: FoundFolder): number {
  return mode | ALL_OF_OWNER;
}

/** Gives folders that were put back the mode that they had. One that is not as it was put back is left alone. May be repeated. */
export async function makeNarrow(tree: VolumeFs, folders: readonly FoundFolder[]): Promise<void> {
  // One that is inside another is reached before the other is closed.
  for (const folder of folders.toReversed()) {
    const { path, mode } = folder;
    const standing = tree.look(path);
    if (standing.kind !== 'folder' || (standing.stat.mode & 0o7777) !== wideMode(folder)) continue;
    tree.makeFolder(path, { mode });
  }
  await flushAll(
    tree,
    folders.flatMap(({ path, mode }) => (mode & 0o400 ? [path] : [])),
  );
}

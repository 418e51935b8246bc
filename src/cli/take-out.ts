import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DiskVolume } from '../agent/disk-volume.ts';
import { copyOut, type Copied, filesOf, type KeptFile, keptSets, type KeptSet } from '../agent/kept-files.ts';
import { readPieces } from '../agent/hash.ts';
import { Layout } from '../agent/layout.ts';
import { onVolume } from '../agent/volume-error.ts';
import { isAtOrBelow } from '../domain/plan/paths.ts';

/** Which files of a set. */
export interface Asked {
  /** Of the set, or its beginning. */
  readonly name: string;
  /** Files, or folders with all below; everything when absent. */
  readonly paths?: readonly string[];
}

/** Everything on a volume that files can be taken out of. @throws Error, SyncError that says why it cannot be read */
export async function listKept(dataDir: string): Promise<KeptSet[]> {
  return onVolume('listing snapshots', () => Promise.resolve(keptSets(open(dataDir))));
}

/** The files of one set, each as long as it takes to look at it. @throws as `listKept`, and when no set or no file is meant */
export async function keptFiles(dataDir: string, asked: Asked): Promise<KeptFile[]> {
  return onVolume('reading a snapshot', () => Promise.resolve(chosen(open(dataDir), asked)));
}

/**
 * Copies the files of a set to a folder outside the data directory, each under its own path. The volume is only read.
 * @param onFile hears what became of each file
 */
export async function takeOut(dataDir: string, asked: Asked, folder: string, onFile: (file: KeptFile, end: Copied) => void): Promise<void> {
  const layout = open(dataDir);
  const files = await onVolume('reading a snapshot', () => Promise.resolve(chosen(layout, asked)));
  using to = new DiskVolume(emptyFolder(folder, dataDir));
  for (const file of files) if (file.kept !== undefined) onFile(file, await copyOut(layout.volume, file, to));
}

/** Writes the content of the one file that is meant. @throws as `keptFiles`, and when not exactly one kept file is meant */
export async function printOut(dataDir: string, asked: Asked, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const layout = open(dataDir);
  const [file, ...more] = chosen(layout, asked).filter(({ kept }) => kept !== undefined);
  if (file?.kept === undefined) throw new Error(`This file was not there before that change, so nothing of it is kept.`);
  if (more.length > 0) throw new Error(`${more.length + 1} files are meant, and one can be printed: name it with --path.`);
  const fd = layout.volume.open(file.kept);
  if (fd === undefined) throw new Error(`The kept content of ${file.path} is not there any more.`);
  try {
    for await (const piece of readPieces(fd)) await write(Buffer.from(piece));
  } finally {
    layout.volume.close(fd);
  }
}

function open(dataDir: string): Layout {
  if (!existsSync(dataDir)) throw new Error(`There is no folder ${dataDir}: name the gateway's data directory with --data.`);
  return new Layout(new DiskVolume(dataDir));
}

function chosen(layout: Layout, { name, paths }: Asked): KeptFile[] {
  const sets = keptSets(layout);
  const exact = sets.filter((set) => set.name === name);
  const [set, ...others] = exact.length > 0 ? exact : sets.filter((one) => one.name.startsWith(name));
  if (!set || name === '')
    throw new Error(`No snapshot here is named ${name}: ${sets.map((one) => one.name).join(', ') || 'there is none'}.`);
  if (others.length > 0) throw new Error(`${others.length + 1} snapshots begin with ${name}: give more of the name.`);
  const wanted = paths?.map((path) => path.replace(/^(\.?\/)+|\/+$/g, ''));
  const files: KeptFile[] = [];
  for (const file of filesOf(layout, set)) if (!wanted || wanted.some((one) => isAtOrBelow(file.path, one))) files.push(file);
  if (files.length === 0 && wanted) throw new Error(`${set.name} has nothing at ${wanted.join(', ')}: that change did not touch it.`);
  return files;
}

/** A place in the data directory would be read by the gateway; one that has files could lose them. */
function emptyFolder(folder: string, dataDir: string): string {
  let above = resolve(folder);
  const missing: string[] = [];
  for (; !existsSync(above); above = dirname(above)) missing.unshift(basename(above));
  const real = join(realpathSync(above), ...missing);
  const data = realpathSync(dataDir);
  if (real === data || real.startsWith(`${data}${sep}`))
    throw new Error(`${folder} lies in the data directory, which the gateway reads: name a folder outside of it.`);
  mkdirSync(real, { recursive: true });
  if (readdirSync(real).length > 0) throw new Error(`${folder} is not empty, and nothing is written over: name a new folder.`);
  return real;
}

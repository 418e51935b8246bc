import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { OtherContent } from './downloads.ts';
import { makeFolders } from './durable.ts';
import { readPieces } from './hash.ts';
import type { Modes } from './modes.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Folders of the data directory's shape, made in scratch and later renamed into place, so with their final modes and owner. */
export class Scratch {
  readonly volume: VolumeFs;
  readonly root: string;
  readonly #modes: Modes;
  #last = '';

  constructor(volume: VolumeFs, root: string, modes: Modes) {
    this.volume = volume;
    this.root = root;
    this.#modes = modes;
    makeFolders(volume, root);
  }

  /** Where the file for `path` lies; its folders exist after the call. */
  placeFor(path: string): string {
    this.makeFolder(dirname(path));
    return join(this.root, path);
  }

  /** Everything in it that belongs to these changes, and the folders on the way, for flushing. */
  *everything(changes: Iterable<{ readonly path: string; readonly after?: unknown }>): Generator<string> {
    yield this.root;
    let last = '';
    for (const { path, after } of changes) {
      if (after === undefined) continue;
      for (let folder = dirname(path); folder !== '.' && !last.startsWith(`${folder}/`); folder = dirname(folder))
        yield join(this.root, folder);
      yield join(this.root, path);
      last = path;
    }
  }

  /** Makes a folder, and those on the way to it. */
  makeFolder(path: string): void {
    if (path === '.' || `${this.#last}/`.startsWith(`${path}/`)) return;
    this.makeFolder(dirname(path));
    this.volume.makeFolder(join(this.root, path), { mode: this.#modes.folder, owner: this.#modes.owner });
    this.#last = path;
  }
}

/** The mode of a file that is not whole yet. */
const UNFINISHED = 0o600;

/**
 * Writes what arrives to a new file; its mode and owner come last, so that a file cut short is told by its mode.
 * @returns the digest of what was written: the caller compares before it uses the file
 */
export async function receive(
  volume: VolumeFs,
  path: string,
  body: AsyncIterable<Uint8Array>,
  mode: number,
  owner: Modes['owner'],
): Promise<Digest> {
  return await write(volume, path, 'over', () => body, mode, owner);
}

/**
 * Like `receive`, for content that may have come in part before: what is there already is kept, and only the rest is asked for.
 * @param rest the content from a byte on
 */
export async function receiveRest(
  volume: VolumeFs,
  path: string,
  rest: (from: number) => AsyncIterable<Uint8Array>,
  size: number,
  mode: number,
  owner: Modes['owner'],
): Promise<Digest> {
  const arrived = partAt(volume, path, size);
  try {
    return await write(volume, path, arrived > 0 ? 'append' : 'over', rest, mode, owner);
  } catch (error) {
    if (error instanceof OtherContent) volume.remove(path);
    throw error;
  }
}

/** Bytes that are there of a file which was cut short. */
export function partAt(volume: VolumeFs, path: string, size: number): number {
  const standing = volume.look(path);
  if (standing.kind !== 'file' || (standing.stat.mode & 0o7777) !== UNFINISHED || standing.stat.size > size) return 0;
  return standing.stat.size;
}

async function write(
  volume: VolumeFs,
  path: string,
  how: 'over' | 'append',
  rest: (from: number) => AsyncIterable<Uint8Array>,
  mode: number,
  owner: Modes['owner'],
): Promise<Digest> {
  const fd = volume.create(path, how, UNFINISHED);
  try {
    const hash = createHash('sha256');
    let from = 0;
    if (how === 'append') {
      for await (const piece of readPieces(fd)) {
        hash.update(piece);
        from += piece.length;
      }
    }
    for await (const piece of rest(from)) {
      hash.update(piece);
      volume.write(fd, piece);
    }
    volume.settle(fd, { mode, owner });
    return hash.digest('hex');
  } finally {
    volume.close(fd);
  }
}

import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { makeFolders } from './durable.ts';
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
  const fd = volume.create(path, 'over', 0o600);
  try {
    const hash = createHash('sha256');
    for await (const piece of body) {
      hash.update(piece);
      volume.write(fd, piece);
    }
    volume.settle(fd, { mode, owner });
    return hash.digest('hex');
  } finally {
    volume.close(fd);
  }
}

import { chmodSync, chownSync, closeSync, fchmodSync, fchownSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { Modes } from './modes.ts';

/** Folders of the data directory's shape, made in scratch and later renamed into place, so with their final modes and owner. */
export class Scratch {
  readonly root: string;
  readonly #modes: Modes;
  readonly #folderMode: (path: string) => number;
  readonly #made = new Set<string>();

  constructor(root: string, modes: Modes, folderMode: (path: string) => number = () => modes.folder) {
    this.root = root;
    this.#modes = modes;
    this.#folderMode = folderMode;
    mkdirSync(root, { recursive: true });
  }

  /** Where the file for `path` lies; its folders exist after the call. */
  placeFor(path: string): string {
    this.makeFolder(dirname(path));
    return join(this.root, path);
  }

  /** Every folder made so far, for flushing. */
  folders(): string[] {
    return [this.root, ...[...this.#made].map((path) => join(this.root, path))];
  }

  /** Makes a folder, and those on the way to it. */
  makeFolder(path: string): void {
    if (path === '.' || this.#made.has(path)) return;
    this.makeFolder(dirname(path));
    const place = join(this.root, path);
    mkdirSync(place, { recursive: true });
    chmodSync(place, this.#folderMode(path));
    if (this.#modes.owner) chownSync(place, this.#modes.owner.uid, this.#modes.owner.gid);
    this.#made.add(path);
  }
}

/**
 * Writes what arrives to a new file; its mode and owner come last, so that a file cut short is told by its mode.
 * @returns the digest of what was written: the caller compares before it uses the file
 */
export async function receive(place: string, body: AsyncIterable<Uint8Array>, mode: number, owner: Modes['owner']): Promise<Digest> {
  const fd = openSync(place, 'w', 0o600);
  try {
    const hash = createHash('sha256');
    for await (const piece of body) {
      hash.update(piece);
      for (let at = 0; at < piece.length;) at += writeSync(fd, piece, at);
    }
    fchmodSync(fd, mode);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

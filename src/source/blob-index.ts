import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { replaceFile } from './pin-file.ts';
import { errnoOf } from './parallel.ts';

/** What a git blob is in the content store. */
export interface StoredBlob {
  readonly sha256: Digest;
  readonly size: number;
  /** A Git LFS pointer instead of content. */
  readonly lfsPointer: boolean;
}

/**
 * Knows what git blobs are called in the store, so that each is read from git once. That a blob is in the store is another question. Kept
 * in an append-only file; a lost file costs time only.
 */
export class BlobIndex {
  readonly #folder: string;
  readonly #byOid: Map<string, StoredBlob>;

  /** Writes go one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, byOid: Map<string, StoredBlob>) {
    this.#folder = folder;
    this.#byOid = byOid;
  }

  /** @param folder of the mirrors */
  static async open(folder: string): Promise<BlobIndex> {
    const text = await readFile(fileOf(folder), 'utf8').catch(() => '');
    const byOid = new Map<string, StoredBlob>();
    for (const line of text.split('\n')) {
      const match = /^([0-9a-f]{40,64}) ([0-9a-f]{64}) ([0-9]+)( lfs)?$/.exec(line);
      const [, oid, digest, size, lfs] = match ?? [];
      if (oid !== undefined && digest !== undefined) byOid.set(oid, { sha256: digest, size: Number(size), lfsPointer: lfs !== undefined });
    }
    return new BlobIndex(folder, byOid);
  }

  get(oid: string): StoredBlob | undefined {
    return this.#byOid.get(oid);
  }

  async add(blobs: ReadonlyMap<string, StoredBlob>): Promise<void> {
    const fresh = [...blobs].filter(([oid]) => !this.#byOid.has(oid));
    for (const [oid, blob] of fresh) this.#byOid.set(oid, blob);
    // A line that a crash cut short must not swallow the next one.
    if (fresh.length > 0) await this.#inTurn(() => appendFile(fileOf(this.#folder), `\n${linesOf(fresh)}`));
  }

  /** Blobs that are gone from the store are no longer worth their line. */
  async forget(gone: ReadonlySet<Digest>): Promise<void> {
    const before = this.#byOid.size;
    for (const [oid, { sha256 }] of this.#byOid) if (gone.has(sha256)) this.#byOid.delete(oid);
    if (this.#byOid.size === before) return;
    await this.#inTurn(() => replaceFile(fileOf(this.#folder), join(this.#folder, 'new'), linesOf(this.#byOid)));
  }

  async #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(write).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error; // with the mirrors, which are fetched again
    });
    this.#last = turn.catch(() => undefined);
    await turn;
  }
}

function fileOf(folder: string): string {
  return join(folder, 'git-blobs');
}

function linesOf(blobs: Iterable<[string, StoredBlob]>): string {
  return [...blobs].map(([oid, blob]) => `${oid} ${blob.sha256} ${blob.size}${blob.lfsPointer ? ' lfs' : ''}\n`).join('');
}

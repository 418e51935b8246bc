import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';
import { replaceFile } from './pin-file.ts';
import { errnoOf } from './staging.ts';

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
  readonly #store: ContentStore;
  readonly #byOid: Map<string, StoredBlob>;

  /** Writes go one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(store: ContentStore, byOid: Map<string, StoredBlob>) {
    this.#store = store;
    this.#byOid = byOid;
  }

  static async open(store: ContentStore): Promise<BlobIndex> {
    const text = await readFile(fileOf(store), 'utf8').catch(() => '');
    const byOid = new Map<string, StoredBlob>();
    for (const line of text.split('\n')) {
      const match = /^([0-9a-f]{40,64}) ([0-9a-f]{64}) ([0-9]+)( lfs)?$/.exec(line);
      const [, oid, digest, size, lfs] = match ?? [];
      if (oid !== undefined && digest !== undefined) byOid.set(oid, { sha256: digest, size: Number(size), lfsPointer: lfs !== undefined });
    }
    return new BlobIndex(store, byOid);
  }

  get(oid: string): StoredBlob | undefined {
    return this.#byOid.get(oid);
  }

  async add(blobs: ReadonlyMap<string, StoredBlob>): Promise<void> {
    const fresh = [...blobs].filter(([oid]) => !this.#byOid.has(oid));
    for (const [oid, blob] of fresh) this.#byOid.set(oid, blob);
    // A line that a crash cut short must not swallow the next one.
    if (fresh.length > 0) await this.#inTurn(() => appendFile(fileOf(this.#store), `\n${linesOf(fresh)}`));
  }

  /** Blobs that are gone from the store are no longer worth their line. */
  async forget(gone: ReadonlySet<Digest>): Promise<void> {
    const before = this.#byOid.size;
    for (const [oid, { sha256 }] of this.#byOid) if (gone.has(sha256)) this.#byOid.delete(oid);
    if (this.#byOid.size === before) return;
    const staging = join(this.#store.folder, 'staging');
    await this.#inTurn(() => replaceFile(fileOf(this.#store), staging, linesOf(this.#byOid)));
  }

  async #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(write).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error; // with the store, which is made again
    });
    this.#last = turn.catch(() => undefined);
    await turn;
  }
}

function fileOf(store: ContentStore): string {
  return join(store.folder, 'git-blobs');
}

function linesOf(blobs: Iterable<[string, StoredBlob]>): string {
  return [...blobs].map(([oid, blob]) => `${oid} ${blob.sha256} ${blob.size}${blob.lfsPointer ? ' lfs' : ''}\n`).join('');
}

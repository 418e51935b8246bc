import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';

/** What a git blob is in the content store. */
export interface StoredBlob {
  readonly sha256: Digest;
  readonly size: number;
  /** A Git LFS pointer instead of content. */
  readonly lfsPointer: boolean;
}

/** Knows which git blobs are in the store, so that each is read from git once. Kept in an append-only file; a lost file costs time only. */
export class BlobIndex {
  readonly #file: string;
  readonly #byOid: Map<string, StoredBlob>;

  private constructor(file: string, byOid: Map<string, StoredBlob>) {
    this.#file = file;
    this.#byOid = byOid;
  }

  static async open(store: ContentStore): Promise<BlobIndex> {
    const file = join(store.folder, 'git-blobs');
    const text = await readFile(file, 'utf8').catch(() => '');
    const present = await store.listBlobs();
    const byOid = new Map<string, StoredBlob>();
    for (const line of text.split('\n')) {
      const match = /^([0-9a-f]{40,64}) ([0-9a-f]{64}) ([0-9]+)( lfs)?$/.exec(line);
      const [, oid, digest, size, lfs] = match ?? [];
      if (oid !== undefined && digest !== undefined && present.has(digest))
        byOid.set(oid, { sha256: digest, size: Number(size), lfsPointer: lfs !== undefined });
    }
    return new BlobIndex(file, byOid);
  }

  get(oid: string): StoredBlob | undefined {
    return this.#byOid.get(oid);
  }

  /** Call only when the blobs are in the store. */
  async add(blobs: ReadonlyMap<string, StoredBlob>): Promise<void> {
    for (const [oid, blob] of blobs) this.#byOid.set(oid, blob);
    const lines = [...blobs].map(([oid, blob]) => `${oid} ${blob.sha256} ${blob.size}${blob.lfsPointer ? ' lfs' : ''}\n`);
    // A line that a crash cut short must not swallow the next one.
    await appendFile(this.#file, `\n${lines.join('')}`);
  }
}

import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import type { Digest } from '../domain/manifest.ts';
import { PackedBlobs, type StoredBlob } from './packed-blobs.ts';
import { errnoOf } from './parallel.ts';

export type { StoredBlob } from './packed-blobs.ts';

/** Lines written at once. */
const PORTION = 10_000;

/**
 * Knows what git blobs are called in the store, so that each is read from git once. That a blob is in the store is another question. Kept
 * in an append-only file; a lost file costs time only.
 */
export class BlobIndex {
  readonly #folder: string;
  #byOid: PackedBlobs;

  /** Writes go one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, byOid: PackedBlobs) {
    this.#folder = folder;
    this.#byOid = byOid;
  }

  /** @param folder of the mirrors */
  static async open(folder: string): Promise<BlobIndex> {
    const byOid = new PackedBlobs();
    const lines = createInterface({ input: createReadStream(fileOf(folder)), crlfDelay: Infinity });
    try {
      for await (const line of lines) {
        const match = /^(([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{64}) ([0-9]{1,14})( lfs)?) ([0-9a-f]{8})$/.exec(line);
        const [, record, oid, digest, size, lfs, check] = match ?? [];
        // A line that was cut short would look whole, with fewer digits or without its flag.
        if (record !== undefined && oid !== undefined && digest !== undefined && check === checkOf(record))
          byOid.set(oid, { sha256: digest, size: Number(size), lfsPointer: lfs !== undefined });
      }
    } catch {
      // Not there, or not to be read: what is known so far is right.
    }
    return new BlobIndex(folder, byOid);
  }

  get(oid: string): StoredBlob | undefined {
    return this.#byOid.get(oid);
  }

  async add(blobs: ReadonlyMap<string, StoredBlob>): Promise<void> {
    const fresh = [...blobs].filter(([oid, blob]) => !isSame(this.#byOid.get(oid), blob));
    for (const [oid, blob] of fresh) this.#byOid.set(oid, blob);
    // A line that a crash cut short must not swallow the next one.
    if (fresh.length > 0) await this.#inTurn(() => appendFile(fileOf(this.#folder), `\n${fresh.map(lineOf).join('')}`));
  }

  /** Blobs that are gone from the store are no longer worth their line. */
  async forget(gone: ReadonlySet<Digest>): Promise<void> {
    if (gone.size === 0) return;
    const left = new PackedBlobs();
    for (const [oid, blob] of this.#byOid) if (!gone.has(blob.sha256)) left.set(oid, blob);
    if (left.size === this.#byOid.size) return;
    this.#byOid = left;
    await this.#inTurn(() => this.#rewrite(left));
  }

  async #rewrite(blobs: PackedBlobs): Promise<void> {
    await mkdir(join(this.#folder, 'new'), { recursive: true });
    const next = join(this.#folder, 'new', 'git-blobs');
    await rm(next, { force: true });
    let lines = '';
    let count = 0;
    for (const one of blobs) {
      lines += lineOf(one);
      if (++count % PORTION !== 0) continue;
      await appendFile(next, lines);
      lines = '';
    }
    await appendFile(next, lines);
    await rename(next, fileOf(this.#folder));
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

function lineOf([oid, blob]: readonly [string, StoredBlob]): string {
  const record = `${oid} ${blob.sha256} ${blob.size}${blob.lfsPointer ? ' lfs' : ''}`;
  return `${record} ${checkOf(record)}\n`;
}

function checkOf(record: string): string {
  return crc32(record).toString(16).padStart(8, '0');
}

function isSame(known: StoredBlob | undefined, blob: StoredBlob): boolean {
  return known?.sha256 === blob.sha256 && known.size === blob.size && known.lfsPointer === blob.lfsPointer;
}

import { MAX_LFS_BATCH, askForLfs, openLfs, readLfs, type LfsConnection, type LfsDownload } from '../clients/lfs/lfs-client.ts';
import { SyncError } from '../domain/errors.ts';
import { parseLfsPointer, type LfsPointer } from '../domain/lfs-pointer.ts';
import type { StoredBlob } from './blob-index.ts';
import type { Checkout, Origin } from './checkout.ts';
import { blobKey, type ContentStore } from './content-store.ts';
import { readWhole } from './import-blobs.ts';
import { RecentMap } from './recent-map.ts';

/** A file that is kept in LFS. */
export interface LfsFile {
  readonly path: string;
  /** Of the pointer. */
  readonly oid: string;
}

/** Brings what LFS pointers stand for into the content store. */
export class LfsContent {
  readonly #store: ContentStore;
  /** Which content was proved readable from where, and as whom: nobody gets content of another from the shared store by its digest alone. */
  readonly #proved = new RecentMap<string, true>(100_000);

  constructor(store: ContentStore) {
    this.#store = store;
  }

  /**
   * Fetches what is missing, one object at a time and streamed.
   * @returns by the pointer's oid what each file is in the store
   * @throws SyncError UnsupportedContent for a pointer that is none; ContentUnavailable; those of the LFS server
   */
  async fetch(files: readonly LfsFile[], checkout: Checkout, onFile: () => void): Promise<Map<string, StoredBlob>> {
    const stored = new Map<string, StoredBlob>();
    const pointers = await checkout.read(new Set(files.map(({ oid }) => oid)), readWhole);
    const wanted = new Map<Origin, Map<string, LfsPointer>>();
    for (const { path, oid } of files) {
      const pointer = parseLfsPointer(new TextDecoder().decode(pointers.get(oid)));
      if (!pointer)
        throw new SyncError('UnsupportedContent', `"${path}" begins like a Git LFS pointer and is none that can be read: commit it anew.`);
      const blob = { ...pointer, lfsPointer: false };
      stored.set(oid, blob);
      const origin = checkout.originOf(oid);
      if (this.#proved.get(keyOf(origin, pointer)) && (await this.#store.hasBlob(blob))) continue;
      const own = wanted.get(origin) ?? new Map<string, LfsPointer>();
      wanted.set(origin, own.set(pointer.sha256, pointer));
    }
    for (const [origin, own] of wanted) await this.#fetchFrom(origin, [...own.values()], onFile);
    return stored;
  }

  async #fetchFrom(origin: Origin, pointers: readonly LfsPointer[], onFile: () => void): Promise<void> {
    for (let at = 0; at < pointers.length; at += MAX_LFS_BATCH) {
      await using access = openLfs(await origin.access());
      for (const download of await askForLfs(access, pointers.slice(at, at + MAX_LFS_BATCH))) {
        // Also what the store has: a server that only says that it has the content proves nothing, its bytes do.
        await this.#bring(access, download);
        this.#proved.set(keyOf(origin, download.pointer), true);
        onFile();
      }
    }
  }

  async #bring(access: LfsConnection, download: LfsDownload): Promise<void> {
    await using staging = this.#store.staging();
    const digest = await staging.addStream(readLfs(access, download), (found) => blobKey(found));
    if (digest !== download.pointer.sha256)
      throw new SyncError(
        'ContentUnavailable',
        `Git LFS object ${download.pointer.sha256} arrived as other content (${digest}); it is asked for again.`,
      );
    await staging.commit();
  }
}

function keyOf({ url, identity }: Origin, { sha256 }: LfsPointer): string {
  return JSON.stringify([url, identity, sha256]);
}

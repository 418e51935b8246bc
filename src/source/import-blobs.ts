import type { BlobBody } from '../clients/git/cat-file.ts';
import type { StoredBlob } from './blob-index.ts';
import { blobKey } from './content-store.ts';
import { sha256 } from './digest.ts';
import type { Staging } from './staging.ts';

/** Blobs up to this size are held in memory while they are written. */
const SMALL_BYTES = 256 * 1024;

const LFS_HEADER = 'version https://git-lfs.github.com/spec/v1\n';

/** Blobs that get their keys together: what is known of them until then is held in memory. */
const PORTION = 5_000;

/**
 * Brings blobs to the store as they come out of git, a portion after the other. Memory stays flat whatever their number and size.
 * @param known hears what each blob is in the store, once it is there
 */
export async function importBlobs(
  staging: Staging,
  bodies: AsyncIterable<BlobBody>,
  known: (blobs: ReadonlyMap<string, StoredBlob>) => Promise<void>,
  onBlob: () => void,
): Promise<void> {
  const stored = new Map<string, StoredBlob>();
  const settle = async (): Promise<void> => {
    await staging.commit();
    await known(stored);
    stored.clear();
  };
  for await (const { oid, size, chunks } of bodies) {
    if (size <= SMALL_BYTES) {
      const bytes = await collect(chunks);
      const digest = sha256(bytes);
      staging.add(blobKey(digest), bytes);
      stored.set(oid, { sha256: digest, size, lfsPointer: isLfsPointer(bytes) });
    } else {
      stored.set(oid, { sha256: await staging.addStream(chunks, (digest) => blobKey(digest)), size, lfsPointer: false });
    }
    onBlob();
    if (stored.size === PORTION) await settle();
  }
  await settle();
}

/** Whole content by blob, for a bounded number of small files. */
export async function readWhole(bodies: AsyncIterable<BlobBody>): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for await (const { oid, chunks } of bodies) contents.set(oid, await collect(chunks));
  return contents;
}

function isLfsPointer(bytes: Buffer): boolean {
  return bytes.length < 1024 && bytes.toString('latin1', 0, LFS_HEADER.length) === LFS_HEADER;
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

import type { BlobBody } from '../clients/git/cat-file.ts';
import type { StoredBlob } from './blob-index.ts';
import { blobKey, type ContentStore } from './content-store.ts';
import { sha256 } from './digest.ts';
import type { Staging } from './staging.ts';

/** Blobs up to this size are held in memory while they are written. */
const SMALL_BYTES = 256 * 1024;

const LFS_HEADER = 'version https://git-lfs.github.com/spec/v1\n';

/** Stages blobs as they come out of git; the caller commits the staging. Memory stays flat whatever their number and size. */
export async function stageBlobs(
  store: ContentStore,
  staging: Staging,
  bodies: AsyncIterable<BlobBody>,
  onBlob: () => void,
): Promise<Map<string, StoredBlob>> {
  const stored = new Map<string, StoredBlob>();
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
  }
  return stored;
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

import type { Readable } from 'node:stream';
import type { Digest } from '../domain/manifest.ts';

/** Which gateway may read what. */
export interface ContentGrants {
  mayReadManifest(namespace: string, gateway: string, manifest: Digest): Promise<boolean>;
  mayReadBlob(namespace: string, gateway: string, blob: Digest): Promise<boolean>;
}

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Content that can be read. */
export interface Opened {
  /** Bytes of the whole. */
  readonly size: number;
  readonly stream: Readable;
}

/** The content store, as far as agents read it. What it does not have (any more) is a SyncError ContentUnavailable. */
export interface ContentReader {
  /** Size in bytes, and the canonical text. */
  openManifest(manifest: Digest): Promise<Opened>;
  /** Size in bytes, and the bytes: all of them, or those of a range. Only a whole stream fails at its end when the content is damaged. */
  openBlob(blob: Digest, range?: ByteRange): Promise<Opened>;
  sizeOfBlob(blob: Digest): Promise<number>;
}

import type { Readable } from 'node:stream';
import type { Digest } from '../domain/manifest.ts';

/** Which gateway may read what. */
export interface ContentGrants {
  mayReadManifest(namespace: string, gateway: string, manifest: Digest): Promise<boolean>;
  mayReadBlob(namespace: string, gateway: string, blob: Digest): Promise<boolean>;
}

/** The content store, as far as agents read it. What it does not have (any more) is a SyncError ContentUnavailable. */
export interface ContentReader {
  /** The canonical text. */
  readManifestText(manifest: Digest): Promise<string>;
  /** Size in bytes, and the bytes. */
  openBlob(blob: Digest): Promise<{ readonly size: number; readonly stream: Readable }>;
}

import { createHash } from 'node:crypto';
import { createManifest, encodeManifest, type Digest, type Mirror } from '../../../../src/domain/manifest.ts';

/** Files by path: text, or bytes with git's executable bit, or with the mark of what is made only where nothing stands. */
export type Files = Readonly<
  Record<string, string | Buffer | { readonly content: string | Buffer; readonly executable?: boolean; readonly ifAbsent?: true }>
>;

export function sha256(bytes: string | Buffer): Digest {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What the content store would hold for a gateway. */
export class Content {
  readonly blobs = new Map<Digest, Buffer>();
  readonly manifests = new Map<Digest, string>();

  /** @returns the digest of the manifest of exactly these files */
  add(files: Files, mirror?: Mirror): Digest {
    const entries = Object.entries(files).map(([path, file]) => {
      const {
        content,
        executable = false,
        ifAbsent,
      } = typeof file === 'string' || Buffer.isBuffer(file) ? { content: file, ifAbsent: undefined } : file;
      const bytes = Buffer.from(content);
      this.blobs.set(sha256(bytes), bytes);
      return { path, sha256: sha256(bytes), size: bytes.length, executable, ...(ifAbsent && { ifAbsent }) };
    });
    const text = encodeManifest(createManifest(entries, mirror));
    this.manifests.set(sha256(text), text);
    return sha256(text);
  }
}

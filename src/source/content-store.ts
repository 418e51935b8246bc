import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SyncError } from '../domain/errors.ts';
import { decodeManifest, encodeManifest, type Digest, type Manifest } from '../domain/manifest.ts';
import { canonicalJson } from './canonical-json.ts';
import { isDigest, sha256 } from './digest.ts';
import { Staging } from './staging.ts';

const LEFTOVER_MS = 60 * 60_000;

/**
 * Content addressed by sha256, in a folder: `blobs/<aa>/<digest>`, `manifests/<digest>`, `documents/<digest>`.
 * Writing twice is harmless; what has a name is whole.
 */
export class ContentStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens the store, made where there is none. Several processes may. */
  static async open(folder: string): Promise<ContentStore> {
    for (const part of ['staging', 'blobs', 'manifests', 'documents', 'pins']) await mkdir(join(folder, part), { recursive: true });
    return new ContentStore(folder);
  }

  /** For writing several things with one barrier; see `stageDocument` and `stageManifest`. */
  staging(): Staging {
    return new Staging(join(this.folder, 'staging'));
  }

  /** Removes what a crash left unnamed; what is younger than an hour may still be on its way. */
  async removeLeftovers(now: Date): Promise<void> {
    const folder = join(this.folder, 'staging');
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found && now.getTime() - found.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
    }
  }

  blobPath(digest: Digest): string {
    return join(this.folder, 'blobs', digest.slice(0, 2), checked(digest));
  }

  /** Digests of all blobs. */
  async listBlobs(): Promise<Set<Digest>> {
    const names = await readdir(join(this.folder, 'blobs'), { recursive: true });
    return new Set(names.flatMap((name) => (name.length > 64 ? [name.slice(3)] : [])));
  }

  /**
   * @returns size in bytes and the content as a stream.
   * @throws SyncError ContentUnavailable
   */
  async openBlob(digest: Digest): Promise<{ size: number; stream: Readable }> {
    const path = this.blobPath(digest);
    const { size } = await stat(path).catch((error: unknown) => {
      throw unavailable('blob', digest, error);
    });
    return { size, stream: createReadStream(path) };
  }

  /** Puts a JSON document; returns the digest that names it. */
  async putDocument(value: unknown): Promise<Digest> {
    await using staging = this.staging();
    const digest = this.stageDocument(staging, value);
    await staging.commit();
    return digest;
  }

  stageDocument(staging: Staging, value: unknown): Digest {
    const text = canonicalJson(value);
    const digest = sha256(text);
    staging.add(join(this.folder, 'documents', digest), text);
    return digest;
  }

  /** @throws SyncError ContentUnavailable, also when it is damaged. */
  async readDocument(digest: Digest): Promise<unknown> {
    return JSON.parse(await this.#read('documents', digest));
  }

  async putManifest(manifest: Manifest): Promise<Digest> {
    await using staging = this.staging();
    const digest = this.stageManifest(staging, manifest);
    await staging.commit();
    return digest;
  }

  stageManifest(staging: Staging, manifest: Manifest): Digest {
    const text = encodeManifest(manifest);
    const digest = sha256(text);
    staging.add(join(this.folder, 'manifests', digest), text);
    return digest;
  }

  async hasManifest(digest: Digest): Promise<boolean> {
    return await stat(join(this.folder, 'manifests', checked(digest))).then(
      () => true,
      () => false,
    );
  }

  /**
   * The canonical text of a manifest, as agents get it.
   * @throws SyncError ContentUnavailable, also when it is damaged.
   */
  async readManifestText(digest: Digest): Promise<string> {
    return await this.#read('manifests', digest);
  }

  /** @throws SyncError ContentUnavailable, also when it is damaged. */
  async readManifest(digest: Digest): Promise<Manifest> {
    return decodeManifest(await this.readManifestText(digest));
  }

  async #read(kind: 'documents' | 'manifests', digest: Digest): Promise<string> {
    const what = kind === 'documents' ? 'document' : 'manifest';
    const text = await readFile(join(this.folder, kind, checked(digest)), 'utf8').catch((error: unknown) => {
      throw unavailable(what, digest, error);
    });
    if (sha256(text) !== digest) throw unavailable(what, digest);
    return text;
  }
}

function checked(digest: Digest): Digest {
  if (!isDigest(digest)) throw new SyncError('ContentUnavailable', `"${digest.slice(0, 80)}" is not a digest: 64 hex digits are needed.`);
  return digest;
}

function unavailable(what: string, digest: Digest, cause?: unknown): SyncError {
  return new SyncError('ContentUnavailable', `The content store has no whole ${what} ${digest}; the next plan makes it again.`, { cause });
}

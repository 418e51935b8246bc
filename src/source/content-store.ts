import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { SyncError } from '../domain/errors.ts';
import { decodeManifest, encodeManifest, type Digest, type Manifest } from '../domain/manifest.ts';
import { canonicalJson } from './canonical-json.ts';
import { DigestCheck } from './digest-check.ts';
import { isDigest, sha256 } from './digest.ts';
import { Losses, type ContentKind } from './losses.ts';
import { Staging, errnoOf } from './staging.ts';
import { Swept } from './swept.ts';

const LEFTOVER_MS = 60 * 60_000;

/** What is in use is marked so at most this often, milliseconds; well below what a sweep spares. */
const MARK_MS = 6 * 60 * 60_000;

/**
 * Content addressed by sha256, in a folder: `blobs/<aa>/<digest>`, `manifests/<digest>`, `documents/<digest>`.
 * Writing twice is harmless; what has a name is whole, or is found out when it is read.
 */
export class ContentStore {
  readonly folder: string;
  /** What a sweep has taken out and may still come back. */
  readonly swept: Swept;
  /** What readers miss. */
  readonly losses: Losses;

  private constructor(folder: string, waitMs: number | undefined) {
    this.folder = folder;
    this.swept = new Swept(folder);
    this.losses = new Losses(folder, waitMs);
  }

  /**
   * Opens the store, made where there is none. Several processes may.
   * @param options.waitMs for a process that cannot make content itself: what is missing is reported to the source, and waited for so
   * many milliseconds.
   */
  static async open(folder: string, options: { readonly waitMs?: number } = {}): Promise<ContentStore> {
    const store = new ContentStore(folder, options.waitMs);
    await store.makeFolders();
    return store;
  }

  async makeFolders(): Promise<void> {
    for (const part of ['staging', 'blobs', 'manifests', 'documents', 'pins']) await mkdir(join(this.folder, part), { recursive: true });
  }

  /** For writing several things with one barrier; see `stageDocument` and `stageManifest`. */
  staging(): Staging {
    return new Staging(join(this.folder, 'staging'));
  }

  /** Removes what a crash left unnamed; what is younger than an hour may still be on its way. */
  async removeLeftovers(now: Date): Promise<void> {
    const folder = join(this.folder, 'staging');
    for (const name of await readdir(folder).catch(() => [])) {
      const file = join(folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found && now.getTime() - found.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
    }
  }

  blobPath(digest: Digest): string {
    return join(this.folder, 'blobs', digest.slice(0, 2), checked(digest));
  }

  /** Whether a blob is here with all its bytes. The sweep then spares it for a day. */
  async hasBlob({ sha256: digest, size }: { readonly sha256: Digest; readonly size: number }): Promise<boolean> {
    return await this.#has(this.blobPath(digest), size);
  }

  /** @throws SyncError ContentUnavailable */
  async sizeOfBlob(digest: Digest): Promise<number> {
    const path = this.blobPath(digest);
    return await this.#find('blobs', digest, path, async () => (await stat(path)).size);
  }

  /**
   * @param range first and last byte of a part, which is not checked against the digest
   * @returns the size of the whole in bytes and the content as a stream, which fails at its end when the content is damaged.
   * @throws SyncError ContentUnavailable
   */
  async openBlob(digest: Digest, range?: { readonly start: number; readonly end: number }): Promise<{ size: number; stream: Readable }> {
    const size = await this.sizeOfBlob(digest);
    const path = this.blobPath(digest);
    return { size, stream: range ? createReadStream(path, range) : this.#checked('blobs', digest, path) };
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

  /** Whether a manifest is here. The sweep then spares it for a day. */
  async hasManifest(digest: Digest): Promise<boolean> {
    return await this.#has(join(this.folder, 'manifests', checked(digest)));
  }

  /**
   * The canonical text of a manifest, as agents get it: a stream, which fails at its end when it is damaged.
   * @throws SyncError ContentUnavailable
   */
  async openManifest(digest: Digest): Promise<{ size: number; stream: Readable }> {
    const path = join(this.folder, 'manifests', checked(digest));
    const size = await this.#find('manifests', digest, path, async () => (await stat(path)).size);
    return { size, stream: this.#checked('manifests', digest, path) };
  }

  /**
   * The canonical text of a manifest.
   * @throws SyncError ContentUnavailable, also when it is damaged.
   */
  async readManifestText(digest: Digest): Promise<string> {
    return await this.#read('manifests', digest);
  }

  /** @throws SyncError ContentUnavailable, also when it is damaged. */
  async readManifest(digest: Digest): Promise<Manifest> {
    return decodeManifest(await this.readManifestText(digest));
  }

  #checked(kind: ContentKind, digest: Digest, path: string): Readable {
    const check = new DigestCheck(digest, () => this.#damaged(kind, digest, path));
    return pipeline(createReadStream(path), check, () => undefined);
  }

  async #read(kind: 'documents' | 'manifests', digest: Digest): Promise<string> {
    const path = join(this.folder, kind, checked(digest));
    const read = async (): Promise<string> => {
      const text = await readFile(path, 'utf8');
      if (sha256(text) === digest) return text;
      throw await this.#damaged(kind, digest, path);
    };
    return await this.#find(kind, digest, path, read);
  }

  async #has(path: string, size?: number): Promise<boolean> {
    const look = () => stat(path).catch(() => undefined);
    const found = (await look()) ?? ((await this.swept.bringBack(path)) ? await look() : undefined);
    if (!found || (size !== undefined && found.size !== size)) return false;
    const now = Date.now();
    if (now - found.mtimeMs <= MARK_MS) return true;
    return await utimes(path, now / 1000, now / 1000).then(
      () => true,
      (error: unknown) => errnoOf(error) !== 'ENOENT', // swept this very moment
    );
  }

  /** Reads what may have been swept a moment ago, or may be on its way back after a loss. */
  async #find<T>(kind: ContentKind, digest: Digest, path: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isLoss(error)) throw unavailable(kind, digest, error);
      if (!(await this.swept.bringBack(path)) && !(await this.losses.restored(kind, digest, path))) throw unavailable(kind, digest, error);
    }
    return await read().catch((error: unknown) => {
      throw unavailable(kind, digest, error);
    });
  }

  /** What is damaged is taken away, so that it is made again like what is missing. */
  async #damaged(kind: ContentKind, digest: Digest, path: string): Promise<SyncError> {
    await rm(path, { force: true });
    await this.losses.report(kind, digest);
    return unavailable(kind, digest);
  }
}

function isLoss(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || (error instanceof SyncError && error.reason === 'ContentUnavailable');
}

function checked(digest: Digest): Digest {
  if (!isDigest(digest)) throw new SyncError('ContentUnavailable', `"${digest.slice(0, 80)}" is not a digest: 64 hex digits are needed.`);
  return digest;
}

const WORDS: Readonly<Record<ContentKind, string>> = { blobs: 'blob', documents: 'document', manifests: 'manifest' };

function unavailable(kind: ContentKind, digest: Digest, cause?: unknown): SyncError {
  if (cause instanceof SyncError) return cause;
  return new SyncError('ContentUnavailable', `The content store has no whole ${WORDS[kind]} ${digest}; it is made again from git.`, {
    cause,
  });
}

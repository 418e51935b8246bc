import { pipeline, type Readable } from 'node:stream';
import { SyncError } from '../domain/errors.ts';
import { decodeManifest, manifestPieces, type Digest, type Manifest } from '../domain/manifest.ts';
import { canonicalJson } from './canonical-json.ts';
import { DigestCheck } from './digest-check.ts';
import { isDigest, sha256 } from './digest.ts';
import { FolderObjects } from './folder-objects.ts';
import { Losses, type ContentKind } from './losses.ts';
import type { ByteRange, Objects } from './objects.ts';
import { Staging } from './staging.ts';
import { Swept } from './swept.ts';

/** What is in use is marked so at most this often, milliseconds; well below what a sweep spares. */
const MARK_MS = 6 * 60 * 60_000;

/**
 * Content addressed by sha256: `blobs/<aa>/<digest>`, `manifests/<digest>`, `documents/<digest>`, wherever the objects lie.
 * Writing twice is harmless; what has a key is whole, or is found out when it is read.
 */
export class ContentStore {
  readonly objects: Objects;
  /** What a sweep has taken out and may still come back. */
  readonly swept: Swept;
  /** What readers miss. */
  readonly losses: Losses;

  /**
   * A store that several processes may use.
   * @param options.waitMs for a process that cannot make content itself: what is missing is reported to the source, and waited for so
   * many milliseconds.
   */
  constructor(objects: Objects, options: { readonly waitMs?: number } = {}) {
    this.objects = objects;
    this.swept = new Swept(objects);
    this.losses = new Losses(objects, options.waitMs);
  }

  /** Opens a store in a folder, made where there is none. */
  static async open(folder: string, options: { readonly waitMs?: number } = {}): Promise<ContentStore> {
    const store = new ContentStore(new FolderObjects(folder), options);
    await store.objects.prepare();
    return store;
  }

  /** For writing several things with one barrier; see `stageDocument` and `stageManifest`. */
  staging(): Staging {
    return new Staging(this.objects);
  }

  /** Whether a blob is here with all its bytes. The sweep then spares it for a day. */
  async hasBlob({ sha256: digest, size }: { readonly sha256: Digest; readonly size: number }): Promise<boolean> {
    return await this.#has(blobKey(digest), size);
  }

  /** @throws SyncError ContentUnavailable */
  async sizeOfBlob(digest: Digest): Promise<number> {
    const key = blobKey(digest);
    return await this.#find('blobs', digest, key, async () => (await this.objects.look(key))?.size);
  }

  /**
   * @param range first and last byte of a part, which is not checked against the digest
   * @returns the size of the whole in bytes and the content as a stream, which fails at its end when the content is damaged.
   * @throws SyncError ContentUnavailable
   */
  async openBlob(digest: Digest, range?: ByteRange): Promise<{ size: number; stream: Readable }> {
    const key = blobKey(digest);
    const { size, stream } = await this.#find('blobs', digest, key, () => this.objects.open(key, range));
    return { size, stream: range ? stream : this.#checked('blobs', digest, stream) };
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
    staging.add(keyOf('documents', digest), text);
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
    return staging.addPieces(manifestPieces(manifest), manifestKey);
  }

  /** Whether a manifest is here. The sweep then spares it for a day. */
  async hasManifest(digest: Digest): Promise<boolean> {
    return await this.#has(manifestKey(digest));
  }

  /**
   * The canonical text of a manifest, as agents get it: a stream, which fails at its end when it is damaged.
   * @throws SyncError ContentUnavailable
   */
  async openManifest(digest: Digest): Promise<{ size: number; stream: Readable }> {
    const key = manifestKey(digest);
    const { size, stream } = await this.#find('manifests', digest, key, () => this.objects.open(key));
    return { size, stream: this.#checked('manifests', digest, stream) };
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

  #checked(kind: ContentKind, digest: Digest, stream: Readable): Readable {
    const check = new DigestCheck(digest, () => this.#damaged(kind, digest));
    return pipeline(stream, check, () => undefined);
  }

  async #read(kind: 'documents' | 'manifests', digest: Digest): Promise<string> {
    const key = keyOf(kind, digest);
    const read = async (): Promise<string | undefined> => {
      const bytes = await this.objects.read(key);
      if (bytes === undefined || sha256(bytes) === digest) return bytes?.toString('utf8');
      await this.#damaged(kind, digest);
      return undefined;
    };
    return await this.#find(kind, digest, key, read);
  }

  async #has(key: string, size?: number): Promise<boolean> {
    const look = () => this.objects.look(key);
    const found = (await look()) ?? ((await this.swept.bringBack(key)) ? await look() : undefined);
    if (!found || (size !== undefined && found.size !== size)) return false;
    const now = new Date();
    return now.getTime() - found.at.getTime() <= MARK_MS || (await this.objects.renew(key, now));
  }

  /** Reads what may have been swept a moment ago, or may be on its way back after a loss. */
  async #find<T>(kind: ContentKind, digest: Digest, key: string, read: () => Promise<T | undefined>): Promise<T> {
    const found = await read();
    if (found !== undefined) return found;
    const back = (await this.swept.bringBack(key)) || (await this.losses.restored(kind, digest, key));
    const again = back ? await read() : undefined;
    if (again === undefined) throw unavailable(kind, digest);
    return again;
  }

  /** What is damaged is taken away, so that it is made again like what is missing. */
  async #damaged(kind: ContentKind, digest: Digest): Promise<SyncError> {
    await this.objects.remove(keyOf(kind, digest));
    await this.losses.report(kind, digest);
    return unavailable(kind, digest);
  }
}

/** @throws SyncError ContentUnavailable for what is no digest */
export function blobKey(digest: Digest): string {
  return keyOf('blobs', digest);
}

/** @throws SyncError ContentUnavailable for what is no digest */
export function manifestKey(digest: Digest): string {
  return keyOf('manifests', digest);
}

function keyOf(kind: ContentKind, digest: Digest): string {
  if (!isDigest(digest)) throw new SyncError('ContentUnavailable', `"${digest.slice(0, 80)}" is not a digest: 64 hex digits are needed.`);
  return kind === 'blobs' ? `blobs/${digest.slice(0, 2)}/${digest}` : `${kind}/${digest}`;
}

const WORDS: Readonly<Record<ContentKind, string>> = { blobs: 'blob', documents: 'document', manifests: 'manifest' };

function unavailable(kind: ContentKind, digest: Digest): SyncError {
  return new SyncError('ContentUnavailable', `The content store has no whole ${WORDS[kind]} ${digest}; it is made again from git.`);
}

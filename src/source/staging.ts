import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { Objects, StagedFile } from './objects.ts';
import { errnoOf, inParallel } from './parallel.ts';

let counter = 0;

/**
 * Files on their way into the store: written to this machine, made durable together, and only then given their keys.
 * After a crash a key stands for whole content or does not exist.
 */
export class Staging implements AsyncDisposable {
  readonly #objects: Objects;
  readonly #staged: StagedFile[] = [];

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /**
   * Takes whole content.
   * @throws SyncError ContentStoreFailed when it cannot be written, such as when the volume is full
   */
  add(key: string, bytes: string | Uint8Array): void {
    const temporary = this.#name();
    try {
      this.#inFolder(() => writeFileSync(temporary, bytes, { mode: 0o640 }));
    } catch (error) {
      this.#fail(error);
    }
    this.#staged.push({ temporary, key });
  }

  /**
   * Takes text piece by piece, so that it is never in memory as a whole; its key follows from its digest, and `key` says how.
   * @throws SyncError ContentStoreFailed as `add`
   */
  addPieces(pieces: Iterable<string>, key: (digest: Digest) => string): Digest {
    const temporary = this.#name();
    const hash = createHash('sha256');
    try {
      const file = this.#inFolder(() => openSync(temporary, 'wx', 0o640));
      try {
        for (const piece of pieces) {
          hash.update(piece);
          writeFileSync(file, piece);
        }
      } finally {
        closeSync(file);
      }
    } catch (error) {
      rmSync(temporary, { force: true });
      this.#fail(error);
    }
    const digest = hash.digest('hex');
    this.#staged.push({ temporary, key: key(digest) });
    return digest;
  }

  /**
   * Takes content piece by piece; its key follows from its digest, and `key` says how.
   * @throws SyncError ContentStoreFailed as `add`; what `chunks` throws
   */
  async addStream(chunks: AsyncIterable<Uint8Array>, key: (digest: Digest) => string): Promise<Digest> {
    const temporary = this.#name();
    const hash = createHash('sha256');
    const file = await this.#create(temporary).catch((error: unknown) => this.#fail(error));
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.write(chunk).catch((error: unknown) => this.#fail(error));
      }
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    const digest = hash.digest('hex');
    this.#staged.push({ temporary, key: key(digest) });
    return digest;
  }

  /**
   * Gives what was taken so far its keys.
   * @throws SyncError ContentStoreFailed; ContentUnavailable when somebody deleted the store meanwhile: to be done again.
   */
  async commit(): Promise<void> {
    await this.#objects.name(this.#staged);
    this.#staged.length = 0;
  }

  /** Removes what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await inParallel(this.#staged.splice(0), ({ temporary }) => rm(temporary, { force: true }));
  }

  async #create(temporary: string): Promise<FileHandle> {
    return await open(temporary, 'wx', 0o640).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await mkdir(this.#objects.spool, { recursive: true });
      return await open(temporary, 'wx', 0o640);
    });
  }

  #inFolder<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      mkdirSync(this.#objects.spool, { recursive: true });
      return write();
    }
  }

  #fail(error: unknown): never {
    if (errnoOf(error) === undefined) throw error;
    throw new SyncError(
      'ContentStoreFailed',
      `What is on its way into the content store cannot be written to ${this.#objects.spool}: ${String(error)}. Check that it is mounted, writable for this user, and not full.`,
      { cause: error },
    );
  }

  #name(): string {
    counter += 1;
    return join(this.#objects.spool, `${process.pid}-${counter}`);
  }
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';

/** Up to this many files are made durable one by one; more by one pass over the file system. */
const SYNC_ONE_BY_ONE = 64;

/** Up to this many files are worked on at once. */
const PARALLEL = 16;

let counter = 0;

/**
 * Files on their way into the store: written beside it, made durable together, and only then given their names.
 * After a crash a name stands for whole content or does not exist.
 */
export class Staging implements AsyncDisposable {
  readonly #folder: string;
  readonly #staged: { readonly temporary: string; readonly target: string }[] = [];

  /** @param folder on the same file system as the targets; made again when somebody deleted it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes whole content. */
  add(target: string, bytes: string | Uint8Array): void {
    const temporary = this.#name();
    this.#inFolder(() => writeFileSync(temporary, bytes, { mode: 0o640 }));
    this.#staged.push({ temporary, target });
  }

  /** Takes content piece by piece; its name follows from its digest, and `target` says how. */
  async addStream(chunks: AsyncIterable<Uint8Array>, target: (digest: Digest) => string): Promise<Digest> {
    const temporary = this.#name();
    const hash = createHash('sha256');
    const file = await open(temporary, 'wx', 0o640).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await mkdir(this.#folder, { recursive: true });
      return await open(temporary, 'wx', 0o640);
    });
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
    const digest = hash.digest('hex');
    this.#staged.push({ temporary, target: target(digest) });
    return digest;
  }

  /**
   * Makes everything durable and names it.
   * @throws SyncError ContentUnavailable when somebody deleted the store meanwhile: to be done again.
   */
  async commit(): Promise<void> {
    try {
      await this.#commit();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new SyncError('ContentUnavailable', 'The content store was deleted while it was written to; it is written again.', {
        cause: error,
      });
    }
  }

  async #commit(): Promise<void> {
    const staged = [...this.#staged];
    if (staged.length > SYNC_ONE_BY_ONE) await promisify(execFile)('sync', ['-f', this.#folder]);
    else await inParallel(staged, ({ temporary }) => syncFile(temporary));
    await inParallel([...new Set(staged.map(({ target }) => dirname(target)))], (folder) => mkdir(folder, { recursive: true }));
    await inParallel(staged, ({ temporary, target }) => rename(temporary, target));
    this.#staged.length = 0;
  }

  /** Removes what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await inParallel(this.#staged.splice(0), ({ temporary }) => rm(temporary, { force: true }));
  }

  #inFolder(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      mkdirSync(this.#folder, { recursive: true });
      write();
    }
  }

  #name(): string {
    counter += 1;
    return join(this.#folder, `${process.pid}-${counter}`);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Runs `work` for every item, a bounded number at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, runner));
}

/** The code of an error of the file system, such as ENOENT. */
export function errnoOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

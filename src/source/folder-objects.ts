import { createReadStream, type Dirent } from 'node:fs';
import { execFile } from 'node:child_process';
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { SyncError } from '../domain/errors.ts';
import type { ByteRange, Found, Objects, StagedFile } from './objects.ts';
import { replaceFile } from './pin-file.ts';
import { errnoOf, inParallel } from './parallel.ts';
import { removeOldFiles } from './spool.ts';

/** Up to this many files are made durable one by one; more by one pass over the file system. */
const SYNC_ONE_BY_ONE = 64;

/** A content store in a folder, which several processes may see. A key is a path in it. */
export class FolderObjects implements Objects {
  readonly spool: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.spool = join(folder, 'staging');
  }

  async prepare(): Promise<void> {
    await this.#named(async () => {
      for (const part of ['staging', 'blobs', 'manifests', 'documents', 'pins']) await mkdir(join(this.#folder, part), { recursive: true });
    });
  }

  async look(key: string): Promise<Found | undefined> {
    const found = await this.#found(() => stat(this.#path(key)));
    return found?.isFile() === true ? { size: found.size, at: found.mtime } : undefined;
  }

  async read(key: string): Promise<Buffer | undefined> {
    return await this.#found(() => readFile(this.#path(key)));
  }

  async open(key: string, range?: ByteRange): Promise<{ size: number; stream: Readable } | undefined> {
    const found = await this.look(key);
    return found && { size: found.size, stream: createReadStream(this.#path(key), range) };
  }

  async put(key: string, text: string): Promise<void> {
    await this.#named(() => replaceFile(this.#path(key), this.spool, text));
  }

  /** @throws SyncError ContentUnavailable when somebody deleted the store meanwhile: to be done again. */
  async name(files: readonly StagedFile[]): Promise<void> {
    try {
      if (files.length > SYNC_ONE_BY_ONE) await promisify(execFile)('sync', ['-f', this.spool]);
      else await inParallel(files, ({ temporary }) => syncFile(temporary));
      await inParallel([...new Set(files.map(({ key }) => dirname(this.#path(key))))], (folder) => mkdir(folder, { recursive: true }));
      await inParallel(files, ({ temporary, key }) => rename(temporary, this.#path(key)));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw this.#failed(error);
      throw new SyncError('ContentUnavailable', 'The content store was deleted while it was written to; it is written again.', {
        cause: error,
      });
    }
  }

  async renew(key: string, now: Date): Promise<boolean> {
    return await utimes(this.#path(key), now, now).then(
      () => true,
      (error: unknown) => errnoOf(error) !== 'ENOENT', // swept or dropped this very moment
    );
  }

  async move(from: string, to: string): Promise<boolean> {
    const moved = (): Promise<true> => rename(this.#path(from), this.#path(to)).then(() => true);
    if (await this.#found(moved)) return true;
    if (!(await this.look(from))) return false;
    await this.#named(() => mkdir(dirname(this.#path(to)), { recursive: true }));
    return (await this.#found(moved)) ?? false;
  }

  async remove(key: string): Promise<void> {
    await this.#named(() => rm(this.#path(key), { force: true }));
  }

  async *list(prefix: string): AsyncGenerator<Found & { key: string }> {
    const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const object of this.#below(parent)) if (object.key.startsWith(prefix)) yield object;
  }

  async folders(prefix: string): Promise<string[]> {
    const entries = (await this.#found(() => readdir(this.#path(prefix), { withFileTypes: true }))) ?? [];
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  async removeLeftovers(now: Date): Promise<void> {
    await removeOldFiles(this.spool, now);
    // Folders that a sweep emptied.
    for (const name of (await this.#found(() => readdir(join(this.#folder, 'swept')))) ?? [])
      await removeEmpty(join(this.#folder, 'swept', name));
  }

  async *#below(folder: string): AsyncGenerator<Found & { key: string }> {
    const entries: Dirent[] = (await this.#found(() => readdir(this.#path(folder), { withFileTypes: true }))) ?? [];
    const found: (Found & { key: string })[] = [];
    await inParallel(
      entries.filter((entry) => entry.isFile()),
      async ({ name }) => {
        const object = await this.look(folder + name);
        if (object) found.push({ ...object, key: folder + name });
      },
    );
    yield* found;
    for (const entry of entries) if (entry.isDirectory()) yield* this.#below(`${folder}${entry.name}/`);
  }

  #path(key: string): string {
    return join(this.#folder, key);
  }

  async #found<T>(look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw this.#failed(error);
    }
  }

  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    if (error instanceof SyncError || errnoOf(error) === undefined) return error;
    return new SyncError(
      'ContentStoreFailed',
      `The folder of the content store, ${this.#folder}, cannot be used: ${String(error)}. Check that it is mounted, writable for this user, and not full.`,
      { cause: error },
    );
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

/** Removes a folder with nothing but folders in it; one with a file stays. */
async function removeEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries?.some((entry) => !entry.isDirectory()) === false) await rm(folder, { recursive: true, force: true });
}

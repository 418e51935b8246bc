import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from './volume-error.ts';

const run = promisify(execFile);

/** Above this many, one flush of the whole file system is cheaper than one per file (measured: 0.13 s against 3.5 s for 10,000). */
const ONE_BY_ONE = 64;

/** What opening a folder says when it was removed, or a file took its place. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Makes one file or folder durable. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes these files and folders durable; `root` is any folder of their file system. Paths that are gone are left out. */
export async function flushAll(root: string, paths: readonly string[]): Promise<void> {
  if (paths.length > ONE_BY_ONE && (await flushFileSystem(root))) return;
  for (const path of paths) {
    try {
      await flush(path);
    } catch (error) {
      if (!GONE.has(errnoOf(error) ?? '')) throw error;
    }
  }
}

/** @returns false where the machine has no `sync -f`: images differ. */
async function flushFileSystem(root: string): Promise<boolean> {
  try {
    await run('sync', ['-f', root], { env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' } });
    return true;
  } catch {
    return false;
  }
}

/** Replaces a small file of ours, whole or not at all. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
  await flush(dirname(path));
}

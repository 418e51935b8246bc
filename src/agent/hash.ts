import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Digest } from '../domain/manifest.ts';
import { errnoOf } from './volume-error.ts';

const readFd = promisify(read);
const CHUNK = 1 << 20;
/** Files up to this size are read in one go: a trip through the thread pool costs more than the read. */
const SMALL = 256 << 10;

/** Opens a file for reading without following a link and without waiting on a special file; undefined when it is no plain file. */
export function openPlainFile(place: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ELOOP' || code === 'ENXIO') return undefined;
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/** The content of an open file in pieces that never exceed 1 MiB; the same memory is used for each. */
export async function* readPieces(fd: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ;) {
    const { bytesRead } = await readFd(fd, buffer, 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The sha256 of a plain file's bytes; undefined when it is no plain file. */
export async function hashFile(place: string): Promise<Digest | undefined> {
  const fd = openPlainFile(place);
  if (fd === undefined) return undefined;
  try {
    const hash = createHash('sha256');
    const { size } = fstatSync(fd);
    if (size <= SMALL) {
      const buffer = Buffer.allocUnsafe(size);
      for (let at = 0; at < size;) {
        const got = readSync(fd, buffer, at, size - at, at);
        if (got === 0) return hash.update(buffer.subarray(0, at)).digest('hex');
        at += got;
      }
      return hash.update(buffer).digest('hex');
    }
    for await (const piece of readPieces(fd)) hash.update(piece);
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

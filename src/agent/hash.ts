import { createHash } from 'node:crypto';
import { fstatSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';

const readFd = promisify(read);
const CHUNK = 1 << 20;
/** Files up to this size are read in one go: a trip through the thread pool costs more than the read. */
const SMALL = 256 << 10;

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
export async function hashFile(volume: VolumeFs, path: string): Promise<Digest | undefined> {
  const fd = volume.open(path);
  if (fd === undefined) return undefined;
  try {
    const hash = createHash('sha256');
    const { size } = fstatSync(fd);
    if (size <= SMALL) return hash.update(readAt(fd, 0, size)).digest('hex');
    for await (const piece of readPieces(fd)) hash.update(piece);
    return hash.digest('hex');
  } finally {
    volume.close(fd);
  }
}

/**
 * A small file of ours; undefined when there is none.
 * @throws SyncError VolumeFailed when something else stands there
 */
export function readText(volume: VolumeFs, path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = volume.open(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (fd === undefined) throw new SyncError('VolumeFailed', `${path} on the gateway's volume is no plain file: remove it.`);
  try {
    return readEnd(fd, Infinity).toString('utf8');
  } finally {
    volume.close(fd);
  }
}

/** The lines of an open file without their ends, a piece of the file in memory at a time. What follows the last line end is left out. */
export function* linesOf(fd: number): Generator<string, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; ;) {
    const piece = readAt(fd, position, SMALL);
    if (piece.length === 0) return undefined;
    position += piece.length;
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}

/** The last bytes of an open file, at most so many. */
export function readEnd(fd: number, atMost: number): Buffer {
  const { size } = fstatSync(fd);
  return readAt(fd, Math.max(0, size - atMost), Math.min(size, atMost));
}

function readAt(fd: number, start: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  for (let at = 0; at < size;) {
    const got = readSync(fd, buffer, at, size - at, start + at);
    if (got === 0) return buffer.subarray(0, at);
    at += got;
  }
  return buffer;
}

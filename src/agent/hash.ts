import { createHash, hash } from 'node:crypto';
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
/** For what is read and used up without giving way in between: thousands of buffers would wait for the collector. */
const SHARED = Buffer.allocUnsafeSlow(SMALL);

/** Bytes of a file of lines that are read in one go. */
const LINES = 64 << 10;
/** Buffers of that size that nobody reads by now: files of lines are gone through again and again, and the collector comes seldom. */
const IDLE: Buffer[] = [];
const MOST_IDLE = 8;

/** The content of an open file in pieces that never exceed 1 MiB; the same memory is used for each. */
export async function* readPieces(fd: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, fstatSync(fd).size + 1));
  for (let position = 0; ;) {
    const { bytesRead } = await readFd(fd, buffer, 0, buffer.length, position);
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
    const { size } = fstatSync(fd);
    if (size <= SMALL) return hash('sha256', readInto(SHARED, fd, 0, size), 'hex');
    const sum = createHash('sha256');
    for await (const piece of readPieces(fd)) sum.update(piece);
    return sum.digest('hex');
  } finally {
    volume.close(fd);
  }
}

/**
 * A small file of ours, or the last bytes of one that may be long; undefined when there is none.
 * @throws SyncError VolumeFailed when something else stands there
 */
export function readText(volume: VolumeFs, path: string, atMost = Infinity): string | undefined {
  let fd: number | undefined;
  try {
    fd = volume.open(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (fd === undefined) throw new SyncError('VolumeFailed', `${path} on the gateway's volume is no plain file: remove it.`);
  try {
    return readEnd(fd, atMost).toString('utf8');
  } finally {
    volume.close(fd);
  }
}

/** The lines of an open file without their ends, a piece of the file in memory at a time. What follows the last line end is left out. */
export function* linesOf(fd: number): Generator<string, undefined> {
  let buffer = IDLE.pop() ?? Buffer.allocUnsafeSlow(LINES);
  try {
    let kept = 0;
    for (let position = 0; ;) {
      if (kept === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      const got = readSync(fd, buffer, kept, buffer.length - kept, position);
      if (got === 0) return undefined;
      position += got;
      const bytes = buffer.subarray(0, kept + got);
      let start = 0;
      for (let end = bytes.indexOf(10, kept); end !== -1; end = bytes.indexOf(10, start)) {
        yield bytes.toString('utf8', start, end);
        start = end + 1;
      }
      bytes.copy(buffer, 0, start);
      kept = bytes.length - start;
    }
  } finally {
    if (buffer.length === LINES && IDLE.length < MOST_IDLE) IDLE.push(buffer);
  }
}

/** The last bytes of an open file, at most so many. */
export function readEnd(fd: number, atMost: number): Buffer {
  const { size } = fstatSync(fd);
  return readAt(fd, Math.max(0, size - atMost), Math.min(size, atMost));
}

function readAt(fd: number, start: number, size: number): Buffer {
  return readInto(Buffer.allocUnsafe(size), fd, start, size);
}

function readInto(buffer: Buffer, fd: number, start: number, size: number): Buffer {
  let at = 0;
  while (at < size) {
    const got = readSync(fd, buffer, at, size - at, start + at);
    if (got === 0) break;
    at += got;
  }
  return buffer.subarray(0, at);
}

import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw, inflateRawSync } from 'node:zlib';
import type { Digest } from '../../domain/manifest.ts';

/** One file of an archive, found in its directory. */
interface Entry {
  readonly method: number;
  readonly size: number;
  readonly packed: number;
  readonly offset: number;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
/** End record, and the longest comment behind it. */
const TAIL = 22 + 65_535;
/** A directory of a hundred thousand files is a fraction of this. */
const MAX_DIRECTORY = 64 * 1024 * 1024;

/** An archive as a file: digests of its members, one by one, in bounded memory. Nothing of it is ever written anywhere. */
export class ZipFile implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(file: FileHandle, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws Error when it is no archive, or one of a kind that gateways do not write */
  static async open(path: string): Promise<ZipFile> {
    const file = await open(path, 'r');
    try {
      return new ZipFile(file, await readDirectory(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The sha256 of a member's bytes; undefined when there is none. @throws Error when it is damaged or longer than it says */
  async digest(name: string): Promise<Digest | undefined> {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const head = await bytesAt(this.#file, entry.offset, 30);
    if (head.readUInt32LE(0) !== LOCAL || (entry.method !== 0 && entry.method !== 8)) throw new Error(`${name}: unknown kind of member`);
    const start = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
    const hash = createHash('sha256');
    if (Math.max(entry.size, entry.packed) <= PIECE) {
      const packed = await bytesAt(this.#file, start, entry.packed);
      // One byte of room more than it says shows a member that is longer. A stream for each would hold its memory until it is collected.
      const bytes = entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: entry.size + 1 });
      if (bytes.length !== entry.size) throw new Error(`${name}: not as long as it says`);
      return hash.update(bytes).digest('hex');
    }
    let size = 0;
    const count = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
      for await (const piece of pieces) {
        size += piece.length;
        if (size > entry.size) throw new Error(`${name}: longer than it says`);
        hash.update(piece);
      }
    };
    const packed = pieces(this.#file, start, entry.packed);
    if (entry.method === 0) await count(packed);
    else await pipeline(packed, createInflateRaw(), count);
    if (size !== entry.size) throw new Error(`${name}: shorter than it says`);
    return hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<Map<string, Entry>> {
  const { size } = await file.stat();
  const tail = await bytesAt(file, Math.max(0, size - TAIL), Math.min(size, TAIL));
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at -= 1;
  if (at < 0) throw new Error('not an archive');
  const [count, length, offset] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (count === 0xffff || length > MAX_DIRECTORY || offset + length > size) throw new Error('an archive of an unknown kind');
  const directory = await bytesAt(file, offset, length);
  const entries = new Map<string, Entry>();
  for (let i = 0, here = 0; i < count; i += 1) {
    if (here + 46 > length || directory.readUInt32LE(here) !== DIRECTORY) throw new Error('a damaged archive');
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(here + field)) as [number, number, number];
    entries.set(directory.toString('utf8', here + 46, here + 46 + name), {
      method: directory.readUInt16LE(here + 10),
      packed: directory.readUInt32LE(here + 20),
      size: directory.readUInt32LE(here + 24),
      offset: directory.readUInt32LE(here + 42),
    });
    here += 46 + name + extra + comment;
  }
  return entries;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('an archive that was cut short');
  return buffer;
}

const PIECE = 256 * 1024;

async function* pieces(file: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < length;) {
    const piece = await bytesAt(file, start + done, Math.min(PIECE, length - done));
    done += piece.length;
    yield piece;
  }
}

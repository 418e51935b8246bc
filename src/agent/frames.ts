import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import type { IncomingBlob } from './ports.ts';

const Header = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) });
const MAX_HEADER_BYTES = 1024;
const NEWLINE = 0x0a;

/**
 * Takes a stream of frames apart: per blob one JSON line with digest and size, then exactly that many bytes.
 * What the caller leaves of a body is passed over.
 * @throws SyncError ContentUnavailable when the stream is cut short or is not made of frames
 */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<IncomingBlob> {
  const source = new Source(stream[Symbol.asyncIterator]());
  for (let line = await source.line(); line !== undefined; line = await source.line()) {
    const header = parseHeader(line);
    yield { ...header, body: source.body(header.size) };
  }
}

function parseHeader(line: string): z.infer<typeof Header> {
  try {
    return Header.parse(JSON.parse(line));
  } catch (error) {
    throw broken('is not made of frames', error);
  }
}

class Source {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of the present body that are still to come. */
  #left = 0;

  constructor(pieces: AsyncIterator<Uint8Array>) {
    this.#pieces = pieces;
  }

  /** The next line; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    while (this.#left > 0) await this.#piece();
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      if (end !== -1) {
        const line = this.#rest.subarray(0, end).toString();
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (this.#rest.length > MAX_HEADER_BYTES) throw broken('is not made of frames');
      const more = await this.#next();
      if (more === undefined) {
        if (this.#rest.length === 0) return undefined;
        throw broken('is cut short');
      }
      this.#rest = Buffer.concat([this.#rest, more]);
    }
  }

  /** The next `size` bytes. They are passed over when the next line is asked for. */
  body(size: number): AsyncGenerator<Uint8Array> {
    this.#left = size;
    return this.#body();
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) yield await this.#piece();
  }

  async #piece(): Promise<Uint8Array> {
    if (this.#rest.length === 0) {
      const more = await this.#next();
      if (more === undefined) throw broken('is cut short');
      this.#rest = more;
    }
    const piece = this.#rest.subarray(0, this.#left);
    this.#rest = this.#rest.subarray(piece.length);
    this.#left -= piece.length;
    return piece;
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#pieces.next();
    if (next.done === true) return undefined;
    const { buffer, byteOffset, byteLength } = next.value;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}

function broken(how: string, cause?: unknown): SyncError {
  return new SyncError('ContentUnavailable', `The relay's answer ${how}: asked again.`, { cause });
}

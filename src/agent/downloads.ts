import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { SyncError } from '../domain/errors.ts';
import { messageOf } from './volume-error.ts';

/** Asks for compressed content; a relay that does not compress sends it as it is. */
export const COMPRESSED = { 'accept-encoding': 'gzip' };

/** A download that was cut goes on at once when it has brought so many bytes since it was last asked for; else the work is tried again later. */
const WORTHWHILE_BYTES = 1 << 20;

/** What came is not the file: the part of it that is here is not to be gone on with. */
export class OtherContent extends SyncError {}

/** Content in one piece, and how to ask for it. */
export interface Download {
  /** Bytes of the whole. */
  readonly size: number;
  /** Asks for everything from this byte on. */
  readonly open: (from: number) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * The bytes of a download from `from` on, exactly as many as there should be. Cut in the middle, it is gone on with where it was.
 * @throws SyncError RelayUnreachable when it is cut again before it came on; ContentUnavailable when more or less comes than should
 */
export async function* resumed({ size, open }: Download, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < size;) {
    const began = at;
    try {
      for await (const piece of await open(at)) {
        at += piece.length;
        if (at > size) throw new OtherContent('ContentUnavailable', `The relay sent more than the ${size} bytes that a file has: refused.`);
        yield piece;
      }
      if (at < size) throw new SyncError('RelayUnreachable', `The relay ended ${size - at} bytes before the end of a file of ${size}.`);
    } catch (error) {
      const cut = error instanceof SyncError && error.reason === 'RelayUnreachable';
      if (at !== size && (!cut || at - began < WORTHWHILE_BYTES)) throw error;
    }
  }
}

/**
 * What an answer to a download from `from` on brings: its body without what comes before that, where a whole was sent in place of a part.
 * @throws SyncError ContentUnavailable when it is another part than was asked for
 */
export function partOf(
  answer: Dispatcher.ResponseData,
  body: AsyncIterable<Uint8Array>,
  from: number,
  size: number,
): AsyncIterable<Uint8Array> {
  if (answer.statusCode === 200) return without(from, body);
  const part = headerOf(answer, 'content-range');
  if (part === `bytes ${from}-${size - 1}/${size}`) return body;
  giveUp(answer.body);
  throw new SyncError(
    'ContentUnavailable',
    `The relay sent "${part.slice(0, 80)}" of a file of ${size} bytes, asked for what follows byte ${from}.`,
  );
}

/** A stream without its first bytes. */
export async function* without(bytes: number, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of stream) {
    const rest = piece.subarray(Math.min(left, piece.length));
    left -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

/**
 * The body of an answer as it was before the relay compressed it. It is taken apart as it is read, so whoever counts what comes out and
 * stops is not flooded, whatever went in.
 * @throws SyncError ContentUnavailable when it says that it is compressed, and is not, or in a way that was not asked for
 */
export function decoded(answer: Dispatcher.ResponseData): AsyncIterable<Uint8Array> {
  const encoding = headerOf(answer, 'content-encoding').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return answer.body;
  if (encoding === 'gzip') return gunzipped(answer.body);
  giveUp(answer.body);
  throw new SyncError('ContentUnavailable', `The relay's answer is encoded as "${encoding.slice(0, 40)}", which nobody asked for.`);
}

async function* gunzipped(body: Readable): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  body.once('error', (error) => gunzip.destroy(error));
  try {
    yield* body.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!isNotGzip(error)) throw error;
    throw new SyncError('ContentUnavailable', `The relay's answer is not the gzip that it says it is: ${messageOf(error)}.`, {
      cause: error,
    });
  } finally {
    body.destroy();
    gunzip.destroy();
  }
}

function giveUp(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

/** Everything but an end that comes too early, which is a cut connection. */
function isNotGzip(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && /^Z_(?!BUF_ERROR)/.test(error.code)
  );
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string {
  return [headers[name] ?? ''].flat().join(', ');
}

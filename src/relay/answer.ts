import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import Negotiator from 'negotiator';

/** Quick rather than small: most of what goes out is text, which halves at any level. */
const LEVEL = { level: 1 };

/** Content is compressed when its beginning shrinks below this share: images and archives go out as they are. */
const WORTH_IT = 0.9;

/** Below this a sample says nothing, and there is nothing to gain, bytes. */
const MIN_SAMPLE = 512;

/** How an answer goes out. */
export interface Outgoing {
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the whole answer, where they are known before. */
  readonly length?: number;
  /** Whether it may be compressed for whoever asks for that. */
  readonly mayCompress: boolean;
  /** Milliseconds that the reader may take nothing, after which the connection is ended. */
  readonly stallMs: number;
}

/**
 * Sends pieces one after the other, never more of them in memory than the connection has in hand. What fails before the first piece is
 * thrown with nothing sent yet, so that it can be said with a status; later failures cut the answer short.
 */
export async function sendPieces(
  request: IncomingMessage,
  response: ServerResponse,
  pieces: AsyncIterable<Uint8Array>,
  { status, headers, length, mayCompress, stallMs }: Outgoing,
): Promise<void> {
  const rest = pieces[Symbol.asyncIterator]();
  const first = await rest.next();
  const compressed = mayCompress && acceptsGzip(request) && first.done !== true && shrinks(first.value);
  response.writeHead(status, {
    ...headers,
    ...(mayCompress && { vary: 'accept-encoding' }),
    ...(compressed ? { 'content-encoding': 'gzip' } : length !== undefined && { 'content-length': length }),
  });
  const stalled = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`the agent took nothing for ${stallMs} ms`)), stallMs);
  };
  // Asked for the next piece, the connection has taken those before; also the last ones are waited for only so long.
  const outgoing = async function* (): AsyncGenerator<Uint8Array> {
    for (let next = first; next.done !== true; next = await rest.next()) {
      wait();
      yield next.value;
      clearTimeout(timer);
    }
    wait();
  };
  try {
    const { signal } = stalled;
    await (compressed ? pipeline(outgoing, createGzip(LEVEL), response, { signal }) : pipeline(outgoing, response, { signal }));
  } finally {
    clearTimeout(timer);
    await rest.return?.();
  }
}

function acceptsGzip(request: IncomingMessage): boolean {
  return new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip';
}

function shrinks(sample: Uint8Array): boolean {
  return sample.length < MIN_SAMPLE || gzipSync(sample, LEVEL).length < sample.length * WORTH_IT;
}

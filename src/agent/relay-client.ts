import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { Agent, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { givingBack } from '../clients/http/spent-buffers.ts';
import { RELAY_PATHS } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import { isReason, type Reason } from '../domain/reasons.ts';
import { COMPRESSED, decoded, partOf, resumed, without } from './downloads.ts';
import { readFrames } from './frames.ts';
import type { Blob, IncomingBlob, RelayClient } from './ports.ts';
import { messageOf } from './volume-error.ts';

/** How the relay is reached. */
export interface RelayAddress {
  /** Such as `https://relay.ignition-sync.svc:8443`. */
  readonly url: string;
  /** File with the ServiceAccount token, read at each call: the kubelet replaces it every hour. */
  readonly tokenFile: string;
  /** File with the certificates to trust, PEM. */
  readonly caFile?: string;
  /** Milliseconds until an answer begins, and between two pieces of it; 10,000 when absent. */
  readonly timeoutMs?: number;
}

const Hello = z.object({
  namespace: z.string(),
  gateway: z.string(),
  taskQueue: z.string(),
  ticketKey: z.string(),
  startup: z
    .object({
      expects: z.enum(['nothing', 'sync', 'held']),
      message: z.string(),
      graceSeconds: z.number().min(0),
      connection: z.object({ port: z.int(), tls: z.boolean() }),
    })
    .optional()
    .catch(undefined), // a newer relay may say more than this agent knows
  redundant: z.boolean().optional(),
});
const Ticket = z.object({ ticket: z.string(), validForMs: z.number() });
const Refusal = z.object({ reason: z.string(), message: z.string() });

const TIMEOUT_MS = 10_000;
/** A manifest of 500,000 files. */
const MAX_MANIFEST_BYTES = 128 * 1024 * 1024;
/** Anything but a manifest or a blob is a few hundred bytes. */
const MAX_TEXT_BYTES = 64 * 1024;

/** The relay over HTTP. Bodies of blobs are streamed, so memory does not grow with what is fetched. */
export function createRelayClient(address: RelayAddress): RelayClient & { close(): Promise<void> } {
  const timeout = address.timeoutMs ?? TIMEOUT_MS;
  const dispatcher = new Agent({
    connect: { timeout, ...(address.caFile !== undefined && { ca: readFileSync(address.caFile, 'utf8') }) },
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connections: 4,
  });
  const base = address.url.replace(/\/+$/, '');

  async function call(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Dispatcher.ResponseData> {
    const answer = await named(base, async () =>
      request(`${base}${path}`, {
        dispatcher,
        method,
        headers: {
          ...headers,
          authorization: `Bearer ${await readToken(address.tokenFile)}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      }),
    );
    if (answer.statusCode === 200 || (answer.statusCode === 206 && 'range' in headers)) return answer;
    throw await refused(base, path, answer);
  }

  async function json<T>(schema: z.ZodType<T>, path: string, body: unknown, signal: AbortSignal | undefined): Promise<T> {
    const answer = await call('POST', path, body, signal);
    const text = await named(base, () => readText(answer));
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new SyncError('RelayUnreachable', `The relay at ${base} answered ${path} with something else than the protocol says.`, {
        cause: error,
      });
    }
  }

  async function* framesOf(digests: readonly Digest[], signal: AbortSignal | undefined): AsyncGenerator<IncomingBlob> {
    const answer = await call('POST', RELAY_PATHS.blobs, { digests }, signal, COMPRESSED);
    yield* readFrames(givingBack(namedStream(base, decoded(answer))));
  }

  /** One blob from a byte on. */
  async function rest({ sha256, size }: Blob, from: number, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> {
    try {
      const headers = from > 0 ? { range: `bytes=${from}-` } : COMPRESSED;
      const answer = await call('GET', `${RELAY_PATHS.blobs}/${sha256}`, undefined, signal, headers);
      return partOf(answer, namedStream(base, decoded(answer)), from, size);
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      return without(from, bodyOf(framesOf([sha256], signal), sha256)); // a relay that knows no single blobs
    }
  }

  return {
    hello: (body, signal) => json(Hello, RELAY_PATHS.hello, body, signal),
    ticket: (body, signal) => json(Ticket, RELAY_PATHS.ticket, body, signal),
    async *manifest(digest, signal) {
      const answer = await call('GET', `${RELAY_PATHS.manifests}/${digest}`, undefined, signal, COMPRESSED);
      yield* atMost(MAX_MANIFEST_BYTES, givingBack(namedStream(base, decoded(answer))));
    },
    blobs: framesOf,
    blob: (blob, from, signal) => givingBack(resumed({ size: blob.size, open: (at) => rest(blob, at, signal) }, from)),
    close: () => dispatcher.destroy(),
  };
}

/** The relay has no such path, or no such content. */
class NotThere extends SyncError {}

async function* bodyOf(frames: AsyncIterable<IncomingBlob>, digest: Digest): AsyncGenerator<Uint8Array> {
  for await (const { sha256, body } of frames) if (sha256 === digest) yield* body;
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new SyncError('RelayUnreachable', `The agent's token cannot be read from ${file}: mount the projected ServiceAccount token.`, {
      cause: error,
    });
  }
}

async function readText(answer: Dispatcher.ResponseData): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of atMost(MAX_TEXT_BYTES, answer.body)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function* atMost(bytes: number, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > bytes) throw new SyncError('ContentUnavailable', `The relay answered more than ${bytes} bytes.`);
    yield piece;
  }
}

async function refused(base: string, path: string, answer: Dispatcher.ResponseData): Promise<SyncError> {
  const text = await readText(answer).catch(() => '');
  const said = parseRefusal(text);
  const Fault = answer.statusCode === 404 ? NotThere : SyncError;
  if (said) return new Fault(said.reason, said.message);
  const reason = answer.statusCode === 404 ? 'ContentUnavailable' : 'RelayUnreachable';
  return new Fault(reason, `The relay at ${base} answered ${path} with ${answer.statusCode}.`);
}

function parseRefusal(text: string): { reason: Reason; message: string } | undefined {
  try {
    const { reason, message } = Refusal.parse(JSON.parse(text));
    return isReason(reason) ? { reason, message } : undefined;
  } catch {
    return undefined;
  }
}

async function named<T>(base: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreachable(base, error);
  }
}

async function* namedStream(base: string, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw unreachable(base, error);
  }
}

/** Cancellation and faults that have a name stay what they are. */
function unreachable(base: string, error: unknown): unknown {
  if (error instanceof SyncError || isAbort(error)) return error;
  return new SyncError('RelayUnreachable', `The relay at ${base} cannot be reached: ${messageOf(error)}.`, { cause: error });
}

function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}

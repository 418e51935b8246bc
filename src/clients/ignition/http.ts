import { createWriteStream, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, errors, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { givingBack } from '../http/spent-buffers.ts';
import { isUnreachable, named, refused, wordsIn, type Answer } from './failure.ts';

/** Where a gateway answers and what to show it. */
export interface IgnitionAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** File with the API key, `name:secret`, read at each call so that a rotated key counts at once. None is sent when absent. */
  readonly tokenFile?: string;
  /** File with the certificates to trust, PEM. */
  readonly caFile?: string;
  /** False accepts any certificate; for this machine only. */
  readonly verifyTls?: boolean;
  /** Milliseconds for one call from start to end; 10,000 when absent. */
  readonly timeoutMs?: number;
}

type Method = 'GET' | 'POST';

/** What a call carries besides its path. */
interface Sent {
  readonly signal?: AbortSignal | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds, in place of the client's. */
  readonly timeoutMs?: number;
}

/** A gateway with thousands of projects stays below; nothing else is that long. */
const MAX_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** For what a gateway has to put together first. */
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** One gateway's HTTP: explicit deadlines, bounded answers, redirects never followed, status and content type checked before a body is read. */
export class IgnitionHttp {
  readonly #address: IgnitionAddress;
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #dispatcher: Agent;
  /** Without a bound of its own: a download counts for itself. */
  readonly #downloads: Agent;

  constructor(address: IgnitionAddress) {
    const { host, port, tls, caFile, verifyTls = true } = address;
    if (!verifyTls && !isLoopback(host)) {
      throw new SyncError(
        'InvalidSpec',
        `The certificate of ${host} must be checked: give its CA. Only a gateway on this machine may go unchecked.`,
      );
    }
    this.#address = address;
    this.#origin = `${tls ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    this.#timeoutMs = address.timeoutMs ?? TIMEOUT_MS;
    const connect = {
      timeout: this.#timeoutMs,
      rejectUnauthorized: verifyTls,
      ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }),
    };
    const timeouts = { headersTimeout: this.#timeoutMs, bodyTimeout: this.#timeoutMs };
    this.#dispatcher = new Agent({ connect, ...timeouts, maxResponseSize: MAX_BYTES, connections: 2 });
    const patient = Math.max(this.#timeoutMs, DOWNLOAD_TIMEOUT_MS);
    this.#downloads = new Agent({ connect, headersTimeout: patient, bodyTimeout: patient, connections: 1 });
  }

  /** A call without API key. @returns undefined when nothing answers there */
  async probe(path: string, signal?: AbortSignal): Promise<Answer | undefined> {
    try {
      return await this.#send('GET', path, {}, { signal });
    } catch (error) {
      if (isUnreachable(error)) return undefined;
      throw this.#named(error, path);
    }
  }

  /** A call with the API key. @throws SyncError unless the answer is 2xx */
  async call(method: Method, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await this.ask(method, path, sent);
    if (isSuccess(answer)) return answer;
    throw refused(answer, method);
  }

  /** A call for something that may not be there. @returns undefined for 404 @throws SyncError unless the answer is 2xx or 404 */
  async find(path: string, sent: Sent = {}): Promise<Answer | undefined> {
    const answer = await this.ask('GET', path, sent);
    if (answer.status === 404) return undefined;
    if (isSuccess(answer)) return answer;
    throw refused(answer, 'GET');
  }

  /** A call with the API key, whatever its answer. @throws SyncError when there is none */
  async ask(method: Method, path: string, sent: Sent): Promise<Answer> {
    try {
      return await this.#send(method, path, await this.#credentials(), sent);
    } catch (error) {
      throw this.#named(error, path, sent.timeoutMs);
    }
  }

  /**
   * Writes an answer's body to a file.
   * @returns bytes written, `absent` for 404, `tooLarge` when it has more than `maxBytes`; what was written by then is the caller's to remove
   */
  async download(
    path: string,
    file: string,
    { type, maxBytes, signal }: { type: RegExp; maxBytes: number; signal?: AbortSignal | undefined },
  ): Promise<number | 'absent' | 'tooLarge'> {
    const timeoutMs = Math.max(this.#timeoutMs, DOWNLOAD_TIMEOUT_MS);
    const limit = bounded(signal, timeoutMs);
    try {
      const { statusCode, headers, body } = await this.#request(this.#downloads, 'GET', path, await this.#credentials(), limit);
      const { status, contentType, location } = headOf(statusCode, headers);
      if (status !== 200) {
        await body.dump({ limit: MAX_BYTES });
        if (status === 404) return 'absent';
        throw refused({ status, contentType, location, path, text: '' }, 'GET');
      }
      if (!type.test(contentType)) {
        await body.dump({ limit: 1024 });
        throw new SyncError('GatewayIncompatible', `${path} of the gateway answered ${contentType || 'no content type'}.`);
      }
      const count = new Counter(maxBytes);
      await pipeline(givingBack(body), count, createWriteStream(file, { mode: 0o600 }), { signal: limit });
      return count.bytes;
    } catch (error) {
      if (error instanceof errors.ResponseExceededMaxSizeError) return 'tooLarge';
      throw this.#named(error, path, timeoutMs);
    }
  }

  /** @throws SyncError GatewayIncompatible when the body is not JSON of this shape; ScanFailed with the gateway's words when it says no in it */
  decode<T>(schema: z.ZodType<T>, answer: Answer): T {
    const value = this.json(answer);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new SyncError('GatewayIncompatible', `${answer.path} of the gateway answered JSON of an unknown shape.`, { cause: parsed.error });
  }

  /** The JSON of an answer; see `decode`. */
  json({ contentType, text, path }: Answer): unknown {
    if (!/^application\/json\b/i.test(contentType))
      throw new SyncError('GatewayIncompatible', `${path} of the gateway answered ${contentType || 'no content type'} instead of JSON.`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new SyncError('GatewayIncompatible', `${path} of the gateway answered broken JSON.`, { cause: error });
    }
    if (typeof value === 'object' && value !== null && 'success' in value && value.success === false)
      throw new SyncError('ScanFailed', `${path}: the gateway says no: ${(wordsIn(value) ?? 'without a word').slice(0, 300)}`);
    return value;
  }

  async close(): Promise<void> {
    await Promise.all([this.#dispatcher.destroy(), this.#downloads.destroy()]);
  }

  /** The API key as it is now; undefined without one. @throws SyncError GatewayAuthFailed when it cannot be read */
  async key(): Promise<string | undefined> {
    const { tokenFile } = this.#address;
    if (tokenFile === undefined) return undefined;
    try {
      return (await readFile(tokenFile, 'utf8')).trim();
    } catch (error) {
      throw new SyncError(
        'GatewayAuthFailed',
        `The gateway's API key cannot be read from ${tokenFile}: create the Secret that spec.gateway.apiKeySecretRef names, and mount it there.`,
        { cause: error },
      );
    }
  }

  async #credentials(): Promise<Record<string, string>> {
    const key = await this.key();
    return key === undefined ? {} : { 'X-Ignition-API-Token': key };
  }

  async #send(method: Method, path: string, headers: Record<string, string>, { signal, body, timeoutMs }: Sent): Promise<Answer> {
    const limit = bounded(signal, timeoutMs ?? this.#timeoutMs);
    const answer = await this.#request(this.#dispatcher, method, path, headers, limit, body);
    return { ...headOf(answer.statusCode, answer.headers), text: await answer.body.text(), path };
  }

  #request(
    dispatcher: Agent,
    method: Method,
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<Dispatcher.ResponseData> {
    return request(`${this.#origin}${path}`, {
      dispatcher,
      method,
      signal,
      headers: { accept: 'application/json, */*;q=0.5', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  #named(error: unknown, path: string, timeoutMs = this.#timeoutMs): unknown {
    return named(error, { origin: this.#origin, path, timeoutMs, maxBytes: MAX_BYTES });
  }
}

/** Lets bytes through and counts them; one too many is an error. */
class Counter extends Transform {
  bytes = 0;
  constructor(maxBytes: number) {
    super({
      transform: (piece: Buffer, _, done) => {
        this.bytes += piece.length;
        if (this.bytes > maxBytes) done(new errors.ResponseExceededMaxSizeError());
        else done(null, piece);
      },
    });
  }
}

function bounded(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const deadline = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, deadline]) : deadline;
}

function headOf(status: number, headers: Dispatcher.ResponseData['headers']): Omit<Answer, 'text' | 'path'> {
  const word = (name: string): string => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  };
  return { status, contentType: word('content-type'), location: word('location') };
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

export type { Answer };

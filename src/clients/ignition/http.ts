import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Agent, errors, request } from 'undici';
import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';

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

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly path: string;
}

/** A gateway with thousands of projects stays below; nothing else is that long. */
const MAX_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** One gateway's HTTP: explicit deadlines, bounded answers, redirects never followed, status and content type checked before a body is read. */
export class IgnitionHttp {
  readonly #address: IgnitionAddress;
  readonly #origin: string;
  readonly #timeoutMs: number;
  readonly #dispatcher: Agent;

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
    this.#dispatcher = new Agent({
      connect: {
        timeout: this.#timeoutMs,
        rejectUnauthorized: verifyTls,
        ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }),
      },
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
      maxResponseSize: MAX_BYTES,
      connections: 2,
    });
  }

  /** A call without API key. @returns undefined when nothing answers there */
  async probe(path: string, signal?: AbortSignal): Promise<Answer | undefined> {
    try {
      return await this.#send('GET', path, {}, signal);
    } catch (error) {
      if (isUnreachable(error)) return undefined;
      throw this.#named(error, path);
    }
  }

  /** A call with the API key. @throws SyncError unless the answer is 2xx */
  async call(method: 'GET' | 'POST', path: string, signal?: AbortSignal): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.#send(method, path, await this.#credentials(), signal);
    } catch (error) {
      throw this.#named(error, path);
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refused(answer, method);
  }

  /** @throws SyncError GatewayIncompatible when the body is not JSON of this shape */
  decode<T>(schema: z.ZodType<T>, answer: Answer): T {
    if (!/^application\/json\b/i.test(answer.contentType)) {
      throw new SyncError(
        'GatewayIncompatible',
        `${answer.path} of the gateway answered ${answer.contentType || 'no content type'} instead of JSON.`,
      );
    }
    try {
      return schema.parse(JSON.parse(answer.text));
    } catch (error) {
      throw new SyncError('GatewayIncompatible', `${answer.path} of the gateway answered JSON of an unknown shape.`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #credentials(): Promise<Record<string, string>> {
    const { tokenFile } = this.#address;
    if (tokenFile === undefined) return {};
    try {
      return { 'X-Ignition-API-Token': (await readFile(tokenFile, 'utf8')).trim() };
    } catch (error) {
      throw new SyncError(
        'GatewayAuthFailed',
        `The gateway's API key cannot be read from ${tokenFile}: create the Secret that spec.gateway.apiKeySecretRef names, and mount it there.`,
        {
          cause: error,
        },
      );
    }
  }

  async #send(method: 'GET' | 'POST', path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Answer> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const {
      statusCode,
      headers: said,
      body,
    } = await request(`${this.#origin}${path}`, {
      dispatcher: this.#dispatcher,
      method,
      headers: { accept: 'application/json', ...headers },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    const type = said['content-type'];
    return { status: statusCode, contentType: typeof type === 'string' ? type : '', text: await body.text(), path };
  }

  #named(error: unknown, path: string): unknown {
    if (error instanceof SyncError) return error;
    if (isUnreachable(error))
      return new SyncError('GatewayNotRunning', `Nothing answers at ${this.#origin}: start the gateway, or correct its port.`, {
        cause: error,
      });
    if (error instanceof errors.ResponseExceededMaxSizeError)
      return new SyncError('GatewayIncompatible', `${path} of the gateway answered more than ${MAX_BYTES} bytes.`);
    if (wordOf(error, 'name') === 'TimeoutError')
      return new SyncError('GatewayNotRunning', `${path} of the gateway did not answer within ${this.#timeoutMs} ms.`);
    if (isCertificateFault(error)) {
      return new SyncError('TlsUntrusted', `The gateway's certificate is not trusted (${wordOf(error, 'message')}): give its CA.`, {
        cause: error,
      });
    }
    return error;
  }
}

function refused({ status, path }: Answer, method: string): SyncError {
  if (status === 401 || status === 403) {
    const why =
      status === 401
        ? 'does not know the API key of spec.gateway.apiKeySecretRef: put the one that the gateway made (name:secret) into the Secret'
        : 'knows the API key but does not allow it this: give its security level read and write permission';
    return new SyncError('GatewayAuthFailed', `${method} ${path}: the gateway ${why} (${status}).`);
  }
  if (status >= 300 && status < 400)
    return new SyncError('GatewayNotRunning', 'The gateway waits to be commissioned: finish its first-time setup.');
  if (status === 503) return new SyncError('GatewayNotRunning', `${method} ${path}: the gateway is starting (503).`);
  if (status === 404)
    return new SyncError('GatewayIncompatible', `${method} ${path}: the gateway has no such route (404). Ignition 8.3 or later is needed.`);
  return new SyncError('ScanFailed', `${method} ${path}: the gateway answered ${status}. Look at its log.`);
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(wordOf(error, 'code'));
}

function isCertificateFault(error: unknown): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(wordOf(error, 'code'));
}

function wordOf(error: unknown, word: 'code' | 'name' | 'message'): string {
  const value: unknown =
    typeof error === 'object' && error !== null && word in error ? (error as Record<string, unknown>)[word] : undefined;
  return typeof value === 'string' ? value : '';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

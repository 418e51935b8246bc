import type { KubeConfig } from '@kubernetes/client-node';
import { request, type Dispatcher } from 'undici';
import { readAccess, type Access } from './access.ts';
import { kubeError } from './errors.ts';

/** How long credentials (rotated token files, exec plugins) and the connections made with them are used before they are read again. */
const CREDENTIALS_MS = 60_000;
/** Deadline of one call, milliseconds. */
const CALL_MS = 15_000;

interface TimedAccess extends Access {
  readonly until: number;
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * HTTP to one apiserver: credentials from a kubeconfig, connections kept and reused (the library's own clients open a new one for
 * every call), a deadline for each call.
 */
export class KubeTransport {
  readonly #config: KubeConfig;
  readonly #server: string;
  #held: TimedAccess | undefined;
  #authenticating: Promise<TimedAccess> | undefined;

  constructor(config: KubeConfig) {
    this.#config = config;
    this.#server = config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
  }

  /**
   * One call; the JSON of the answer.
   * @throws KubeError for any answer but 2xx; the network's own error when there is none.
   */
  async call(method: Method, path: string, options: CallOptions = {}): Promise<unknown> {
    const deadline = AbortSignal.timeout(CALL_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    const answer = await this.#send(method, path, { ...options, signal });
    return JSON.parse(await answer.body.text()) as unknown;
  }

  /** One call whose answer comes in lines for as long as the server and `signal` let it. */
  async *lines(path: string, query: CallOptions['query'], signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.#send('GET', path, { ...(query ? { query } : {}), signal });
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      yield* parts.filter((line) => line !== '');
    }
  }

  /** Closes the connections; calls under way fail. */
  async close(): Promise<void> {
    await this.#authenticating?.catch(() => undefined);
    await this.#held?.dispatcher.destroy();
    this.#held = undefined;
  }

  async #send(method: Method, path: string, options: CallOptions): Promise<Dispatcher.ResponseData> {
    const held = await this.#current();
    const first = await this.#once(held, method, path, options);
    if (first.statusCode !== 401) return orThrow(first);
    await first.body.dump();
    this.#retire(held);
    return orThrow(await this.#once(await this.#current(), method, path, options));
  }

  #once({ headers, dispatcher }: TimedAccess, method: Method, path: string, options: CallOptions): Promise<Dispatcher.ResponseData> {
    const query = Object.entries(options.query ?? {}).filter(([, value]) => value !== undefined);
    const search = query.length === 0 ? '' : `?${query.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}`;
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    return request(this.#server + path + search, {
      method,
      dispatcher,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': 'ignition-sync',
        ...(body ? { 'content-type': options.contentType ?? 'application/json' } : {}),
      },
      bodyTimeout: 0,
      ...(body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  async #current(): Promise<TimedAccess> {
    if (this.#held && performance.now() >= this.#held.until) this.#retire(this.#held);
    if (this.#held) return this.#held;
    this.#authenticating ??= this.#authenticate().finally(() => (this.#authenticating = undefined));
    return this.#authenticating;
  }

  /** Calls under way keep the old connections until they are done; what another call has put in their place stays. */
  #retire(old: TimedAccess): void {
    if (this.#held !== old) return;
    this.#held = undefined;
    // A call that has just been given them is about to begin.
    setImmediate(() => void old.dispatcher.close().catch(() => undefined));
  }

  async #authenticate(): Promise<TimedAccess> {
    this.#held = { ...(await readAccess(this.#config)), until: performance.now() + CREDENTIALS_MS };
    return this.#held;
  }
}

async function orThrow(answer: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
  if (answer.statusCode < 300) return answer;
  throw kubeError(answer.statusCode, await answer.body.text());
}

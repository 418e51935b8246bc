import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { IgnitionSync } from '../../api/v1alpha1/objects.ts';
import { readBody } from '../../clients/http/body.ts';
import { listen, type Listening, type ListenOptions } from '../../clients/http/server.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RateLimit } from './rate-limit.ts';
import { knowsSecret } from './senders.ts';

/** Bytes of the longest payload that is read. */
const MAX_BODY = 1024 * 1024;
/** Every refusal takes at least this long, so that its time does not tell an unknown object from a wrong secret, milliseconds. */
const REFUSAL_MS = 150;

export interface ReceiverDependencies {
  /** The object as watched. */
  readonly sync: (namespace: string, name: string) => IgnitionSync | undefined;
  readonly readSecret: (namespace: string, name: string, key: string) => Promise<string>;
  /** Asks the object's workflow to look; what it does then is decided by what it finds. */
  readonly ask: (namespace: string, name: string, reason: string) => void;
  readonly logger: Logger;
}

/**
 * Hears git hosts: `POST /webhooks/<namespace>/<name>`. A payload can only ask for a look, it is never read further. A sender that
 * does not know the object's secret learns nothing, not even whether the object exists.
 */
export class Receiver {
  readonly #dependencies: ReceiverDependencies;
  readonly #limit = new RateLimit();
  /** Stands for the secret of objects that do not exist. */
  readonly #nobodys = randomBytes(32).toString('hex');
  #listening: Listening | undefined;

  constructor(dependencies: ReceiverDependencies) {
    this.#dependencies = dependencies;
  }

  /** Resolves with the port. */
  async start(options: ListenOptions): Promise<number> {
    this.#listening = await listen(options, (request, response) => void this.#answer(request, response));
    return this.#listening.port;
  }

  async stop(): Promise<void> {
    await this.#listening?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const [status, message] = await this.#judge(request);
      response.writeHead(status, { 'content-type': 'application/json', ...(status === 413 ? { connection: 'close' } : {}) });
      response.end(JSON.stringify({ message }));
    } catch (error) {
      this.#dependencies.logger.debug({ err: error }, 'a webhook was cut off');
      response.destroy();
    }
  }

  async #judge(request: IncomingMessage): Promise<readonly [status: number, message: string]> {
    const path = new URL(request.url ?? '/', 'http://receiver').pathname;
    if (path === '/healthz') return [200, 'ok'];
    const [, namespace, name] = /^\/webhooks\/([a-z0-9.-]{1,253})\/([a-z0-9.-]{1,253})$/.exec(path) ?? [];
    if (namespace === undefined || name === undefined) return [404, 'the receiver has POST /webhooks/<namespace>/<name> only'];
    if (request.method !== 'POST') return [405, 'use POST'];
    if (!this.#limit.allow(request.socket.remoteAddress ?? '', performance.now())) return [429, 'too many requests: wait some seconds'];
    const began = performance.now();
    const body = await readBody(request, MAX_BODY);
    if (!body) return [413, `a payload has at most ${MAX_BODY} bytes`];
    if (!(await this.#isKnown(request, namespace, name, body))) {
      await delay(Math.max(0, began + REFUSAL_MS - performance.now()));
      return [401, 'unknown object, or the secret is not its own'];
    }
    this.#dependencies.ask(namespace, name, 'webhook');
    return [202, 'accepted: the ref is looked up now'];
  }

  async #isKnown(request: IncomingMessage, namespace: string, name: string, body: Buffer): Promise<boolean> {
    const webhook = this.#dependencies.sync(namespace, name)?.spec.webhook;
    const enabled = webhook?.enabled === true;
    const secret = enabled ? await this.#secret(namespace, webhook.secretRef) : this.#nobodys;
    const signature = request.headers['x-hub-signature-256'];
    const shown = { signature: Array.isArray(signature) ? undefined : signature, authorization: request.headers.authorization, body };
    return knowsSecret(shown, secret) && enabled;
  }

  async #secret(namespace: string, { name, key }: { readonly name: string; readonly key: string }): Promise<string> {
    try {
      // A key file made with an editor ends with a line break that nobody sees.
      return (await this.#dependencies.readSecret(namespace, name, key)).trimEnd();
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      this.#dependencies.logger.warn({ namespace, reason: error.reason }, `a webhook is refused: ${error.message}`);
      return this.#nobodys;
    }
  }
}

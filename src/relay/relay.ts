import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readBody } from '../clients/http/body.ts';
import { listen, type Listening, type ListenOptions } from '../clients/http/server.ts';
import type { KubeClient } from '../clients/kube/client.ts';
import { KeyedQueue } from '../clients/kube/keyed-queue.ts';
import type { Workflows } from '../clients/temporal/workflows.ts';
import { RELAY_PATHS } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Callers } from './callers.ts';
import type { ContentGrants, ContentReader } from './content.ts';
import { createRelayObjects, type RelayObjects } from './objects.ts';
import { Refused } from './refused.ts';
import { Blobs, ContentRoutes } from './routes/content.ts';
import { createHello, Hello } from './routes/hello.ts';
import { createTicket, Ticket } from './routes/ticket.ts';
import type { TicketKey } from './ticket-key.ts';

/** Bytes of the longest request: 512 digests and some. */
const MAX_BODY = 128 * 1024;

export interface RelayDependencies {
  readonly kube: KubeClient;
  readonly workflows: Workflows;
  readonly grants: ContentGrants;
  readonly store: ContentReader;
  readonly ticketKey: TicketKey;
  readonly logger: Logger;
  readonly now: () => Date;
  /** A clock that never goes back, the one of `performance.now()`: ages are measured with it. */
  readonly monotonicMs: () => number;
}

/** The only door that agents use: knows which gateway's agent calls, serves that gateway's content, gives tickets, hears `hello`. */
export class Relay {
  readonly #dependencies: RelayDependencies;
  readonly #objects: RelayObjects;
  readonly #callers: Callers;
  readonly #content: ContentRoutes;
  readonly #signals: KeyedQueue;
  readonly #hello: ReturnType<typeof createHello>;
  readonly #ticket: ReturnType<typeof createTicket>;
  #listening: Listening | undefined;

  constructor(dependencies: RelayDependencies) {
    const { kube, workflows, grants, ticketKey, logger, now, monotonicMs } = dependencies;
    this.#dependencies = dependencies;
    this.#objects = createRelayObjects(
      kube,
      (kind, error) => logger.warn({ kind, err: error }, 'watch lost: comes back by itself'),
      monotonicMs,
    );
    this.#callers = new Callers(kube, this.#objects);
    this.#content = new ContentRoutes(grants, dependencies.store);
    this.#signals = new KeyedQueue(
      async (key, reasons) => {
        const [namespace = '', name = ''] = key.split('/');
        await workflows.signalDesiredChanged(namespace, name, reasons.slice(0, 5).join(', '));
      },
      (object, error) => logger.warn({ object, err: error }, 'the workflow could not be signalled: tried again'),
    );
    this.#hello = createHello(kube, this.#objects.syncs, this.#signals, ticketKey.publicPem, now, (error) =>
      logger.warn({ err: error }, 'an event could not be written'),
    );
    this.#ticket = createTicket(this.#objects.syncs, grants, ticketKey, now);
  }

  /** Resolves with the port when the cluster is known and agents may call. */
  async start(options: ListenOptions): Promise<number> {
    const { syncs, gateways, pods } = this.#objects;
    await Promise.all([syncs.start(), gateways.start(), pods.start()]);
    this.#signals.open();
    this.#listening = await listen(options, (request, response) => void this.#answer(request, response));
    return this.#listening.port;
  }

  async stop(): Promise<void> {
    await this.#listening?.close();
    const { syncs, gateways, pods } = this.#objects;
    await Promise.all([syncs.stop(), gateways.stop(), pods.stop(), this.#signals.stop()]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#refuse(error, request, response);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method ?? ''} ${new URL(request.url ?? '/', 'http://relay').pathname}`;
    const identify = (strict = false) => this.#callers.identify(request.headers.authorization, strict);
    if (route === 'GET /healthz') {
      sendJson(response, 200, { ok: true });
    } else if (route === `POST ${RELAY_PATHS.hello}`) {
      sendJson(response, 200, await this.#hello(await identify(), await readJson(request, Hello)));
    } else if (route === `POST ${RELAY_PATHS.ticket}`) {
      sendJson(response, 200, await this.#ticket(await identify(true), await readJson(request, Ticket)));
    } else if (route === `POST ${RELAY_PATHS.blobs}`) {
      await this.#content.blobs(await identify(), (await readJson(request, Blobs)).digests, { request, response });
    } else if (route.startsWith(`GET ${RELAY_PATHS.blobs}/`)) {
      await this.#content.blob(await identify(), lastOf(route), { request, response });
    } else if (route.startsWith(`GET ${RELAY_PATHS.manifests}/`)) {
      await this.#content.manifest(await identify(), lastOf(route), { request, response });
    } else {
      throw new Refused(404, 'ContentUnavailable', `the relay has no ${route.slice(0, 200)}.`);
    }
  }

  #refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (response.headersSent) {
      this.#dependencies.logger.info({ err: error, path: request.url }, 'an answer was cut short: the agent asks for the rest');
      response.destroy();
      return;
    }
    const { status, reason, message } = asRefused(error);
    if (status === 503) this.#dependencies.logger.warn({ err: error, path: request.url }, 'could not answer an agent');
    sendJson(response, status, { reason, message });
  }
}

function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof SyncError) return new Refused(error.reason === 'ContentUnavailable' ? 404 : 503, error.reason, error.message);
  return new Refused(503, 'RelayUnreachable', 'the relay could not answer: ask again.');
}

async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const body = await readBody(request, MAX_BODY);
  if (!body) throw new Refused(413, 'TicketRefused', `a request has at most ${MAX_BODY} bytes.`);
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : 'not JSON';
    throw new Refused(400, 'TicketRefused', `the request is not what the protocol says: ${why}`);
  }
}

function lastOf(route: string): string {
  return route.slice(route.lastIndexOf('/') + 1);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

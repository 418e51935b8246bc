import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { RELAY_PATHS } from '../../../../src/contract/relay.ts';
import { createManifest, type Digest } from '../../../../src/domain/manifest.ts';
import { Refused } from '../../../../src/relay/refused.ts';
import { ContentRoutes } from '../../../../src/relay/routes/content.ts';
import { blobKey, ContentStore } from '../../../../src/source/content-store.ts';
import { sha256 } from '../../../../src/source/digest.ts';
import { Grants } from '../../../../src/source/grants.ts';

/** What a request was; once its answer is over, how many bytes of that left. */
interface Asked {
  readonly what: string;
  readonly range: string | undefined;
  sent?: number;
}

/** The relay's content server over HTTP, on a real store with real grants. Who calls is what the bearer token says. */
export class ContentServer implements AsyncDisposable {
  readonly folder: string;
  readonly asked: Asked[] = [];
  /** Ends each connection to an agent after about so many bytes of answers. */
  cutAfter = Infinity;
  /** Answers instead, where it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly store: ContentStore;
  readonly grants: Grants;
  readonly #routes: ContentRoutes;
  readonly #server = createServer((request, response) => void this.#answer(request, response)).listen(0, '127.0.0.1');

  private constructor(folder: string, store: ContentStore, stallMs: number | undefined) {
    this.folder = folder;
    this.store = store;
    this.grants = new Grants(store);
    this.#routes = new ContentRoutes(this.grants, store, stallMs);
  }

  /** @param folder with a store that is there already */
  static async start(stallMs?: number, folder = mkdtempSync(join(tmpdir(), 'content-server-'))): Promise<ContentServer> {
    const server = new ContentServer(folder, await ContentStore.open(join(folder, 'store')), stallMs);
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where the store has a blob. */
  blobPath(digest: Digest): string {
    return join(this.folder, 'store', blobKey(digest));
  }

  /** Where a token of this gateway's agent lies. */
  tokenOf(gateway: string): string {
    const file = join(this.folder, gateway);
    writeFileSync(file, gateway);
    return file;
  }

  /** Plans these files for a gateway; returns the manifest's digest. */
  async plan(gateway: string, files: Readonly<Record<string, Buffer>>): Promise<Digest> {
    await using staging = this.store.staging();
    for (const bytes of Object.values(files)) staging.add(blobKey(sha256(bytes)), bytes);
    await staging.commit();
    const entries = Object.entries(files).map(([path, bytes]) => ({ path, sha256: sha256(bytes), size: bytes.length, executable: false }));
    const manifest = await this.store.putManifest(createManifest(entries));
    await this.grants.grantManifest('plant', gateway, manifest);
    return manifest;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const before = request.socket.bytesWritten;
    const { url = '', headers } = request;
    const sent = (): number => request.socket.bytesWritten - before;
    const asked: Asked = { what: `${request.method} ${url}`, range: headers.range };
    this.asked.push(asked);
    response.once('close', () => (asked.sent = sent()));
    const write = response.write.bind(response);
    response.write = ((piece: Uint8Array, ...rest: []) => {
      if (sent() > this.cutAfter) request.socket.destroy();
      return write(piece, ...rest);
    }) as typeof response.write;
    try {
      if (!this.instead(request, response)) await this.#route(url, request, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      const { status, reason, message } = error instanceof Refused ? error : new Refused(404, 'ContentUnavailable', String(error));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ reason, message }));
    }
  }

  async #route(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gateway = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const caller = { namespace: 'plant', gateway, syncName: 'site', podUid: gateway };
    const last = url.slice(url.lastIndexOf('/') + 1);
    const exchange = { request, response };
    if (url.startsWith(RELAY_PATHS.manifests)) await this.#routes.manifest(caller, last, exchange);
    else if (request.method === 'GET') await this.#routes.blob(caller, last, exchange);
    else await this.#routes.blobs(caller, ((await json(request)) as { digests: string[] }).digests, exchange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

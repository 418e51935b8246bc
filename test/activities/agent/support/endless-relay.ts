import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { RELAY_PATHS, type TicketRequest } from '../../../../src/contract/relay.ts';
import { createManifest, encodeManifest, type Digest } from '../../../../src/domain/manifest.ts';
import { TicketOffice } from './tickets.ts';

const PIECE = 64 * 1024;
const PROJECTS = 10;

/**
 * A relay that serves manifests of so many files, and their content as it is asked for, so that an agent can be given any amount of it: views
 * of projects that a gateway can load.
 */
export class EndlessRelay implements AsyncDisposable {
  readonly #bytes: number;
  readonly #manifests = new Map<Digest, Buffer>();
  readonly #contents = new Map<Digest, { readonly seed: string; readonly size: number }>();
  readonly #office = new TicketOffice();
  readonly #server = createServer((request, response) => {
    const url = request.url ?? '';
    const digest = url.slice(url.lastIndexOf('/') + 1);
    if (url.startsWith(RELAY_PATHS.manifests)) response.end(this.#manifests.get(digest));
    else if (request.method === 'GET') void this.#sendOne(digest, response);
    else void text(request).then((body) => this.#answer(url, JSON.parse(body), response));
  }).listen(0, '127.0.0.1');

  private constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** @param bytes of each view; what describes it is small */
  static async start(bytes: number): Promise<EndlessRelay> {
    const relay = new EndlessRelay(bytes);
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where the agent's work is. */
  get taskQueue(): string {
    return this.#office.hello().taskQueue;
  }

  /** A manifest of so many files, each with other bytes than in other versions. */
  manifest(files: number, version: string): Digest {
    const paths = Array.from({ length: files }, (_, i) => {
      const view = `projects/p${i % PROJECTS}/com.inductiveautomation.perspective/views/Group ${(i >> 1) % 97}/Some View ${i >> 1}`;
      return `${view}/${i % 2 ? 'view' : 'resource'}.json`;
    });
    for (let i = 0; i < Math.min(files, PROJECTS); i += 1) paths.push(`projects/p${i}/project.json`);
    const entries = paths.map((path, i) => {
      const seed = seedOf(path, `${version} ${i}`);
      const size = path.endsWith('/view.json') ? this.#bytes : seed.length;
      const hash = createHash('sha256');
      for (const piece of pieces(seed, size)) hash.update(piece);
      const sha256 = hash.digest('hex');
      this.#contents.set(sha256, { seed, size });
      return { path, sha256, size, executable: false };
    });
    const encoded = Buffer.from(encodeManifest(createManifest(entries)));
    const digest = createHash('sha256').update(encoded).digest('hex');
    this.#manifests.set(digest, encoded);
    return digest;
  }

  #answer(path: string, body: unknown, response: ServerResponse): void {
    if (path === RELAY_PATHS.hello) response.end(JSON.stringify(this.#office.hello()));
    else if (path === RELAY_PATHS.ticket) response.end(JSON.stringify(this.#office.issue(body as TicketRequest)));
    else void this.#send((body as { digests: Digest[] }).digests, response);
  }

  async #sendOne(digest: Digest, response: ServerResponse): Promise<void> {
    const { seed = '', size = 0 } = this.#contents.get(digest) ?? {};
    for (const piece of pieces(seed, size)) if (!response.write(piece)) await once(response, 'drain');
    response.end();
  }

  async #send(digests: readonly Digest[], response: ServerResponse): Promise<void> {
    for (const sha256 of digests) {
      const { seed, size } = this.#contents.get(sha256) ?? { seed: ' ', size: 0 };
      response.write(`${JSON.stringify({ sha256, size })}\n`);
      for (const piece of pieces(seed, size)) if (!response.write(piece)) await once(response, 'drain');
    }
    response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** JSON that a gateway can load. */
function seedOf(path: string, words: string): string {
  if (path.endsWith('/view.json')) return JSON.stringify({ root: { words } });
  if (path.endsWith('/project.json')) return JSON.stringify({ title: words, enabled: true, inheritable: false });
  return JSON.stringify({ scope: 'G', version: 1, restricted: false, overridable: true, files: ['view.json'], attributes: { words } });
}

/** So many bytes: what is given, then spaces. */
function* pieces(seed: string, bytes: number): Generator<Uint8Array> {
  const first = Buffer.from(seed.padEnd(Math.min(PIECE, bytes)).slice(0, bytes));
  const rest = Buffer.alloc(Math.min(PIECE, bytes), ' ');
  yield first;
  for (let left = bytes - first.length; left > 0; left -= rest.length) yield rest.subarray(0, left);
}

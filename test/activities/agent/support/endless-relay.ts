import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { RELAY_PATHS } from '../../../../src/contract/relay.ts';
import { createManifest, encodeManifest, type Digest } from '../../../../src/domain/manifest.ts';

const PIECE = 64 * 1024;

/** Serves manifests of so many files, and their content as it is asked for, so that an agent can be given any amount of it. */
export class EndlessRelay implements AsyncDisposable {
  readonly #bytes: number;
  readonly #manifests = new Map<Digest, Buffer>();
  readonly #seeds = new Map<Digest, string>();
  readonly #server = createServer((request, response) => {
    const digest = request.url?.slice(request.url.lastIndexOf('/') + 1) ?? '';
    if (request.url?.startsWith(RELAY_PATHS.manifests)) response.end(this.#manifests.get(digest));
    else if (request.method === 'GET') void this.#sendOne(digest, response);
    else void text(request).then((body) => this.#send((JSON.parse(body) as { digests: Digest[] }).digests, response));
  }).listen(0, '127.0.0.1');

  private constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** @param bytes of each file */
  static async start(bytes: number): Promise<EndlessRelay> {
    const relay = new EndlessRelay(bytes);
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A manifest of so many files, each with other bytes than in other versions. */
  manifest(files: number, version: string): Digest {
    const entries = Array.from({ length: files }, (_, i) => {
      const seed = `${version} ${i} `;
      const hash = createHash('sha256');
      for (const piece of pieces(seed, this.#bytes)) hash.update(piece);
      const sha256 = hash.digest('hex');
      this.#seeds.set(sha256, seed);
      const path = `projects/p${i % 10}/com.inductiveautomation.perspective/views/Group ${i % 97}/Some View ${i >> 1}/${i % 2 ? 'view' : 'resource'}.json`;
      return { path, sha256, size: this.#bytes, executable: false };
    });
    const encoded = Buffer.from(encodeManifest(createManifest(entries)));
    const digest = createHash('sha256').update(encoded).digest('hex');
    this.#manifests.set(digest, encoded);
    return digest;
  }

  async #sendOne(sha256: Digest, response: ServerResponse): Promise<void> {
    for (const piece of pieces(this.#seeds.get(sha256) ?? '', this.#bytes)) if (!response.write(piece)) await once(response, 'drain');
    response.end();
  }

  async #send(digests: readonly Digest[], response: ServerResponse): Promise<void> {
    for (const sha256 of digests) {
      response.write(`${JSON.stringify({ sha256, size: this.#bytes })}\n`);
      for (const piece of pieces(this.#seeds.get(sha256) ?? '', this.#bytes)) if (!response.write(piece)) await once(response, 'drain');
    }
    response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function* pieces(seed: string, bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(Math.min(PIECE, bytes), seed);
  for (let left = bytes; left > 0; left -= PIECE) yield piece.subarray(0, left);
}

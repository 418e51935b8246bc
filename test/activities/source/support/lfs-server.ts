import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { sha256 } from '../../../../src/source/digest.ts';

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

/**
 * The host of a git server with Git LFS, after the documented batch API: questions go to `<repository>.git/info/lfs/objects/batch`, content
 * lies elsewhere on the same host, everything else is the git server's.
 */
export class LfsServer implements AsyncDisposable {
  readonly objects = new Map<string, Buffer>();
  readonly asked: string[] = [];
  /** `user:password`; nobody is asked for one when absent. */
  credential: string | undefined;
  /** Where it lies for everybody else, when something stands in front of it. */
  shownAs: string | undefined;
  /** The status of every answer about LFS, when set. */
  fault: number | undefined;
  /** Seconds that it wants to be left alone, after 429. */
  retryAfter = 7;
  readonly #git: URL;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(git: string) {
    this.#git = new URL(git);
  }

  /** @param git URL of a repository on the git server */
  static async before(git: string): Promise<LfsServer> {
    const server = new LfsServer(git);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `${this.#origin}${this.#git.pathname}`;
  }

  get #origin(): string {
    return this.shownAs ?? `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Keeps content, and gives the pointer that git would keep. */
  put(content: Buffer): string {
    this.objects.set(sha256(content), content);
    return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${content.length}\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (!path.includes('/info/lfs/') && !path.startsWith('/lfs-content/')) {
      const { method, headers } = request;
      const onward = forward({ host: this.#git.hostname, port: this.#git.port, path, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
      return;
    }
    this.asked.push(`${request.method ?? ''} ${path}`);
    const shown = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
    const status = this.fault ?? (this.credential !== undefined && shown !== this.credential ? 401 : 200);
    if (status !== 200) {
      response
        .writeHead(status, { 'content-type': MEDIA_TYPE, ...(status === 429 ? { 'retry-after': String(this.retryAfter) } : {}) })
        .end('{}');
      return;
    }
    if (path.startsWith('/lfs-content/')) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(this.objects.get(path.slice(13)));
      return;
    }
    const { objects } = (await json(request)) as { objects: { oid: string; size: number }[] };
    const answers = objects.map(({ oid, size }) =>
      this.objects.has(oid)
        ? { oid, size, actions: { download: { href: `${this.#origin}/lfs-content/${oid}` } } }
        : { oid, size, error: { code: 404, message: 'Object does not exist' } },
    );
    response.writeHead(200, { 'content-type': MEDIA_TYPE }).end(JSON.stringify({ transfer: 'basic', objects: answers }));
  }
}

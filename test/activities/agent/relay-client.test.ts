import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRelayClient } from '../../../src/agent/relay-client.ts';
import { RELAY_PATHS, type TicketRequest } from '../../../src/contract/relay.ts';
import { Content, sha256 } from './support/content.ts';
import { TicketOffice } from './support/tickets.ts';

/** The relay's protocol over HTTP, as its contract says, for one agent with the token `good`. */
class HttpRelay {
  readonly content = new Content();
  readonly office = new TicketOffice();
  readonly tokens: (string | undefined)[] = [];
  /** Answers instead of the protocol when set. */
  instead: ((response: ServerResponse) => void) | undefined;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString();
    this.tokens.push(request.headers.authorization);
    if (this.instead) this.instead(response);
    else if (request.headers.authorization !== 'Bearer good') fail(response, 401, 'AuthenticationFailed', 'who are you');
    else if (request.url === RELAY_PATHS.hello) response.end(JSON.stringify(this.office.hello()));
    else if (request.url === RELAY_PATHS.ticket) response.end(JSON.stringify(this.office.issue(JSON.parse(body) as TicketRequest)));
    else if (request.url === RELAY_PATHS.blobs) this.#blobs(JSON.parse(body) as { digests: string[] }, response);
    else this.#manifest(request.url ?? '', response);
  }

  #manifest(url: string, response: ServerResponse): void {
    const text = this.content.manifests.get(url.slice(RELAY_PATHS.manifests.length + 1));
    if (text === undefined) fail(response, 404, 'ContentUnavailable', 'no such manifest');
    else response.end(text);
  }

  #blobs({ digests }: { digests: string[] }, response: ServerResponse): void {
    for (const digest of digests) {
      const bytes = this.content.blobs.get(digest);
      if (!bytes) continue;
      response.write(`${JSON.stringify({ sha256: digest, size: bytes.length })}\n`);
      response.write(bytes);
    }
    response.end();
  }
}

function fail(response: ServerResponse, status: number, reason: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ reason, message }));
}

const folder = mkdtempSync(join(tmpdir(), 'relay-client-'));
const tokenFile = join(folder, 'token');
const relay = new HttpRelay();
let url: string;
let client: ReturnType<typeof createRelayClient>;
beforeAll(async () => {
  url = await relay.start();
});
beforeEach(() => {
  writeFileSync(tokenFile, 'good\n');
  relay.instead = undefined;
  client = createRelayClient({ url, tokenFile, timeoutMs: 500 });
});
afterEach(() => client.close());
afterAll(() => {
  relay.stop();
  rmSync(folder, { recursive: true });
});

const HELLO = { protocol: 1, version: '1', live: 'none', liveOp: '' };

async function fetchAll(digests: string[]): Promise<[string, string][]> {
  const got: [string, string][] = [];
  for await (const blob of client.blobs(digests)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of blob.body) pieces.push(piece);
    got.push([blob.sha256, sha256(Buffer.concat(pieces))]);
  }
  return got;
}

test('hello, tickets, manifests and blobs arrive as they were sent', async () => {
  const blobs = ['', 'short', 'x'.repeat(300_000), 'line\nbreaks\n{"sha256":"no"}\n'];
  const digest = relay.content.add(Object.fromEntries(blobs.map((content, i) => [`projects/P/${i}`, content])));
  expect(await client.hello(HELLO)).toMatchObject({ gateway: 'line-1', taskQueue: 'ignition-gateway/plant/line-1' });
  const asked = { object: { namespace: 'plant', name: 'site', uid: 'u' }, rollout: 'r', planDigest: 'p', target: 't', op: 'o' };
  expect(await client.ticket(asked)).toEqual({ ticket: expect.stringContaining('.') as string, validForMs: 5000 });
  expect(await text(Readable.from(client.manifest(digest)))).toBe(relay.content.manifests.get(digest));
  const digests = blobs.map(sha256);
  expect(await fetchAll(digests)).toEqual(digests.map((one) => [one, one]));
});

test('the token is read at each call, so that a renewed one counts at once', async () => {
  writeFileSync(tokenFile, 'old');
  await expect(client.hello(HELLO)).rejects.toMatchObject({ reason: 'AuthenticationFailed' });
  writeFileSync(tokenFile, 'good');
  await expect(client.hello(HELLO)).resolves.toMatchObject({ namespace: 'plant' });
});

test.each<{ name: string; instead: (response: ServerResponse) => void; reason: string }>([
  { name: 'a refusal keeps its own reason', instead: (r) => fail(r, 403, 'Frozen', 'by Ada'), reason: 'Frozen' },
  { name: 'a reason that we do not know is not passed on', instead: (r) => fail(r, 403, 'Whatever', 'x'), reason: 'RelayUnreachable' },
  { name: 'a 404 without a reason is missing content', instead: (r) => void r.writeHead(404).end('<html>'), reason: 'ContentUnavailable' },
  { name: 'a 503 is asked again', instead: (r) => void r.writeHead(503).end(), reason: 'RelayUnreachable' },
  { name: 'an answer that is not JSON is no relay', instead: (r) => void r.end('<html>'), reason: 'RelayUnreachable' },
  { name: 'an answer of another shape is no relay', instead: (r) => void r.end('{}'), reason: 'RelayUnreachable' },
  { name: 'a redirect is not followed', instead: (r) => void r.writeHead(302, { location: '/' }).end(), reason: 'RelayUnreachable' },
  { name: 'a cut connection is asked again', instead: (r) => void r.destroy(), reason: 'RelayUnreachable' },
  { name: 'silence ends at the deadline', instead: () => undefined, reason: 'RelayUnreachable' },
])('$name', async ({ instead, reason }) => {
  relay.instead = instead;
  await expect(client.hello(HELLO)).rejects.toMatchObject({ name: 'SyncError', reason });
});

test.each<{ name: string; instead: (response: ServerResponse) => void; reason: string }>([
  {
    name: 'ends in the middle of a body',
    instead: (r) => void r.end(`{"sha256":"${'a'.repeat(64)}","size":10}\nabc`),
    reason: 'ContentUnavailable',
  },
  { name: 'is not made of frames', instead: (r) => void r.end('<html>\n'), reason: 'ContentUnavailable' },
  { name: 'has a header without end', instead: (r) => void r.end('{'.repeat(5000)), reason: 'ContentUnavailable' },
  {
    name: 'stops in the middle of a body',
    instead: (r) => void r.write(`{"sha256":"${'a'.repeat(64)}","size":10}\nabc`),
    reason: 'RelayUnreachable',
  },
])('a stream of blobs that $name is refused', async ({ instead, reason }) => {
  relay.instead = instead;
  await expect(fetchAll(['a'.repeat(64)])).rejects.toMatchObject({ reason });
});

test('a missing token file is named', async () => {
  rmSync(tokenFile);
  await expect(client.hello(HELLO)).rejects.toMatchObject({
    reason: 'RelayUnreachable',
    message: expect.stringContaining(tokenFile) as string,
  });
});

test('nobody listening is told with the address', async () => {
  const nobody = createRelayClient({ url: 'http://127.0.0.1:1', tokenFile });
  await expect(nobody.hello(HELLO)).rejects.toMatchObject({
    reason: 'RelayUnreachable',
    message: expect.stringContaining('127.0.0.1:1') as string,
  });
  await nobody.close();
});

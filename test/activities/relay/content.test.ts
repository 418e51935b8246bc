import { randomBytes } from 'node:crypto';
import { type ServerResponse, get } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { request } from 'undici';
import { createRelayClient } from '../../../src/agent/relay-client.ts';
import { NO_MANIFEST, type Digest } from '../../../src/domain/manifest.ts';
import { sha256 } from '../../../src/source/digest.ts';
import { doing, openAgent, stepOf } from '../agent/support/local-agent.ts';
import { downloadingBy } from '../agent/support/local-relay.ts';
import { ContentServer } from './support/content-server.ts';

const MiB = 1 << 20;
const text = (bytes: number): Buffer => Buffer.alloc(bytes, '{"name": "Overview", "props": {}}\n');
const large = randomBytes(12 * MiB);

let server: ContentServer;
beforeEach(async () => {
  server = await ContentServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

/** The agent of a gateway on a data directory of its own, with content over HTTP. */
class AgentUnderTest implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'downloads-'));
  readonly dataDir = join(this.folder, 'data');
  readonly #clients: ReturnType<typeof createRelayClient>[] = [];

  /** Stages a manifest, in an agent that is opened for it and ended after it. */
  async stage(target: Digest, timeoutMs?: number): Promise<{ readonly files: number; readonly bytes: number }> {
    const client = createRelayClient({ url: server.url, tokenFile: server.tokenOf('line-1'), ...(timeoutMs && { timeoutMs }) });
    this.#clients.push(client);
    const agent = await openAgent(this.dataDir, downloadingBy(client));
    try {
      const { fetchedFiles: files, fetchedBytes: bytes } = await agent.stage(stepOf(NO_MANIFEST, target, 'op'), doing);
      return { files, bytes };
    } finally {
      await agent.close();
    }
  }

  /** Files that lie ready, by path. */
  staged(target: Digest): Record<string, Buffer> {
    const tree = join(this.dataDir, '.ignition-sync/staging', target, 'tree');
    const names = existsSync(tree) ? readdirSync(tree, { recursive: true }).map(String) : [];
    const files = names.filter((name) => statSync(join(tree, name)).isFile());
    return Object.fromEntries(files.map((name) => [name, readFileSync(join(tree, name))]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const ask = (path: string, headers: Record<string, string> = {}, gateway = 'line-1') =>
  request(server.url + path, { headers: { authorization: `Bearer ${gateway}`, ...headers } });
const askFrames = (digests: readonly string[], headers: Record<string, string> = {}, gateway = 'line-1') =>
  request(`${server.url}/v1/blobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway}`, ...headers },
    body: JSON.stringify({ digests }),
  });

describe('what an agent is sent', () => {
  test.each<{ who: string; headers: Record<string, string>; encoding: string | undefined }>([
    { who: 'that asks for gzip', headers: { 'accept-encoding': 'gzip' }, encoding: 'gzip' },
    { who: 'that takes anything', headers: { 'accept-encoding': '*' }, encoding: 'gzip' },
    { who: 'of before compression, which asks for nothing', headers: {}, encoding: undefined },
    { who: 'that wants none', headers: { 'accept-encoding': 'gzip;q=0, identity' }, encoding: undefined },
    { who: 'that knows another compression only', headers: { 'accept-encoding': 'br' }, encoding: undefined },
  ])('an agent $who gets manifests and files as it can read them', async ({ headers, encoding }) => {
    const file = text(100_000);
    const manifest = await server.plan('line-1', { 'projects/p/a': file });
    const answers = [await ask(`/v1/manifests/${manifest}`, headers), await ask(`/v1/blobs/${sha256(file)}`, headers)];
    const frames = await askFrames([sha256(file)], headers);
    for (const answer of [answers[1]!, frames]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-encoding']).toBe(encoding);
    }
    const [, single, batch] = await Promise.all(
      [...answers, frames].map(async ({ body, headers: { 'content-encoding': as } }) => {
        const bytes = await buffer(body);
        if (as === 'gzip') expect(bytes.length).toBeLessThan(20_000);
        return as === 'gzip' ? gunzipSync(bytes) : bytes;
      }),
    );
    expect(single!.equals(file)).toBe(true);
    expect(batch!.toString()).toBe(`${JSON.stringify({ sha256: sha256(file), size: file.length })}\n${file.toString()}`);
  });

  test('what does not shrink is sent as it is, with its length', async () => {
    await server.plan('line-1', { 'projects/p/image.png': large });
    const { headers, body } = await ask(`/v1/blobs/${sha256(large)}`, { 'accept-encoding': 'gzip' });
    expect(headers).toMatchObject({ 'content-length': String(large.length), 'accept-ranges': 'bytes' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(sha256(await buffer(body))).toBe(sha256(large));
  });

  test.each([
    { range: 'bytes=100-', status: 206, said: `bytes 100-999/1000`, from: 100, to: 1000 },
    { range: 'bytes=0-0', status: 206, said: `bytes 0-0/1000`, from: 0, to: 1 },
    { range: 'bytes=-10', status: 206, said: `bytes 990-999/1000`, from: 990, to: 1000 },
    { range: 'bytes=900-5000', status: 206, said: `bytes 900-999/1000`, from: 900, to: 1000 },
    { range: 'bytes=0-1,5-6', status: 200, said: undefined, from: 0, to: 1000 },
    { range: 'lines=1-2', status: 200, said: undefined, from: 0, to: 1000 },
    { range: 'nonsense', status: 200, said: undefined, from: 0, to: 1000 },
  ])('a range "$range" is answered with $status', async ({ range, status, said, from, to }) => {
    const file = randomBytes(1000);
    await server.plan('line-1', { 'projects/p/a': file });
    const answer = await ask(`/v1/blobs/${sha256(file)}`, { range });
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([status, said]);
    expect((await buffer(answer.body)).equals(file.subarray(from, to))).toBe(true);
  });

  test.each(['bytes=1000-', 'bytes=5000-6000'])('a range "%s" outside of a file of 1000 bytes is refused with its size', async (range) => {
    const file = randomBytes(1000);
    await server.plan('line-1', { 'projects/p/a': file });
    const { statusCode, headers, body } = await ask(`/v1/blobs/${sha256(file)}`, { range });
    expect([statusCode, headers['content-range']]).toEqual([416, 'bytes */1000']);
    expect(await body.json()).toMatchObject({ reason: 'ContentUnavailable', message: expect.stringContaining('1000 bytes') as string });
  });

  test("another gateway's content is refused, whole, in part and among others", async () => {
    const [own, other] = [randomBytes(1000), randomBytes(1000)];
    await server.plan('line-1', { 'projects/p/a': own });
    const manifest = await server.plan('line-2', { 'projects/p/a': other });
    const answers = [
      await ask(`/v1/blobs/${sha256(other)}`),
      await ask(`/v1/blobs/${sha256(other)}`, { range: 'bytes=10-' }),
      await ask(`/v1/blobs/${sha256(other)}`, { range: 'bytes=5000-' }),
      await ask(`/v1/manifests/${manifest}`),
      await askFrames([sha256(own), sha256(other)]),
      await ask('/v1/blobs/..%2f..%2fpins'),
    ];
    for (const { statusCode, body } of answers) {
      expect(statusCode).toBe(403);
      expect(await body.json()).toMatchObject({ reason: 'ContentUnavailable', message: expect.stringContaining('plant/line-1') as string });
    }
  });

  test('a file that is asked for twice in one request is sent once', async () => {
    await server.plan('line-1', { 'projects/p/a': large });
    const { body } = await askFrames([sha256(large), sha256(large)]);
    expect((await buffer(body)).length).toBeLessThan(large.length + 200);
  });

  test('content that is damaged in the store never arrives as whole', async () => {
    const file = text(100_000);
    const manifest = await server.plan('line-1', { 'projects/p/a': file });
    writeFileSync(server.blobPath(sha256(file)), text(100_000).fill(7, 50_000));
    await using agent = new AgentUnderTest();
    await expect(agent.stage(manifest)).rejects.toMatchObject({ name: 'SyncError' });
    expect(agent.staged(manifest)).toEqual({});
    expect(existsSync(server.blobPath(sha256(file)))).toBe(false); // so that it is made again
  });

  test('four downloads at once are one gateway’s share: a fifth is asked to come again, another gateway is not', async () => {
    const file = randomBytes(40 * MiB); // more than connections hold on their way
    await server.plan('line-1', { 'projects/p/a': file });
    await server.plan('line-2', { 'projects/p/a': file });
    const open = await Promise.all(Array.from({ length: 4 }, () => ask(`/v1/blobs/${sha256(file)}`)));
    const fifth = await ask(`/v1/blobs/${sha256(file)}`);
    expect(fifth.statusCode).toBe(503);
    expect(await fifth.body.json()).toMatchObject({
      reason: 'RelayUnreachable',
      message: expect.stringContaining('4 downloads') as string,
    });
    const other = await ask(`/v1/blobs/${sha256(file)}`, {}, 'line-2');
    expect(other.statusCode).toBe(200);
    for (const { body } of [...open, other]) body.on('error', () => undefined).destroy();
    const again = async (): Promise<number> => {
      const { statusCode, body } = await ask(`/v1/blobs/${sha256(file)}`, { range: 'bytes=0-9' });
      await body.dump();
      return statusCode;
    };
    while ((await again()) === 503); // an agent that went away gives its places back
  });
});

test.each(['gzip', 'identity'])('an agent that takes nothing any more is ended (%s)', async (encoding) => {
  await server[Symbol.asyncDispose]();
  server = await ContentServer.start(300);
  const file = Buffer.concat(Array.from({ length: 400 }, () => Buffer.concat([text(50_000), randomBytes(50_000)])));
  await server.plan('line-1', { 'projects/p/a': file });
  const answer = await new Promise<NodeJS.ReadableStream & { pause(): unknown }>((resolve) =>
    get(`${server.url}/v1/blobs/${sha256(file)}`, { headers: { authorization: 'Bearer line-1', 'accept-encoding': encoding } }, resolve),
  );
  answer.on('error', () => undefined).pause();
  while (server.asked[0]?.sent === undefined) await new Promise(setImmediate);
  expect(server.asked[0].sent).toBeLessThan(file.length);
});

describe('an agent', () => {
  test('whose connection is cut again and again gets a large file by going on where it was', async () => {
    const files = { 'projects/p/large.bin': large, 'projects/p/small': text(1000) };
    const manifest = await server.plan('line-1', files);
    server.cutAfter = 5 * MiB;
    await using agent = new AgentUnderTest();
    expect(await agent.stage(manifest)).toEqual({ files: 2, bytes: large.length + 1000 });
    const { 'projects/p/large.bin': got } = agent.staged(manifest);
    expect(got!.equals(large)).toBe(true);
    const parts = server.asked.filter(({ what }) => what === `GET /v1/blobs/${sha256(large)}`);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.slice(1).every(({ range }) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
    expect(parts.reduce((sum, { sent }) => sum + (sent ?? 0), 0)).toBeLessThan(large.length * 1.5);
  });

  test('that starts anew goes on with what it had, and is told from the start when that is not what it should be', async () => {
    const manifest = await server.plan('line-1', { 'projects/p/large.bin': large });
    await using agent = new AgentUnderTest();
    server.cutAfter = 600_000; // less than is gone on with at once
    await expect(agent.stage(manifest)).rejects.toMatchObject({ reason: 'RelayUnreachable' });
    const part = agent.staged(manifest)['projects/p/large.bin']!;
    expect(part.length).toBeGreaterThan(100_000);
    server.cutAfter = Infinity;

    const place = join(agent.dataDir, '.ignition-sync/staging', manifest, 'tree/projects/p/large.bin');
    writeFileSync(place, Buffer.alloc(part.length)); // what a power loss leaves
    await expect(agent.stage(manifest)).rejects.toMatchObject({
      reason: 'ContentUnavailable',
      message: expect.stringContaining('damaged') as string,
    });
    expect(server.asked.at(-1)!.range).toBe(`bytes=${part.length}-`);
    await agent.stage(manifest);
    expect(server.asked.at(-1)!.range).toBeUndefined();
    expect(agent.staged(manifest)['projects/p/large.bin']!.equals(large)).toBe(true);
  });

  test('whose batch is cut asks for the rest of it at once', async () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`projects/p/${i}`, randomBytes(200_000)]));
    const manifest = await server.plan('line-1', files);
    server.cutAfter = 3 * MiB;
    await using agent = new AgentUnderTest();
    expect(await agent.stage(manifest)).toEqual({ files: 40, bytes: 8_000_000 });
    const digests = (of: Record<string, Buffer>) => Object.entries(of).map(([path, bytes]) => `${path} ${sha256(bytes)}`);
    expect(digests(agent.staged(manifest)).sort()).toEqual(digests(files).sort());
    expect(server.asked.filter(({ what }) => what === 'POST /v1/blobs').length).toBeGreaterThan(2);
  });

  test('gets large files from a relay of before, which knows batches only and compresses nothing', async () => {
    const manifest = await server.plan('line-1', { 'projects/p/large.bin': large });
    server.instead = (asked, response) => {
      delete asked.headers['accept-encoding'];
      if (asked.method !== 'GET' || !asked.url?.startsWith('/v1/blobs/')) return false;
      response.writeHead(404).end(JSON.stringify({ reason: 'ContentUnavailable', message: 'the relay has no such path.' }));
      return true;
    };
    server.cutAfter = 5 * MiB;
    await using agent = new AgentUnderTest();
    await expect(agent.stage(manifest)).rejects.toMatchObject({ reason: 'RelayUnreachable' });
    server.cutAfter = Infinity;
    expect(await agent.stage(manifest)).toEqual({ files: 1, bytes: large.length });
    expect(agent.staged(manifest)['projects/p/large.bin']!.equals(large)).toBe(true);
  });

  test('whose relay answers a part with the whole takes what it needs of that', async () => {
    const manifest = await server.plan('line-1', { 'projects/p/large.bin': large });
    server.instead = (asked) => {
      if (server.asked.length > 1) delete asked.headers.range;
      return false;
    };
    server.cutAfter = 5 * MiB;
    await using agent = new AgentUnderTest();
    await expect(agent.stage(manifest)).rejects.toMatchObject({ reason: 'RelayUnreachable' });
    server.cutAfter = Infinity;
    expect(await agent.stage(manifest)).toEqual({ files: 1, bytes: large.length });
  });
});

describe('a relay that means harm', () => {
  const bomb = gzipSync(Buffer.alloc(200 * MiB)); // 200 kB that become 200 MB
  const file = text(5 * MiB);
  const small = text(5000);
  const send =
    (headers: Record<string, string>, body: Buffer, status = 200) =>
    (response: ServerResponse) =>
      void response.writeHead(status, headers).end(body);
  const frame = (size: number): Buffer => Buffer.from(`${JSON.stringify({ sha256: sha256(small), size })}\n`);

  test.each<{ what: string; batch?: true; instead: (response: ServerResponse) => void; says: RegExp }>([
    { what: 'a bomb in place of a file', instead: send({ 'content-encoding': 'gzip' }, bomb), says: /more than the 5242880 bytes/ },
    {
      what: 'a bomb in place of a batch',
      batch: true,
      instead: send({ 'content-encoding': 'gzip' }, gzipSync(Buffer.concat([frame(200 * MiB), Buffer.alloc(200 * MiB)]))),
      says: /209715200 bytes as projects\/p\/b, which has 5000/,
    },
    { what: 'more bytes than the file has', instead: send({}, Buffer.concat([file, file])), says: /more than the 5242880 bytes/ },
    { what: 'gzip that is none', instead: send({ 'content-encoding': 'gzip' }, file), says: /is not the gzip that it says it is/ },
    { what: 'a batch of gzip that is none', batch: true, instead: send({ 'content-encoding': 'gzip' }, file), says: /is not the gzip/ },
    { what: 'an encoding that nobody asked for', instead: send({ 'content-encoding': 'br' }, file), says: /"br", which nobody asked for/ },
    { what: 'gzip in gzip', instead: send({ 'content-encoding': 'gzip, gzip' }, file), says: /which nobody asked for/ },
    { what: 'other content of the same size', instead: send({}, Buffer.alloc(file.length)), says: /arrived damaged/ },
  ])('that sends $what is refused, and nothing of it lies ready', async ({ batch, instead, says }) => {
    const manifest = await server.plan('line-1', batch ? { 'projects/p/b': small } : { 'projects/p/a': file });
    server.instead = (asked, response) => {
      const applies = asked.url?.startsWith('/v1/blobs') === true;
      if (applies) instead(response);
      return applies;
    };
    await using agent = new AgentUnderTest();
    const before = process.memoryUsage().rss;
    await expect(agent.stage(manifest)).rejects.toMatchObject({
      reason: 'ContentUnavailable',
      message: expect.stringMatching(says) as string,
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MiB);
    for (const bytes of Object.values(agent.staged(manifest))) expect(bytes.length).toBeLessThanOrEqual(file.length);
    server.instead = () => false;
    await agent.stage(manifest);
    expect(Object.values(agent.staged(manifest)).map((bytes) => sha256(bytes))).toEqual([sha256(batch ? small : file)]);
  });

  test.each(['bytes 0-12582911/12582912', 'bytes 5-9/10', ''])(
    'that sends another part ("%s") than was asked for is refused',
    async (said) => {
      const manifest = await server.plan('line-1', { 'projects/p/large.bin': large });
      server.instead = (asked, response) => {
        if (asked.headers.range === undefined) return false;
        response.writeHead(206, said === '' ? {} : { 'content-range': said }).end(large);
        return true;
      };
      server.cutAfter = 5 * MiB;
      await using agent = new AgentUnderTest();
      await expect(agent.stage(manifest)).rejects.toMatchObject({ reason: 'ContentUnavailable' });
    },
  );

  test('that never ends a manifest is refused by size', async () => {
    server.instead = (_, response) => {
      const piece = gzipSync(Buffer.alloc(MiB, 'x\n'));
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const more = (): void => {
        if (response.write(piece)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
      return true;
    };
    await using agent = new AgentUnderTest();
    await expect(agent.stage('a'.repeat(64))).rejects.toMatchObject({ reason: 'ContentUnavailable' });
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../../src/clients/s3/bucket.ts';
import { ContentStore } from '../../src/source/content-store.ts';
import { sha256 } from '../../src/source/digest.ts';
import { Grants } from '../../src/source/grants.ts';
import { S3Objects } from '../../src/source/s3-objects.ts';
import { Staging } from '../../src/source/staging.ts';
import { testObjects } from '../activities/source/support/objects-contract.ts';
import { gateway, Workbench } from '../activities/source/support/workbench.ts';
import { S3Server } from '../support/s3-server.ts';

const HOUR_MS = 3_600_000;
const server = await S3Server.start();
afterAll(() => server[Symbol.asyncDispose]());

const open = (folder: string): Promise<S3Objects> => S3Objects.open(server.bucket(basename(folder)), join(folder, 'spool'));
const files = (folder: string): string => server.filesOf(basename(folder));

describe('objects in a bucket', () => testObjects({ open, files }));

// What the content store promises in a folder it promises in a bucket: the same tests, over that.
Workbench.backend = { open: async (folder, options) => new ContentStore(await open(folder), options), files };
await import('../activities/source/lost-store.test.ts');
await import('../activities/source/sweeping.test.ts');

describe('a bucket', () => {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  let objects: S3Objects;
  beforeAll(async () => {
    objects = await open(folder);
    await objects.put('pins/a', 'a');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const failed = (says: RegExp) => ({ name: 'SyncError', reason: 'ContentStoreFailed', message: expect.stringMatching(says) as string });

  test.each([
    {
      what: 'that does not exist',
      bucket: { bucket: 'nowhere' },
      says: /s3:\/\/nowhere\/.* has no bucket nowhere: create it, or correct CONTENT_STORE_URL/,
    },
    {
      what: 'of a server that is not there',
      bucket: { endpoint: 'http://127.0.0.1:9' },
      says: /cannot be reached \(.*ECONNREFUSED.*CONTENT_STORE_ENDPOINT/,
    },
    { what: 'at a name that nobody has', bucket: { endpoint: 'http://nobody.invalid:9000' }, says: /cannot be reached.*nobody\.invalid/ },
    {
      what: 'whose key files are missing',
      bucket: { keyFiles: { id: '/nowhere/id', secret: '/nowhere/secret' } },
      says: /\/nowhere\/id.*Mount the key files/,
    },
  ])('$what is said by name at the start and at each call', async ({ bucket, says }) => {
    const other = await S3Objects.open({ ...server.bucket('x'), ...bucket }, folder);
    await expect(other.prepare()).rejects.toMatchObject(failed(says));
    await expect(other.put('pins/a', 'a')).rejects.toMatchObject(failed(says));
    await expect(other.list('pins/').next()).rejects.toMatchObject(failed(says));
  });

  test('that takes a connection and says nothing is given up', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const other = await S3Objects.open(
      { ...server.bucket('x'), endpoint: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` },
      folder,
    );
    const given = setTimeout(() => silent.close(), 0);
    await expect(other.read('pins/a')).rejects.toMatchObject({ reason: 'ContentStoreFailed' });
    clearTimeout(given);
  });

  test('whose server is down is asked again and used when it is back; nothing that was there counts as lost meanwhile', async () => {
    const store = new ContentStore(objects);
    const grants = new Grants(store);
    const digest = await store.putDocument({ a: 1 });
    await server.down();
    await expect(store.readDocument(digest)).rejects.toMatchObject(failed(/cannot be reached/));
    await expect(grants.mayReadManifest('plant', 'a', sha256('x'))).rejects.toMatchObject(failed(/cannot be reached/));
    await server.up();
    expect(await store.readDocument(digest)).toEqual({ a: 1 });
    expect(await store.losses.reported()).toEqual([]);
  });

  test('that refuses our key names the files, and takes a new one from them at the next request', async () => {
    await server.useSecret('second-secret');
    await expect(objects.read('pins/a')).rejects.toMatchObject(failed(new RegExp(`SignatureDoesNotMatch.*${server.keyFiles.secret}`)));
    server.writeKey('second-secret');
    expect((await objects.read('pins/a'))?.toString()).toBe('a');
  });

  test('never shows half an upload, and frees what is left of it after a day', async () => {
    const bucket = server.bucket(basename(folder));
    const client = await createS3Client(bucket);
    const at = { Bucket: bucket.bucket, Key: `${bucket.prefix}blobs/half` };
    const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket.bucket }))).Uploads?.length ?? 0;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
    await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: Buffer.alloc(5 << 20) }));
    expect(await objects.look('blobs/half')).toBeUndefined();
    await objects.removeLeftovers(new Date(Date.now() + 23 * HOUR_MS));
    expect(await uploads()).toBe(1);
    await objects.removeLeftovers(new Date(Date.now() + 25 * HOUR_MS));
    expect(await uploads()).toBe(0);
    client.destroy();
  });

  test('gets a large file in parts, and gives any range of it', async () => {
    const spool = join(folder, 'spool');
    mkdirSync(spool, { recursive: true });
    const temporary = join(spool, 'large');
    const bytes = Buffer.concat(Array.from({ length: 50 }, (_, i) => Buffer.alloc(1 << 20, i)));
    writeFileSync(temporary, bytes);
    await objects.name([{ temporary, key: 'blobs/large' }]);
    const hash = createHash('sha256');
    for await (const piece of (await objects.open('blobs/large', { start: 100, end: bytes.length - 1 }))!.stream)
      hash.update(piece as Buffer);
    expect(hash.digest('hex')).toBe(sha256(bytes.subarray(100)));
    expect(readdirSync(spool)).toEqual([]);
  });

  test('that loses its server in the middle of a plan gets the rest when the plan is made again', async () => {
    using bench = new Workbench();
    const repo = bench.repository();
    repo.commit(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`projects/p/${i}`, `content ${i}`])));
    const parts = await bench.opened;
    const name = parts.store.objects.name.bind(parts.store.objects);
    let once = true;
    parts.store.objects.name = async (staged) => {
      if (once) await name(staged.slice(0, 100));
      if (once) await server.down();
      const rest = staged.slice(once ? 100 : 0);
      once = false;
      await name(rest);
    };
    await expect(bench.plan({ repo: repo.url }, [gateway('a')])).rejects.toMatchObject({ reason: 'ContentStoreFailed' });
    await server.up();
    const result = await bench.plan({ repo: repo.url }, [gateway('a')]);
    expect(Object.keys((await bench.planned(result, 'a')).files)).toHaveLength(300);
  });

  describe('whose objects are renewed while another process writes them', () => {
    /** In front of the real server: sees each write before it gets there, and may answer in its place. */
    let before: (asked: IncomingMessage, answer: ServerResponse) => Promise<boolean> | boolean = () => false;
    const front = createHttp((asked, answer) => void handOn(asked, answer));
    const handOn = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
      if (asked.method === 'PUT' && (await before(asked, answer))) return;
      const { hostname, port } = new URL(server.endpoint);
      const on = forward({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      });
      asked.pipe(on);
    };
    let other: S3Objects;
    beforeAll(async () => {
      await once(front.listen(0, '127.0.0.1'), 'listening');
      const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
      other = await S3Objects.open({ ...server.bucket(basename(folder)), endpoint }, folder);
    });
    afterAll(() => {
      front.closeAllConnections();
      front.close();
    });

    test.each([
      { when: 'before it is copied onto itself', at: 1 },
      { when: 'before it is written again', at: 2 },
    ])('$when, keep what that has written', async ({ at }) => {
      await objects.put('pins/renewed', 'old');
      let writes = 0;
      before = async () => {
        if ((writes += 1) === at) await objects.put('pins/renewed', 'new');
        return false;
      };
      expect(await other.renew('pins/renewed')).toBe(true);
      expect(writes).toBeGreaterThanOrEqual(at);
      expect((await objects.read('pins/renewed'))?.toString()).toBe('new');
    });

    test('or removes them, stay away', async () => {
      await objects.put('pins/renewed', 'old');
      let writes = 0;
      before = async () => {
        if ((writes += 1) === 2) await objects.remove('pins/renewed');
        return false;
      };
      expect(await other.renew('pins/renewed')).toBe(false);
      expect(await objects.look('pins/renewed')).toBeUndefined();
    });

    test('are renewed also by a server that knows no conditions', async () => {
      await objects.put('pins/renewed', 'old');
      const refused: string[] = [];
      before = (asked, answer) => {
        if (asked.headers['if-match'] === undefined) return false;
        refused.push(asked.url ?? '');
        asked.resume();
        answer.writeHead(501, { 'content-type': 'application/xml' }).end('<Error><Code>NotImplemented</Code><Message>no</Message></Error>');
        return true;
      };
      expect(await other.renew('pins/renewed')).toBe(true);
      expect([refused.length > 0, (await objects.read('pins/renewed'))?.toString()]).toEqual([true, 'old']);
    });
  });

  test('keeps no key in what it writes or says', async () => {
    await using staging = new Staging(objects);
    staging.add('blobs/a', 'a');
    await staging.commit();
    const all = readdirSync(server.filesOf(basename(folder)), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of all) expect(readFileSync(join(parentPath, name), 'latin1')).not.toContain('second-secret');
  });
});

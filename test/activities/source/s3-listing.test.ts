import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Objects } from '../../../src/source/s3-objects.ts';

const LISTING = (inner: string): string =>
  `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>store</Name>${inner}</ListBucketResult>`;
const ENTRY = '<Contents><Key>x/pins/a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>';

let folder: string;
let body: string;
let objects: S3Objects;
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body);
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3-'));
  const [id, secret] = [join(folder, 'id'), join(folder, 'secret')];
  writeFileSync(id, 'a');
  writeFileSync(secret, 'b');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bucket = { bucket: 'store', prefix: 'x/', region: 'us-east-1', endpoint, pathStyle: true, keyFiles: { id, secret } };
  objects = await S3Objects.open(bucket, join(folder, 'spool'));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of objects.list('pins/')) found.push(key);
  return found;
}

test('a whole listing is believed, also an empty one', async () => {
  body = LISTING(`<IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>${ENTRY}`);
  expect(await keys()).toEqual(['pins/a']);
  body = LISTING('<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>');
  expect(await keys()).toEqual([]);
  await objects.prepare();
});

test.each([
  ['is cut and does not say how it goes on', LISTING(`<IsTruncated>true</IsTruncated><NextMarker>x/pins/b</NextMarker>${ENTRY}`)],
  ['is an error in disguise', '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We failed</Message></Error>'],
  ['is a sign-in page', '<html><body>Sign in</body></html>'],
  ['is empty', ''],
])('a listing that %s is never taken for all that there is', async (_, answer) => {
  body = answer;
  const failed = { reason: 'ContentStoreFailed', message: expect.stringContaining('s3://store/x/') as string };
  await expect(keys()).rejects.toMatchObject(failed);
  await expect(objects.folders('swept/')).rejects.toMatchObject(failed);
});

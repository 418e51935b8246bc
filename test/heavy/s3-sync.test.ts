import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filesIn } from '../activities/source/support/ageing.ts';
import { OwnPlant, profileObject, syncObject } from '../support/plant.ts';
import { PROGRAM_UNDER_TEST } from '../support/program-under-test.ts';
import { S3Server } from '../support/s3-server.ts';
import { VIEW, WorkingCopy, project } from '../support/working-copy.ts';

/** The whole product with its content store in a bucket of a real S3 server. */
let server: S3Server;
let plant: OwnPlant;
let copy: WorkingCopy;

beforeAll(async () => {
  server = await S3Server.start();
  const settings = {
    CONTENT_STORE_URL: 's3://store/plants/one',
    CONTENT_STORE_ENDPOINT: server.endpoint,
    CONTENT_STORE_ACCESS_KEY_FILE: server.keyFiles.id,
    CONTENT_STORE_SECRET_KEY_FILE: server.keyFiles.secret,
  };
  const variables = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  process.env[PROGRAM_UNDER_TEST] = JSON.stringify(['/usr/bin/env', '-u', 'CONTENT_STORE_DIR', ...variables, process.execPath, main]);
  plant = await OwnPlant.start();
  copy = await WorkingCopy.create(plant.stack, 's3');
  await plant.apply(profileObject([{ source: 'projects', destination: 'projects' }]), syncObject(copy.url));
}, 900_000);
afterAll(async () => {
  await plant[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
}, 60_000);

const views = (): string[] => plant.gateways.map((gateway) => readFileSync(join(plant.data(gateway), VIEW), 'utf8'));

test('a commit becomes live on every gateway, and its content lies in the bucket alone', async () => {
  await plant.synced(await copy.push(project('first')));
  for (const view of views()) expect(view).toContain('first');
  const kinds = filesIn(server.filesOf('plants/one')).map(({ parentPath }) => parentPath.split('plants/one/')[1]?.split('/')[0]);
  expect([...new Set(kinds)].sort()).toEqual(expect.arrayContaining(['blobs', 'documents', 'manifests', 'pins']));
  expect(existsSync(join(plant.installation.pods, '../store'))).toBe(false);
}, 120_000);

test('a commit that comes while the S3 server is down is synced when it is back', async () => {
  await server.down();
  const commit = await copy.push(project('second'));
  await plant.signal('syncNow');
  const describe = (): Promise<string> => plant.stack.temporalCli(['workflow', 'describe', '--workflow-id', plant.workflowId]);
  while (!(await describe()).includes('ContentStoreFailed')); // what it waits for, as the Temporal UI shows it
  for (const view of views()) expect(view).toContain('first');
  await server.up();
  await plant.synced(commit);
  for (const view of views()) expect(view).toContain('second');
}, 180_000);

test('a bucket that somebody emptied is filled again for the next commit', async () => {
  rmSync(server.filesOf('plants/one'), { recursive: true });
  const commit = await copy.push(project('third'));
  await plant.signal('syncNow');
  await plant.synced(commit);
  for (const view of views()) expect(view).toContain('third');
}, 120_000);

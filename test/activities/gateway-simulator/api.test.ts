import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import type { SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';
import { Bench, api, call, manifest, scan } from './support/bench.ts';

const V1 = '/data/api/v1';

describe('who may ask (facts 1.1)', () => {
  test.each<{
    name: string;
    key?: string;
    header?: string;
    method?: string;
    faults?: Partial<Faults>;
    status: number;
    says?: string | RegExp;
  }>([
    { name: 'the right key', key: 'ci:secret', status: 200 },
    { name: 'no key', status: 401 },
    { name: 'a bare secret', key: 'secret', status: 401 },
    { name: 'a bearer', header: 'authorization', key: 'Bearer ci:secret', status: 401 },
    { name: 'basic', header: 'authorization', key: 'Basic YWRtaW46cGFzc3dvcmQ=', status: 401 },
    { name: 'no key where 403 was recorded', faults: { unknownKey: 403 }, status: 403 },
    { name: 'no key where reads are free', faults: { anonymousReads: true }, status: 200 },
    { name: 'a write without a key where reads are free', method: 'POST', faults: { anonymousReads: true }, status: 401, says: '' },
    { name: 'a write without a key, with a page', method: 'POST', faults: { refusedBody: 'page' }, status: 401, says: /<th>MESSAGE:/ },
    { name: 'a write with a key that may read', key: 'ci:secret', method: 'POST', faults: { keyRights: 'read' }, status: 403, says: '' },
    { name: 'a read with a key that may read', key: 'ci:secret', faults: { keyRights: 'read' }, status: 200 },
    { name: 'a read with a key that may nothing', key: 'ci:secret', faults: { keyRights: 'none' }, status: 403 },
    { name: 'a secure-only key over plain http', key: 'ci:secret', faults: { keySecureOnly: true }, status: 403 },
  ])('$name: $status', async ({ key, header = 'x-ignition-api-token', method = 'GET', faults = {}, status, says = /./ }) => {
    await using bench = new Bench();
    const tokenFile = join(bench.dataDir, '..', 'key');
    writeFileSync(tokenFile, 'ci:secret\n');
    const gateway = await bench.start({ tokenFile, faults });
    const answer = await call(gateway, `${V1}/scan/config`, { method, headers: key === undefined ? {} : { [header]: key } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toEqual(typeof says === 'string' ? says : expect.stringMatching(says));
  });

  test('a key of a stored resource counts after a config scan', async () => {
    await using bench = new Bench();
    const tokenFile = join(bench.dataDir, '..', 'key');
    writeFileSync(tokenFile, 'ci:secret');
    const gateway = await bench.start({ tokenFile });
    const secret = Buffer.alloc(32, 7);
    const { createHash } = await import('node:crypto');
    const config = { settings: { tokenHash: createHash('sha256').update(secret).digest('base64url') } };
    const at = 'config/resources/core/ignition/api-token/robot';
    bench.write({ [`${at}/resource.json`]: manifest(['config.json']), [`${at}/config.json`]: JSON.stringify(config) });
    const ask = (): Promise<number> =>
      call(gateway, `${V1}/gateway-info`, { headers: { 'x-ignition-api-token': `robot:${secret.toString('base64url')}` } }).then(
        (r) => r.status,
      );
    expect(await ask()).toBe(401);
    gateway.gateway.engine.trigger('config');
    await new Promise<void>((resolve) => gateway.onScanned(() => resolve()));
    expect(await ask()).toBe(200);
  });
});

describe('answers that are no success (facts 1.2, 1.15, 5.3)', () => {
  test.each<{ name: string; path: string; method?: string; options?: Omit<SimulatorOptions, 'dataDir'>; status: number; says: RegExp }>([
    { name: '1.2.1 an unknown route', path: `${V1}/status`, status: 404, says: /^\{"message":"No route match for path: / },
    { name: 'the manual’s /modes', path: `${V1}/modes`, status: 404, says: /No route match/ },
    { name: 'a project’s resources', path: `${V1}/projects/P/resources`, status: 404, says: /No route match/ },
    { name: 'a route that is known by name only', path: `${V1}/backup`, status: 501, says: /does not invent/ },
    {
      name: '1.2.2 a resource that is not there',
      path: `${V1}/resources/find/ignition/tag-provider/none`,
      status: 404,
      says: /<title>Error 404/,
    },
    {
      name: '3.4.1 a type that Edge does not have',
      path: `${V1}/resources/names/ignition/database-connection`,
      options: { edition: 'edge' },
      status: 404,
      says: /<title>/,
    },
    { name: '8.1', path: `${V1}/gateway-info`, options: { version: '8.1.45' }, status: 404, says: /No route match/ },
    { name: '8.1 says who it is', path: '/system/gwinfo', options: { version: '8.1.45' }, status: 200, says: /Version=8\.1\.45;/ },
    {
      name: '1.2.3, 1.2.9 starting',
      path: `${V1}/gateway-info`,
      options: { faults: { state: 'starting' } },
      status: 503,
      says: /Error 503/,
    },
    { name: 'starting, before identity', path: '/system/gwinfo', options: { faults: { state: 'starting' } }, status: 503, says: /503/ },
    { name: '1.2.10 uncommissioned', path: `${V1}/gateway-info`, options: { faults: { state: 'commissioning' } }, status: 302, says: /^$/ },
    {
      name: '1.2.10 a scan while uncommissioned, as one lab saw it',
      path: `${V1}/scan/config`,
      method: 'POST',
      options: { faults: { state: 'commissioning', commissioningScan: 400 } },
      status: 400,
      says: /400/,
    },
    {
      name: '1.2.8 a scan that fails',
      path: `${V1}/scan/config`,
      method: 'POST',
      options: { faults: { scanFails: true } },
      status: 500,
      says: /"stacktrace"/,
    },
  ])('$name: $status', async ({ path, method = 'GET', options = {}, status, says }) => {
    await using bench = new Bench();
    const gateway = await bench.start(options);
    const answer = await call(gateway, path, { method });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(says);
  });
});

describe('lists (facts 1.3)', () => {
  test.each<{ query: string; names: string[]; matching: number }>([
    { query: '', names: ['A', 'B', 'C'], matching: 3 },
    { query: '?limit=0', names: [], matching: 3 },
    { query: '?limit=1&offset=1', names: ['B'], matching: 3 },
    { query: '?sortBy=desc(name)', names: ['C', 'B', 'A'], matching: 3 },
    { query: '?name%5Beq%5D=B', names: ['B'], matching: 1 },
    { query: '?name%5Bne%5D=B', names: ['A', 'C'], matching: 2 },
    { query: '?name%5Bgte%5D=B', names: ['B', 'C'], matching: 2 },
    { query: '?name%5Brgx%5D=%5E%5BAC%5D', names: ['A', 'C'], matching: 2 },
    { query: '?search=b', names: ['B'], matching: 1 },
    { query: '?nonce=1', names: [], matching: 0 },
  ])('projects$query', async ({ query, names, matching }) => {
    await using bench = new Bench();
    const gateway = await bench.start();
    bench.write(Object.fromEntries(['A', 'B', 'C'].map((name) => [`projects/${name}/project.json`, '{}'])));
    await scan(gateway, 'projects');
    const { items, metadata } = await api(gateway, `projects/names${query}`);
    expect(items.map(({ name }) => name)).toEqual(names);
    expect(metadata).toMatchObject({ total: 3, matching });
  });
});

describe('resources (facts 1.9)', () => {
  test('an envelope tells content and collections', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    const at = 'config/resources/external/ignition/database-connection/my db';
    bench.write({
      [`${at}/resource.json`]: manifest(['config.json', 'notes.txt'], { description: 'history', attributes: { enabled: false } }),
      [`${at}/config.json`]: '{"url":"jdbc:x"}',
      [`${at}/notes.txt`]: 'n',
    });
    await scan(gateway, 'config');
    expect(await api(gateway, 'resources/find/ignition/database-connection/my%20db')).toMatchObject({
      type: 'ignition/database-connection',
      name: 'my db',
      description: 'history',
      enabled: false,
      collection: 'external',
      collections: ['external'],
      config: { url: 'jdbc:x' },
      data: ['notes.txt'],
      signature: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(await api(gateway, 'resources/names/ignition/database-connection')).toMatchObject({
      items: [{ name: 'my db', modes: ['external'] }],
    });
    const file = await call(gateway, `${V1}/resources/datafile/ignition/database-connection/my%20db/notes.txt`);
    expect(await file.text()).toBe('n');
  });

  test('UDT types are shown by the export of their provider', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    const core = 'config/resources/core/ignition';
    bench.write({
      [`${core}/tag-provider/default/resource.json`]: manifest([]),
      [`${core}/tag-type-definition/default/Motors/unary-resource.json`]: manifest(['udts.json']),
      [`${core}/tag-type-definition/default/Motors/udts.json`]: '[{"name":"Motor","tagType":"UdtType"}]',
    });
    await scan(gateway, 'config');
    expect(await api(gateway, 'tags/export?provider=default&type=json&recursive=true&includeUdts=true')).toMatchObject({
      tagType: 'Provider',
      tags: [{ name: '_types_', tags: [{ name: 'Motors', tags: [{ name: 'Motor', tagType: 'UdtType' }] }] }],
    });
    expect((await call(gateway, `${V1}/tags/export?provider=default`)).status).toBe(400);
  });
});

test('a restart is 503 for a while, then everything is loaded anew and nothing is pending', async () => {
  await using bench = new Bench();
  const gateway = await bench.start({ restartMs: { grace: 0, down: 50 }, faults: { pendingRestart: ['system-properties'] } });
  bench.write({ 'projects/P/project.json': '{}' });
  expect(await (await call(gateway, `${V1}/restart-tasks/restart?confirm=true`, { method: 'POST' })).text()).toBe('true');
  await new Promise<void>((resolve) => gateway.onScanned((kind) => kind === 'projects' && resolve()));
  expect(gateway.loaded().projects['P']).toMatch(/^[0-9a-f]{64}$/);
  expect(await api(gateway, 'restart-tasks/pending')).toEqual({ pending: [] });
});

test('the log is found from a moment on, by level and logger', async () => {
  await using bench = new Bench();
  const gateway = await bench.start();
  gateway.gateway.log.write('INFO', 'a.b', 'one');
  gateway.gateway.log.write('ERROR', 'a.c', 'two');
  const { items } = await api(gateway, `logs?minLevel=WARN&loggerName%5Bsw%5D=a.&startTime=${Date.now() - 60_000}&limit=10`);
  expect(items.map(({ message }) => message)).toEqual(['two']);
});

test('Designers and Perspective sessions are listed, and a live Designer cannot be ended', async () => {
  await using bench = new Bench();
  const people = [{ user: 'ann', project: 'P', address: '10.0.0.7' }];
  const gateway = await bench.start({ faults: { designers: people, perspective: people } });
  expect(await api(gateway, 'designers')).toMatchObject({ items: [{ user: 'ann', project: 'P' }] });
  expect(await (await call(gateway, '/data/perspective/api/v1/sessions/')).json()).toMatchObject({
    items: [{ username: 'ann', project: 'P' }],
  });
  expect((await call(gateway, '/data/perspective/api/v1/sessions')).status).toBe(404);
  expect((await call(gateway, `${V1}/designer/designer-0`, { method: 'DELETE' })).status).toBe(409);
});

test('3.4.3 Edge has one project, whose name is Edge', async () => {
  await using bench = new Bench();
  const gateway = await bench.start({ edition: 'edge' });
  bench.write({ 'projects/Edge/project.json': '{}', 'projects/Other/project.json': '{}' });
  await scan(gateway, 'projects');
  expect(Object.keys(gateway.loaded().projects)).toEqual(['Edge']);
  expect(await api(gateway, 'gateway-info')).toMatchObject({ edition: 'edge' });
});

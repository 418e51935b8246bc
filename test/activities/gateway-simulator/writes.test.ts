import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { inheritance } from '../../support/gateway-simulator/inheritance.ts';
import { Bench, api, call, manifest, scan } from './support/bench.ts';

const DB = '/data/api/v1/resources/ignition/database-connection';
const send = (method: string, body: unknown): RequestInit => ({ method, body: JSON.stringify(body) });

describe('writes of the API (facts 1.2, 1.9)', () => {
  test.each<{ name: string; method: string; body: unknown; faults?: Partial<Faults>; status: number; says?: RegExp }>([
    {
      name: 'a new one',
      method: 'POST',
      body: [{ name: 'b', config: {} }],
      status: 200,
      says: /"success":true.*"newSignature":"[0-9a-f]{64}"/,
    },
    { name: 'one that is there', method: 'POST', body: [{ name: 'a', config: {} }], status: 409 },
    { name: '1.2.6 a bare object', method: 'POST', body: { name: 'b', config: {} }, status: 400, says: /Invalid request body/ },
    { name: '1.2.5 no config', method: 'POST', body: [{ name: 'b' }], status: 422, says: /"fieldName":"config"/ },
    { name: 'an illegal name', method: 'POST', body: [{ name: 'a/b', config: {} }], status: 422, says: /"fieldName":"name"/ },
    {
      name: '1.2.7 a stale signature',
      method: 'PUT',
      body: [{ name: 'a', config: {}, signature: 'x' }],
      status: 500,
      says: /signature mismatch/,
    },
    {
      name: 'a stale signature, otherwise',
      method: 'PUT',
      body: [{ name: 'a', config: {}, signature: 'x' }],
      faults: { staleSignature: 409 },
      status: 409,
    },
    { name: 'one that is not there', method: 'PUT', body: [{ name: 'b', config: {}, signature: 'x' }], status: 404 },
  ])('$name: $status', async ({ method, body, faults = {}, status, says = /^/ }) => {
    await using bench = new Bench();
    const gateway = await bench.start({ faults });
    await call(gateway, DB, send('POST', [{ name: 'a', config: { url: 'x' } }]));
    const answer = await call(gateway, DB, send(method, body));
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(says);
    expect(gateway.damage).toEqual([]);
  });

  test('a write with the right signature is served at once; a delete counts only when it is confirmed', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    await call(gateway, DB, send('POST', [{ name: 'a', config: { url: 'x' } }]));
    const find = () => api(gateway, 'resources/find/ignition/database-connection/a?collection=core');
    await call(gateway, DB, send('PUT', [{ name: 'a', config: { url: 'y' }, signature: (await find())['signature'] }]));
    const { config, signature } = await find();
    expect(config).toEqual({ url: 'y' });
    const gone = async (query: string) => {
      await call(gateway, `${DB}/a/${String(signature)}${query}`, { method: 'DELETE' });
      return (await api(gateway, 'resources/names/ignition/database-connection')).items.length === 0;
    };
    expect([await gone(''), await gone('?confirm=true')]).toEqual([false, true]);
  });

  test('1.4.14 a write waits while somebody holds the lock of the configuration', async () => {
    await using bench = new Bench();
    const gateway = await bench.start();
    gateway.gateway.locks.config.take('somebody', 60);
    let isDone = false;
    const writing = call(gateway, DB, send('POST', [{ name: 'a', config: {} }])).then(({ status }) => {
      isDone = true;
      return status;
    });
    await call(gateway, '/data/api/v1/gateway-info');
    expect(isDone).toBe(false);
    await call(gateway, '/data/api/v1/scan/config', { method: 'POST' });
    expect(await writing).toBe(200);
  });
});

test('3.1.4 commissioning points at a user source of its own, and may forget keys', async () => {
  await using bench = new Bench();
  const gateway = await bench.start({ faults: { state: 'commissioning' }, tokenFile: '/dev/null' });
  await call(gateway, '/simulator/commission', send('POST', { forgets: 'until-restart' }));
  expect(gateway.gateway.faults).toMatchObject({ state: 'running', keyRights: 'none' });
  const core = gateway.gateway.engine.collections().get('core')?.resources;
  expect(core?.get('ignition/security-properties')?.payloads.get('config.json')?.content?.toString()).toContain('"temp"');
  expect(core?.has('ignition/user-source/temp')).toBe(true);
});

describe('a child project (facts 2.5, 2.6)', () => {
  const view = (project: string, more?: object) => ({ [`projects/${project}/m/views/a/resource.json`]: manifest([], more) });
  const child = { 'projects/C/project.json': '{"parent":"P"}' };
  const parent = { 'projects/P/project.json': '{"inheritable":true}' };
  test.each<{ name: string; files: Record<string, string>; from: string | undefined }>([
    { name: 'has what its parent has', files: { ...parent, ...child, ...view('P') }, from: 'P' },
    { name: 'overrides it', files: { ...parent, ...child, ...view('P'), ...view('C') }, from: 'C' },
    {
      name: 'cannot override what may not be',
      files: { ...parent, ...child, ...view('P', { overridable: false }), ...view('C') },
      from: 'P',
    },
    {
      name: 'hides it with a folder without a manifest',
      files: { ...parent, ...child, ...view('P'), 'projects/C/m/views/a/view.json': '{}' },
      from: undefined,
    },
    {
      name: 'has nothing of a parent that is not inheritable',
      files: { ...parent, 'projects/P/project.json': '{}', ...child, ...view('P') },
      from: undefined,
    },
  ])('$name', async ({ files, from }) => {
    await using bench = new Bench();
    const gateway = await bench.start({ faults: { newProjectScans: 1 } });
    bench.write(files);
    await scan(gateway, 'projects');
    expect(inheritance(gateway.gateway, 'C')['m/views/a']).toBe(from);
  });
});

test('3.4.2 a second tag provider of Edge is taken and fails when it starts', async () => {
  await using bench = new Bench();
  const gateway = await bench.start({ edition: 'edge' });
  bench.write({ 'config/resources/core/ignition/tag-provider/second/resource.json': manifest([]) });
  await scan(gateway, 'config');
  expect(gateway.gateway.log.lines().map(({ message }) => message)).toContainEqual(expect.stringContaining('second could not be started'));
});

import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { Bench, api, call } from './support/bench.ts';

const LOCK = '/data/api/v1/scan-lock/config';
const post = (body?: string): RequestInit => ({ method: 'POST', ...(body !== undefined && { body }) });

test.each<{ name: string; body?: string; faults?: Partial<Faults>; held?: boolean; status: number }>([
  { name: 'a free lock', body: '{"acquireTimeout":1,"holdTimeout":60}', status: 200 },
  { name: 'no wishes', body: '{}', status: 200 },
  { name: '1.4.12 no body, on 8.3.9', status: 500 },
  { name: 'no body, by the spec', faults: { lockWithoutBody: 400 }, status: 400 },
  { name: 'a body that is none', body: '[]', status: 400 },
  { name: 'a held lock, at once', body: '{}', held: true, status: 409 },
  { name: 'a held lock, after waiting', body: '{"acquireTimeout":0.05}', held: true, status: 408 },
  { name: 'a gateway without locks', body: '{}', faults: { locks: 'absent' }, status: 404 },
])('$name: $status', async ({ body, faults = {}, held = false, status }) => {
  await using bench = new Bench();
  const gateway = await bench.start({ faults });
  if (held) gateway.gateway.locks.config.take('somebody', 60);
  expect((await call(gateway, LOCK, post(body))).status).toBe(status);
});

test('1.4.13 a held lock tells who holds it and for how long; a free one says nothing', async () => {
  await using bench = new Bench();
  const gateway = await bench.start();
  expect((await call(gateway, LOCK)).status).toBe(204);
  await call(gateway, LOCK, post('{"holdTimeout":59.5}'));
  expect(await api(gateway, 'scan-lock/config')).toMatchObject({ remaining: 59, actor: expect.stringMatching(/^api-token:/) as string });
  expect((await call(gateway, '/data/api/v1/scan-lock/projects')).status).toBe(204);
});

test('1.4.5, 1.4.14 the request for a scan of its kind releases it, whoever holds it, and so does the end of its time', async () => {
  await using bench = new Bench();
  const gateway = await bench.start();
  gateway.gateway.locks.config.take('somebody', 60);
  await call(gateway, '/data/api/v1/scan/projects', post());
  expect((await call(gateway, LOCK)).status).toBe(200);
  await call(gateway, '/data/api/v1/scan/config', post());
  expect((await call(gateway, LOCK)).status).toBe(204);
  gateway.gateway.locks.config.take('somebody', 0.02);
  await gateway.gateway.locks.config.free();
  expect((await call(gateway, LOCK)).status).toBe(204);
});

test('whoever waits for it gets it when it is free', async () => {
  await using bench = new Bench();
  const gateway = await bench.start();
  gateway.gateway.locks.config.take('somebody', 60);
  const waiting = call(gateway, LOCK, post('{"acquireTimeout":30}'));
  await call(gateway, '/data/api/v1/scan/config', post());
  expect((await waiting).status).toBe(200);
});

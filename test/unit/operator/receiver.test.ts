import { createHmac } from 'node:crypto';
import { request as rawRequest } from 'node:http';
import { pino } from 'pino';
import { request } from 'undici';
import type { IgnitionSync } from '../../../src/api/v1alpha1/objects.ts';
import { SyncError } from '../../../src/domain/errors.ts';
import { Receiver } from '../../../src/operator/receiver/receiver.ts';

const SECRET = 's3cret';
const webhook = (enabled = true, name = 'hook') =>
  ({ spec: { webhook: { enabled, secretRef: { name, key: 'k' } } } }) as unknown as IgnitionSync;
const OBJECTS: Record<string, IgnitionSync | undefined> = {
  'plant/sync': webhook(),
  'plant/off': webhook(false),
  'plant/none': { spec: {} } as unknown as IgnitionSync,
  'plant/lost': webhook(true, 'lost'),
};

let receiver: Receiver;
let base: string;
let asked: string[];

beforeEach(async () => {
  asked = [];
  receiver = new Receiver({
    sync: (namespace, name) => OBJECTS[`${namespace}/${name}`],
    readSecret: (namespace, name) =>
      name === 'lost'
        ? Promise.reject(new SyncError('SecretNotFound', `Secret ${namespace}/lost does not exist`))
        : Promise.resolve(`${SECRET}\n`),
    ask: (namespace, name, reason) => asked.push(`${namespace}/${name} ${reason}`),
    logger: pino({ level: 'silent' }),
  });
  base = `http://127.0.0.1:${await receiver.start({ port: 0, host: '127.0.0.1' })}`;
});
afterEach(() => receiver.stop());

const BODY = '{"ref":"refs/heads/main"}';
const signed = (secret: string, body = BODY) => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

async function post(path: string, headers: Record<string, string> = {}, body = BODY): Promise<{ status: number; text: string }> {
  const answer = await request(base + path, { method: 'POST', headers, body });
  return { status: answer.statusCode, text: await answer.body.text() };
}

test.each([
  { how: 'signs the body', headers: signed(SECRET) },
  {
    how: 'signs the body in capitals',
    headers: { 'x-hub-signature-256': signed(SECRET)['x-hub-signature-256'].toUpperCase().replace('SHA256', 'sha256') },
  },
  { how: 'shows the secret', headers: { authorization: `Bearer ${SECRET}` } },
])('a sender that $how is heard, each time', async ({ headers }) => {
  expect((await post('/webhooks/plant/sync', headers)).status).toBe(202);
  expect((await post('/webhooks/plant/sync', headers)).status).toBe(202);
  expect(asked).toEqual(['plant/sync webhook', 'plant/sync webhook']);
});

test.each<{ who: string; path: string; headers: Record<string, string> }>([
  { who: 'shows nothing', path: '/webhooks/plant/sync', headers: {} },
  { who: 'has another secret', path: '/webhooks/plant/sync', headers: signed('other') },
  { who: 'shows another secret', path: '/webhooks/plant/sync', headers: { authorization: 'Bearer other' } },
  { who: 'signed another body', path: '/webhooks/plant/sync', headers: signed(SECRET, 'x') },
  {
    who: 'signs with the old sha1',
    path: '/webhooks/plant/sync',
    headers: { 'x-hub-signature': `sha1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}` },
  },
  { who: 'names an object that is not there', path: '/webhooks/plant/nobody', headers: signed(SECRET) },
  { who: 'names an object without webhook', path: '/webhooks/plant/none', headers: signed(SECRET) },
  { who: 'names an object that hears no webhooks', path: '/webhooks/plant/off', headers: signed(SECRET) },
  { who: 'names an object whose Secret is lost', path: '/webhooks/plant/lost', headers: signed(SECRET) },
])('a sender that $who learns nothing', async ({ path, headers }) => {
  const began = performance.now();
  const { status, text } = await post(path, headers);
  expect({ status, text }).toEqual({ status: 401, text: '{"message":"unknown object, or the secret is not its own"}' });
  expect(performance.now() - began).toBeGreaterThan(140);
  expect(asked).toEqual([]);
});

test('an empty secret lets nobody in', async () => {
  const open = new Receiver({
    sync: () => webhook(),
    readSecret: () => Promise.resolve(''),
    ask: () => asked.push('x'),
    logger: pino({ level: 'silent' }),
  });
  base = `http://127.0.0.1:${await open.start({ port: 0, host: '127.0.0.1' })}`;
  expect((await post('/webhooks/plant/sync', signed(''))).status).toBe(401);
  expect((await post('/webhooks/plant/sync', { authorization: 'Bearer ' })).status).toBe(401);
  await open.stop();
});

test.each([
  { path: '/webhooks/plant', status: 404 },
  { path: '/webhooks/plant/sync/more', status: 404 },
  { path: '/webhooks/Plant/..%2f', status: 404 },
  { path: '/', status: 404 },
])('$path is no webhook', async ({ path, status }) => {
  expect((await post(path, signed(SECRET))).status).toBe(status);
});

test('asking with another method than POST is refused', async () => {
  expect((await request(`${base}/webhooks/plant/sync`)).statusCode).toBe(405);
});

test('more than 1 MiB is not read, also when its length is not said', async () => {
  const body = 'x'.repeat(1024 * 1024 + 1);
  expect((await post('/webhooks/plant/sync', signed(SECRET, body), body)).status).toBe(413);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sending = rawRequest(`${base}/webhooks/plant/sync`, { method: 'POST' }, (answer) => resolve(answer.statusCode));
    sending.on('error', reject);
    sending.write(body);
    sending.write(body);
  });
  expect(status).toBe(413);
});

test('an address that asks too often must wait, others need not', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => post('/webhooks/plant/sync', signed(SECRET))));
  expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(20);
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  const other = await request(`${base}/webhooks/plant/sync`, {
    method: 'POST',
    headers: signed(SECRET),
    body: BODY,
    dispatcher: new (await import('undici')).Agent({ localAddress: '127.0.0.2' }),
  });
  expect(other.statusCode).toBe(202);
});

test('it says that it lives', async () => {
  expect((await request(`${base}/healthz`)).statusCode).toBe(200);
});

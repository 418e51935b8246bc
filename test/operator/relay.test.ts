import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import { readFrames } from '../../src/agent/frames.ts';
import { checkTicket } from '../../src/agent/ticket.ts';
import type { KubeClient } from '../../src/clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, PODS } from '../../src/clients/kube/resources.ts';
import { gatewayTaskQueue } from '../../src/contract/names.ts';
import { createManifest } from '../../src/domain/manifest.ts';
import { Relay } from '../../src/relay/relay.ts';
import { TicketKey } from '../../src/relay/ticket-key.ts';
import { blobKey, ContentStore } from '../../src/source/content-store.ts';
import { sha256 } from '../../src/source/digest.ts';
import { Grants } from '../../src/source/grants.ts';
import { until } from '../support/processes.ts';
import { testStack } from '../support/stack.ts';
import { Cluster, gatewayPod, ignitionSync } from './cluster.ts';
import { Severable } from './severable.ts';
import { SignalsHeard } from './signals-heard.ts';

const PLAN = 'a'.repeat(64);

let cluster: Cluster;
let line: Severable;
let kube: KubeClient;
let relay: Relay;
let base: string;
let signals: SignalsHeard;
let folder: string;
let store: ContentStore;
let grants: Grants;
let aheadMs = 0;
let syncUid: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  line = await Severable.to(testStack().kubernetes.server);
  kube = await cluster.as('relay', line.url);
  folder = mkdtempSync(join(tmpdir(), 'relay-'));
  store = await ContentStore.open(folder);
  grants = new Grants(store);
  signals = new SignalsHeard();
  relay = new Relay({
    kube,
    workflows: signals,
    grants,
    store,
    ticketKey: TicketKey.generate(),
    logger: pino({ level: 'silent' }),
    now: () => new Date(),
    monotonicMs: () => performance.now() + aheadMs,
  });
  base = `http://127.0.0.1:${await relay.start({ port: 0, host: '127.0.0.1' })}`;
  await cluster.apply(ignitionSync('plant'), gatewayPod('gw-0'), gatewayPod('gw-1'), gatewayObject('gw-0'), gatewayObject('gw-1'));
  syncUid = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant'))!.metadata.uid;
});
afterAll(async () => {
  await relay.stop();
  await kube.close();
  line.close();
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

function gatewayObject(name: string, pod = name): object {
  const spec = { syncRef: { name: 'plant' }, servicePath: '.', pod: { name: pod } };
  return { apiVersion: 'sync.ignition.io/v1alpha1', kind: 'IgnitionGateway', metadata: { name }, spec };
}

const token = (pod: string, audience?: string): Promise<string> => cluster.token(pod, audience);

interface Answer {
  readonly status: number;
  readonly body: Record<string, string>;
}

async function ask(path: string, bearer: string | undefined, body?: unknown): Promise<Answer> {
  const answer = await request(base + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : { text } };
}

const HELLO = { protocol: 1, version: '0.1.0', live: 'none', liveOp: '' };

describe('who calls', () => {
  test('each pod is its own gateway, also with a ServiceAccount that all share', async () => {
    for (const pod of ['gw-0', 'gw-1']) {
      const { status, body } = await ask('/v1/hello', await token(pod), HELLO);
      expect(status).toBe(200);
      expect(body).toMatchObject({ namespace: cluster.namespace, gateway: pod, taskQueue: gatewayTaskQueue(cluster.namespace, pod) });
    }
  });

  test('hello writes what is live to status and wakes the workflow', async () => {
    const live = 'b'.repeat(64);
    await ask('/v1/hello', await token('gw-0'), { ...HELLO, live });
    const { status } = (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'gw-0'))!;
    const pod = (await cluster.kube.get(PODS, cluster.namespace, 'gw-0'))!;
    expect(status).toMatchObject({ live, agent: { version: '0.1.0', protocol: 1, podUid: pod.metadata.uid } });
    await signals.until(`${cluster.namespace}/plant`, /hello gw-0/);
  });

  test('hello tells what a gateway that starts may expect, and how long it waits for that', async () => {
    const startup = async () => (await ask('/v1/hello', await token('gw-0'), HELLO)).body['startup'] as unknown;
    const sync = (spec: object) =>
      cluster.kubectl('patch', 'isync', 'plant', '-n', cluster.namespace, '--type', 'merge', '-p', JSON.stringify({ spec }));
    await sync({ agent: { startupGraceSeconds: 90 } });
    await until(async () => ((await startup()) as { graceSeconds: number }).graceSeconds === 90);
    expect(await startup()).toEqual({
      expects: 'sync',
      message: 'its first sync is on its way',
      graceSeconds: 90,
      connection: { port: 8043, tls: true },
    });
    await sync({ paused: true });
    await until(async () => ((await startup()) as { expects: string }).expects === 'held');
    await sync({ paused: false });
  });

  test('an agent whose gateway was passed over before it came up is back only when nothing keeps it any more', async () => {
    const bearer = await token('gw-1');
    const of = async () => (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'gw-1'))!;
    await ask('/v1/hello', bearer, HELLO);
    await cluster.kube.patchStatus(IGNITION_GATEWAYS, cluster.namespace, 'gw-1', {
      status: { phase: 'Waiting', reason: 'GatewayCommissioning' },
    });
    const before = (await of()).status?.agent?.lastHello;
    const comingUp = { reason: 'GatewayCommissioning', message: 'waits for its setup' };
    expect((await ask('/v1/hello', bearer, { ...HELLO, comingUp })).status).toBe(200);
    expect((await of()).status?.agent?.lastHello).toBe(before);
    await ask('/v1/hello', bearer, HELLO);
    expect((await of()).status?.agent?.lastHello).not.toBe(before);
    await cluster.kube.patchStatus(IGNITION_GATEWAYS, cluster.namespace, 'gw-1', { status: { phase: 'Synced', reason: '' } });
  });

  test('what a gateway says of its redundant pair is in status, is news once, and ends when it says otherwise', async () => {
    const bearer = await token('gw-0');
    const redundancy = async () => (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'gw-0'))!.status?.redundancy;
    const alone = { running: true, role: 'Independent', activityLevel: 'Active' };
    expect((await ask('/v1/hello', bearer, { ...HELLO, node: alone })).body).toMatchObject({
      redundant: false,
    });
    expect(await redundancy()).toBeUndefined();
    const cold = { running: true, role: 'Backup', activityLevel: 'Cold', projectState: 'Good' };
    expect((await ask('/v1/hello', bearer, { ...HELLO, node: cold })).body).toMatchObject({ redundant: true });
    const said = await redundancy();
    expect(said).toMatchObject({ role: 'Backup', summary: 'Backup/Cold/Good' });
    for (const node of [cold, undefined]) await ask('/v1/hello', bearer, { ...HELLO, ...(node && { node }) });
    expect(await redundancy()).toEqual(said);
    await ask('/v1/hello', bearer, { ...HELLO, node: { running: false, role: 'Backup' } });
    expect(await redundancy()).toEqual({ role: 'Backup', summary: 'Backup/not running', since: expect.any(String) as string });
    await ask('/v1/hello', bearer, { ...HELLO, node: alone });
    expect(await redundancy()).toMatchObject({ role: 'Independent', summary: '' });
  });

  test('what waits for a restart stands in status until the agent says that it does not any more; an agent that says nothing changes nothing', async () => {
    const bearer = await token('gw-1');
    const waits = async (restartPending?: string[]): Promise<unknown> => {
      expect((await ask('/v1/hello', bearer, { ...HELLO, ...(restartPending && { restartPending }) })).status).toBe(200);
      return (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'gw-1'))!.status?.restartPending;
    };
    expect([await waits(['modules']), await waits(), await waits([])]).toEqual([['modules'], ['modules'], undefined]);
  });

  test('drift becomes a condition beside the others, is news and an event once, and ends', async () => {
    const bearer = await token('gw-1');
    const of = async () => (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'gw-1'))!;
    const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: new Date().toISOString() };
    await cluster.kube.patchStatus(IGNITION_GATEWAYS, cluster.namespace, 'gw-1', { status: { conditions: [accepted] } });
    const drift = { changed: 1, missing: 0, foreign: 0, first: ['projects/P/view.json'] };
    for (const report of [drift, drift, undefined]) {
      expect((await ask('/v1/hello', bearer, { ...HELLO, live: 'c'.repeat(64), ...(report && { drift: report }) })).status).toBe(200);
      expect((await of()).status?.conditions?.map(({ type, status, message }) => `${type} ${status} ${message}`)).toEqual([
        'Accepted True ',
        'Drifted True 1 file on the gateway: 1 changed: projects/P/view.json',
      ]);
    }
    const { resourceVersion } = (await of()).metadata;
    await ask('/v1/hello', bearer, { ...HELLO, live: 'c'.repeat(64), drift });
    expect((await of()).metadata.resourceVersion).toBe(resourceVersion);
    await ask('/v1/hello', bearer, { ...HELLO, live: 'c'.repeat(64), drift: { ...drift, changed: 0, first: [] } });
    expect((await of()).status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual(['Accepted True', 'Drifted False']);
    const ours = `involvedObject.uid=${(await of()).metadata.uid}`;
    const { items } = JSON.parse(
      await testStack().kubectl(['-n', cluster.namespace, 'get', 'events', '-o', 'json', '--field-selector', ours]),
    ) as { items: { type: string; reason: string; count: number }[] };
    const said = items.map(({ type, reason, count }) => `${type} ${reason} ${count}`).filter((text) => text.includes('Drift'));
    expect(said.sort()).toEqual(['Normal NoDrift 1', 'Warning Drifted 1']);
  });

  test.each([
    { who: 'nobody', bearer: () => Promise.resolve(undefined), says: /show the ServiceAccount token/ },
    { who: 'somebody with made-up words', bearer: () => Promise.resolve('x.y.z'), says: /not valid/ },
    { who: 'a pod with a token for another audience', bearer: () => token('gw-0', 'https://other'), says: /not valid for the audience/ },
  ])('$who is not let in', async ({ bearer, says }) => {
    expect(await ask('/v1/hello', await bearer(), HELLO)).toMatchObject({
      status: 401,
      body: { message: expect.stringMatching(says) as string },
    });
  });

  test('the token of a pod that was made anew since does not count', async () => {
    await cluster.apply(gatewayPod('again'), gatewayObject('again'));
    const old = await token('again');
    expect((await ask('/v1/hello', old, HELLO)).status).toBe(200);
    await cluster.kubectl('delete', 'pod', 'again', '-n', cluster.namespace, '--grace-period=0', '--force');
    expect((await ask('/v1/hello', old, HELLO)).status).toBe(401);
    await cluster.apply(gatewayPod('again'));
    expect((await ask('/v1/hello', old, HELLO)).status).toBe(401);
    expect((await ask('/v1/hello', await token('again'), HELLO)).status).toBe(200);
  });

  test('a pod that is no gateway yet is asked to come again', async () => {
    // The operator of another test looks at the whole cluster: of a pod that names no object it makes no gateway, and takes none away.
    await cluster.apply(gatewayPod('early', { 'ignition-sync.io/cr-name': 'elsewhere' }));
    const bearer = await token('early');
    expect(await ask('/v1/hello', bearer, HELLO)).toMatchObject({ status: 503, body: { reason: 'RelayUnreachable' } });
    await cluster.apply(gatewayObject('early'));
    expect((await ask('/v1/hello', bearer, HELLO)).status).toBe(200);
  });

  test('a pod that claims a gateway of another is refused', async () => {
    await cluster.apply(gatewayPod('thief', { 'ignition-sync.io/gateway-name': 'gw-0' }));
    expect(await ask('/v1/hello', await token('thief'), HELLO)).toMatchObject({ status: 403, body: { reason: 'GatewayOwnedByOther' } });
  });

  test.each([
    { what: 'no JSON', path: '/v1/hello', body: undefined, status: 404 },
    { what: 'something else than the protocol says', path: '/v1/hello', body: { live: '../x' }, status: 400 },
    {
      what: 'drift with more paths than are named',
      path: '/v1/hello',
      body: { ...HELLO, drift: { changed: 6, missing: 0, foreign: 0, first: ['1', '2', '3', '4', '5', '6'] } },
      status: 400,
    },
    { what: 'a request that is too long', path: '/v1/hello', body: { ...HELLO, liveOp: 'x'.repeat(200_000) }, status: 413 },
    { what: 'a path that is none', path: '/v1/secrets', body: {}, status: 404 },
  ])('$what is answered with $status', async ({ path, body, status }) => {
    expect((await ask(path, await token('gw-0'), body)).status).toBe(status);
  });
});

describe('content', () => {
  const files = [Buffer.from('one'), Buffer.alloc(0), randomBytes(5_000_000)];
  const digests = files.map((file) => sha256(file));
  let manifest: string;

  beforeAll(async () => {
    const staging = store.staging();
    files.forEach((file, i) => staging.add(blobKey(digests[i]!), file));
    await staging.commit();
    manifest = await store.putManifest(
      createManifest(files.map((file, i) => ({ path: `projects/p/${i}`, sha256: digests[i]!, size: file.length, executable: false }))),
    );
    await grants.grantManifest(cluster.namespace, 'gw-0', manifest);
  });

  test('a gateway reads the manifest that was planned for it', async () => {
    const { status, body } = await ask(`/v1/manifests/${manifest}`, await token('gw-0'));
    expect(status).toBe(200);
    expect(sha256(body['text']!)).toBe(manifest);
  });

  test('a gateway reads the files that its manifest names, whole', async () => {
    const answer = await request(`${base}/v1/blobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await token('gw-0')}` },
      body: JSON.stringify({ digests }),
    });
    const got: Buffer[] = [];
    for await (const { size, body } of readFrames(answer.body as AsyncIterable<Uint8Array>)) {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(Uint8Array.from(piece));
      got.push(Buffer.concat(pieces));
      expect(got.at(-1)!.length).toBe(size);
    }
    expect(got.map((file) => sha256(file))).toEqual(digests);
  });

  test('a gateway reads the rest of a file from where it was cut, another gateway none of it', async () => {
    const rest = async (pod: string) =>
      await request(`${base}/v1/blobs/${digests[2]!}`, {
        headers: { authorization: `Bearer ${await token(pod)}`, range: 'bytes=4999990-' },
      });
    const answer = await rest('gw-0');
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([206, 'bytes 4999990-4999999/5000000']);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(files[2]!.subarray(-10))).toBe(true);
    expect((await rest('gw-1')).statusCode).toBe(403);
  });

  test('a gateway reads nothing that was planned for another', async () => {
    const other = await token('gw-1');
    expect(await ask(`/v1/manifests/${manifest}`, other)).toMatchObject({ status: 403, body: { reason: 'ContentUnavailable' } });
    expect(await ask('/v1/blobs', other, { digests: digests.slice(0, 1) })).toMatchObject({
      status: 403,
      body: { reason: 'ContentUnavailable' },
    });
  });

  test.each(['..%2f..%2fpins', 'x', ''])('a manifest called "%s" is not served', async (name) => {
    expect((await ask(`/v1/manifests/${name}`, await token('gw-0'))).status).toBe(403);
  });

  test('content that the store has lost is said to be missing', async () => {
    const lost = await store.putManifest(createManifest([{ path: 'projects/p/x', sha256: 'c'.repeat(64), size: 1, executable: false }]));
    await grants.grantManifest(cluster.namespace, 'gw-0', lost);
    expect(await ask('/v1/blobs', await token('gw-0'), { digests: ['c'.repeat(64)] })).toMatchObject({
      status: 404,
      body: { reason: 'ContentUnavailable' },
    });
  });
});

describe('tickets', () => {
  const target = 'd'.repeat(64);
  const rollout = (n: number) => `rollout/${cluster.namespace}/plant/${n}`;
  const question = (n = 1) => ({
    object: { namespace: cluster.namespace, name: 'plant', uid: syncUid },
    rollout: rollout(n),
    planDigest: PLAN,
    target,
    op: `${syncUid}/${n}/gw-0/apply/1`,
  });
  const progress = (n = 1, more: object = {}) =>
    cluster.kube.patchStatus(IGNITION_SYNCS, cluster.namespace, 'plant', {
      status: {
        rollout: {
          number: n,
          id: rollout(n),
          state: 'Progressing',
          commit: 'c',
          ref: 'main',
          contentHash: 'h',
          planDigest: PLAN,
          message: '',
          startedAt: '',
          approvalRequired: null,
          approvedPlan: null,
          ...more,
        },
      },
    });
  let bearer: string;
  beforeAll(async () => {
    await grants.grantManifest(cluster.namespace, 'gw-0', target);
    bearer = await token('gw-0');
  });
  beforeEach(() => progress());
  afterEach(() => cluster.kube.patch(IGNITION_SYNCS, cluster.namespace, 'plant', { spec: { paused: false } }));

  test('the current rollout gets one, and the agent takes it', async () => {
    const { body: hello } = await ask('/v1/hello', bearer, HELLO);
    const { status, body } = await ask('/v1/ticket', bearer, question());
    expect(status).toBe(200);
    const expected = { ...question(), gateway: 'gw-0', namespace: cluster.namespace };
    const response = { ticket: body['ticket']!, validForMs: Number(body['validForMs']) };
    expect(() => checkTicket(response, hello['ticketKey']!, expected, performance.now(), () => performance.now())()).not.toThrow();
    expect(() => checkTicket(response, hello['ticketKey']!, { ...expected, gateway: 'gw-1' }, 0, () => 0)).toThrow(/gateway differ/);
  });

  test('what was written to status a moment ago counts', async () => {
    for (let n = 10; n < 40; n += 1) {
      await progress(n);
      expect((await ask('/v1/ticket', bearer, question(n))).status).toBe(200);
    }
  });

  test('kubectl patch paused: true ends them at once', async () => {
    await cluster.kubectl('patch', 'isync', 'plant', '-n', cluster.namespace, '--type=merge', '-p', '{"spec":{"paused":true}}');
    await cluster.until(IGNITION_SYNCS, 'plant', (sync) => sync?.spec.paused === true);
    const began = performance.now();
    while ((await ask('/v1/ticket', bearer, question())).status === 200) expect(performance.now() - began).toBeLessThan(1_000);
    expect(await ask('/v1/ticket', bearer, question())).toMatchObject({ status: 403, body: { reason: 'Paused' } });
  });

  test.each([
    { why: 'an older rollout', state: () => progress(2), reason: 'NotCurrentRollout' },
    { why: 'a rollout that is over', state: () => progress(1, { state: 'Succeeded' }), reason: 'NotCurrentRollout' },
    { why: 'another plan', state: () => progress(1, { planDigest: 'e'.repeat(64) }), reason: 'NotCurrentRollout' },
    { why: 'a plan that nobody approved', state: () => progress(1, { approvalRequired: true }), reason: 'ApprovalPending' },
    {
      why: 'an approval of another plan',
      state: () => progress(1, { approvalRequired: true, approvedPlan: 'e'.repeat(64) }),
      reason: 'ApprovalPending',
    },
  ])('$why gets none', async ({ state, reason }) => {
    await state();
    // The watch hears of it in its own time, within the second that is promised.
    const began = performance.now();
    while ((await ask('/v1/ticket', bearer, question())).status === 200) expect(performance.now() - began).toBeLessThan(1_000);
    expect(await ask('/v1/ticket', bearer, question())).toMatchObject({ status: 403, body: { reason } });
  });

  test.each([
    { what: 'a manifest that was not planned for it', change: { target: 'f'.repeat(64) } },
    { what: 'an object that was made anew', change: { object: { uid: 'other' } } },
    { what: 'an object that does not exist', change: { object: { name: 'nobody' } } },
    { what: 'another namespace', change: { object: { namespace: 'default' } } },
  ])('$what gets none', async ({ change }) => {
    const { object, ...other } = question();
    const body = { ...other, ...change, object: { ...object, ...(change.object ?? {}) } };
    expect(await ask('/v1/ticket', bearer, body)).toMatchObject({ status: 403, body: { reason: 'NotCurrentRollout' } });
  });

  test("another gateway gets none for this one's manifest", async () => {
    expect(await ask('/v1/ticket', await token('gw-1'), question())).toMatchObject({ status: 403, body: { reason: 'NotCurrentRollout' } });
  });

  test('a relay that has not heard from the cluster for 10 s gives none, and gives them again when it has', async () => {
    expect((await ask('/v1/ticket', bearer, question())).status).toBe(200);
    line.cut();
    expect((await ask('/v1/ticket', bearer, question())).status).toBe(200);
    aheadMs = 11_000;
    expect(await ask('/v1/ticket', bearer, question())).toMatchObject({
      status: 403,
      body: { reason: 'TicketRefused', message: expect.stringMatching(/said nothing .* for 1[0-9] s/) as string },
    });
    line.heal();
    expect((await ask('/v1/ticket', bearer, question())).status).toBe(200);
    aheadMs = 0;
  });
});

test('it says that it lives', async () => {
  expect((await ask('/healthz', undefined)).status).toBe(200);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../src/clients/kube/client.ts';
import { loadKubeConfig } from '../../src/clients/kube/config.ts';
import { ConflictError } from '../../src/clients/kube/errors.ts';
import { recordEvent } from '../../src/clients/kube/events.ts';
import { IGNITION_SYNCS, PODS } from '../../src/clients/kube/resources.ts';
import { readSecret } from '../../src/clients/kube/secrets.ts';
import { reviewToken } from '../../src/clients/kube/token-review.ts';
import { testStack } from '../support/stack.ts';
import { Cluster, gatewayPod, ignitionSync } from './cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.stop());

describe('objects', () => {
  test('what is not there is undefined, false, never an error', async () => {
    const { kube, namespace } = cluster;
    expect(await kube.get(IGNITION_SYNCS, namespace, 'nobody')).toBeUndefined();
    expect(await kube.patch(IGNITION_SYNCS, namespace, 'nobody', { spec: {} })).toBeUndefined();
    expect(await kube.patchStatus(IGNITION_SYNCS, namespace, 'nobody', { status: {} })).toBeUndefined();
    expect(await kube.delete(IGNITION_SYNCS, namespace, 'nobody')).toBe(false);
  });

  test('a write on an old version is a conflict', async () => {
    await cluster.apply(ignitionSync('a'));
    const old = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'a'))!;
    await cluster.kube.patchStatus(IGNITION_SYNCS, cluster.namespace, 'a', { status: { waitingFor: 'x' } });
    const { resourceVersion } = old.metadata;
    await expect(cluster.kube.replaceStatus(IGNITION_SYNCS, { ...old, status: {} })).rejects.toThrow(ConflictError);
    await expect(
      cluster.kube.patchStatus(IGNITION_SYNCS, cluster.namespace, 'a', { metadata: { resourceVersion }, status: {} }),
    ).rejects.toThrow(ConflictError);
    await expect(cluster.kube.create(IGNITION_SYNCS, cluster.namespace, { metadata: { name: 'a' }, spec: old.spec })).rejects.toThrow(
      ConflictError,
    );
    await expect(cluster.kube.delete(IGNITION_SYNCS, cluster.namespace, 'a', 'another-uid')).rejects.toThrow(ConflictError);
  });

  test('a list of more than one page is whole', async () => {
    const far = await cluster.sibling();
    const names = Array.from({ length: 501 }, (_, i) => `s-${i}`);
    await Promise.all(names.map((name) => far.apply(ignitionSync(name))));
    const { items, resourceVersion } = await far.kube.list(IGNITION_SYNCS, { namespace: far.namespace });
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
    expect(resourceVersion).toMatch(/^[0-9]+$/);
    await far.clear();
  });

  test('what the apiserver refuses is said in its words', async () => {
    await expect(cluster.kube.patch(IGNITION_SYNCS, cluster.namespace, 'a', { spec: { git: { ref: '-x' } } })).rejects.toThrow(
      /must not start with a dash/,
    );
  });
});

describe('secrets', () => {
  test('a key is read', async () => {
    await cluster.kubectl('create', 'secret', 'generic', 'git', '-n', cluster.namespace, '--from-literal=token=t0p');
    const source = await cluster.as('source');
    expect(await readSecret(source, cluster.namespace, 'git', 'token')).toBe('t0p');
    await source.close();
  });

  test.each([
    { what: 'Secret', name: 'nobody', says: /Secret t-[^/]+\/nobody does not exist: create it with the key password/ },
    { what: 'key', name: 'git', says: /Secret t-[^/]+\/git has no key password \(it has token\)/ },
  ])('a missing $what is named', async ({ name, says }) => {
    await expect(readSecret(cluster.kube, cluster.namespace, name, 'password')).rejects.toMatchObject({
      reason: 'SecretNotFound',
      message: expect.stringMatching(says) as string,
    });
  });
});

describe('tokens', () => {
  const token = (...args: string[]) =>
    cluster.kubectl('create', 'token', 'default', '-n', cluster.namespace, ...args).then((text) => text.trim());

  test('a bound token names its pod', async () => {
    await cluster.apply(gatewayPod('gw-0'));
    const { metadata } = (await cluster.kube.get(PODS, cluster.namespace, 'gw-0'))!;
    const bound = await token('--audience', 'ignition-sync', '--bound-object-kind', 'Pod', '--bound-object-name', 'gw-0');
    const pod = { namespace: cluster.namespace, name: 'gw-0', uid: metadata.uid };
    expect(await reviewToken(cluster.kube, bound, 'ignition-sync')).toEqual({ ok: true, pod });
  });

  test.each([
    {
      what: 'for another audience',
      args: ['--bound-object-kind', 'Pod', '--bound-object-name', 'gw-0'],
      why: /not valid for the audience/,
    },
    { what: 'bound to no pod', args: ['--audience', 'ignition-sync'], why: /not bound to a pod/ },
  ])('a token $what does not count', async ({ args, why }) => {
    expect(await reviewToken(cluster.kube, await token(...args), 'ignition-sync')).toEqual({
      ok: false,
      why: expect.stringMatching(why) as string,
    });
  });

  test('words that are no token do not count', async () => {
    expect(await reviewToken(cluster.kube, 'nonsense', 'ignition-sync')).toMatchObject({ ok: false });
  });
});

test('the same sentence twice is one Event that counts', async () => {
  await cluster.apply(gatewayPod('told'));
  const pod = (await cluster.kube.get(PODS, cluster.namespace, 'told'))!;
  const text = { type: 'Warning', reason: 'InvalidSpec', message: 'no', by: 'ignition-sync-operator' } as const;
  await recordEvent(cluster.kube, PODS, pod, text, new Date());
  await recordEvent(cluster.kube, PODS, pod, text, new Date());
  expect(await cluster.kubectl('describe', 'pod', 'told', '-n', cluster.namespace)).toMatch(
    /Warning\s+InvalidSpec\s+.*x2 over.*ignition-sync-operator\s+no/,
  );
});

describe('which cluster', () => {
  test('a kubeconfig is used only when it is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kube-'));
    const file = join(folder, 'config');
    writeFileSync(file, testStack().kubeconfig);
    const before = process.env['KUBECONFIG'];
    process.env['KUBECONFIG'] = file;
    try {
      expect(() => loadKubeConfig('in-cluster')).toThrow(/not in a pod/);
      expect(loadKubeConfig({ kubeconfig: file }).getCurrentCluster()?.server).toBe(testStack().kubernetes.server);
    } finally {
      if (before === undefined) delete process.env['KUBECONFIG'];
      else process.env['KUBECONFIG'] = before;
      rmSync(folder, { recursive: true });
    }
  });

  test('an apiserver that is not there is an error that says so, at once', async () => {
    const kube = KubeClient.connect({ server: 'https://127.0.0.1:1', token: 'x', skipTlsVerify: true });
    await expect(kube.get(PODS, 'default', 'x')).rejects.toThrow(/ECONNREFUSED/);
    await kube.close();
  });

  test('a certificate that nobody vouches for is refused', async () => {
    const kube = KubeClient.connect({ server: testStack().kubernetes.server, token: testStack().kubernetes.token });
    await expect(kube.get(PODS, 'default', 'x')).rejects.toThrow(/certificate/);
    await kube.close();
  });
});

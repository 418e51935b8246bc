import { EventEmitter, once } from 'node:events';
import type { IgnitionSync } from '../../src/api/v1alpha1/objects.ts';
import { KubeClient } from '../../src/clients/kube/client.ts';
import { isGone } from '../../src/clients/kube/errors.ts';
import { IGNITION_SYNCS } from '../../src/clients/kube/resources.ts';
import { Watch } from '../../src/clients/kube/watch.ts';
import { startStack } from '../../temporal-dev/stack/stack.ts';
import { testStack } from '../support/stack.ts';
import { Cluster, ignitionSync } from './cluster.ts';
import { Severable } from './severable.ts';

const CRDS = 'charts/ignition-sync/crds';

/** What a watch said, in order. */
class Told {
  readonly changes: string[] = [];
  readonly errors: unknown[] = [];
  readonly #events = new EventEmitter();
  readonly watch: Watch<IgnitionSync>;

  constructor(kube: KubeClient, namespace: string) {
    const tell = (what: string) => (sync: IgnitionSync) => {
      this.changes.push(`${what} ${sync.metadata.name} ${sync.spec.git.ref}`);
      this.#events.emit('told');
    };
    this.watch = new Watch(kube, IGNITION_SYNCS, {
      namespace,
      keep: (sync) => sync,
      onError: (error) => {
        this.errors.push(error);
        this.#events.emit('told');
      },
      handlers: { added: tell('added'), updated: tell('updated'), deleted: tell('deleted') },
    });
  }

  async until(wanted: () => boolean): Promise<void> {
    const deadline = AbortSignal.timeout(30_000);
    while (!wanted()) {
      await once(this.#events, 'told', { signal: deadline }).catch(() => {
        throw new Error(`told ${JSON.stringify(this.changes)}, ${this.errors.map(String).join('; ')}`);
      });
    }
  }
}

describe('on the shared apiserver', () => {
  let cluster: Cluster;
  let line: Severable;
  let kube: KubeClient;
  let told: Told;

  beforeAll(async () => {
    cluster = await Cluster.start();
    line = await Severable.to(testStack().kubernetes.server);
    kube = KubeClient.connect({ server: line.url, token: testStack().kubernetes.token, skipTlsVerify: true });
  });
  beforeEach(() => {
    told = new Told(kube, cluster.namespace);
  });
  afterEach(async () => {
    await told.watch.stop();
    await cluster.kubectl('delete', 'isync', '-n', cluster.namespace, '--all');
  });
  afterAll(async () => {
    await kube.close();
    line.close();
    await cluster.stop();
  });

  const setRef = (name: string, ref: string) => cluster.kube.patch(IGNITION_SYNCS, cluster.namespace, name, { spec: { git: { ref } } });

  test('changes are told once each and in order', async () => {
    await cluster.apply(ignitionSync('a'));
    await told.watch.start();
    await setRef('a', 'v1');
    await cluster.kube.delete(IGNITION_SYNCS, cluster.namespace, 'a');
    await told.until(() => told.changes.length === 3);
    expect(told.changes).toEqual(['added a main', 'updated a v1', 'deleted a v1']);
    expect(told.watch.list()).toEqual([]);
  });

  test('what happened while the line was cut is told when it is back', async () => {
    await cluster.apply(ignitionSync('a'), ignitionSync('b'));
    await told.watch.start();
    line.cut();
    await cluster.kube.delete(IGNITION_SYNCS, cluster.namespace, 'a');
    await setRef('b', 'v2');
    await cluster.apply(ignitionSync('c'));
    await told.until(() => told.errors.length > 1);
    line.heal();
    await told.until(() => told.changes.length === 5);
    expect(told.changes.slice(2).sort()).toEqual(['added c main', 'deleted a main', 'updated b v2']);
  });

  test('how long ago the apiserver spoke is known', async () => {
    await told.watch.start();
    const before = told.watch.syncedAt;
    await cluster.apply(ignitionSync('a'));
    await told.until(() => told.changes.length === 1);
    expect(told.watch.syncedAt).toBeGreaterThan(before);
    expect(performance.now() - told.watch.syncedAt).toBeLessThan(5_000);
  });

  test('a watch that was asked to stop says nothing more', async () => {
    await told.watch.start();
    await told.watch.stop();
    await cluster.apply(ignitionSync('a'));
    expect(told.changes).toEqual([]);
  });
});

test('a watch outlives its apiserver and a history that is gone', async () => {
  await using stack = await startStack({ parts: ['kubernetes'] });
  await stack.kubectl(['apply', '--server-side', '-f', CRDS]);
  await stack.kubectl(['wait', '--for=condition=Established', '-f', CRDS]);
  const apply = (name: string) => stack.kubectl(['apply', '-f', '-'], { input: JSON.stringify(ignitionSync(name)) });
  const line = await Severable.to(stack.kubernetes.server);
  const kube = KubeClient.connect({ server: line.url, token: stack.kubernetes.token, skipTlsVerify: true });
  const told = new Told(kube, 'default');
  await apply('a');
  await told.watch.start();

  // A new apiserver remembers nothing from before its start: the place where the watch was is gone.
  await stack.kubectl(['create', 'configmap', 'later']);
  await stack.kill('kube-apiserver', 'SIGKILL');
  await told.until(() => told.errors.length > 0);
  line.cut();
  await stack.start('kube-apiserver');
  await stack.kubectl(['delete', 'isync', 'a']);
  await apply('b');
  line.heal();
  await told.until(() => told.changes.length === 3);
  expect(told.changes).toEqual(['added a main', 'deleted a main', 'added b main']);
  expect(told.errors.some(isGone)).toBe(true);
  await told.watch.stop();
  await kube.close();
  line.close();
});

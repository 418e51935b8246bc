import { pino } from 'pino';
import type { IgnitionGateway } from '../../src/api/v1alpha1/objects.ts';
import type { KubeClient } from '../../src/clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, SYNC_PROFILES, type KubeObject, type Resource } from '../../src/clients/kube/resources.ts';
import { Watch } from '../../src/clients/kube/watch.ts';
import { Operator } from '../../src/operator/watch/operator.ts';
import { Cluster, gatewayPod, gatewaySet, ignitionSync, syncProfile } from './cluster.ts';
import { SignalsHeard } from './signals-heard.ts';

interface Event extends KubeObject {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
}
const EVENTS: Resource<Event> = { apiVersion: 'v1', kind: 'Event', plural: 'events' };

let home: Cluster;
let kube: KubeClient;
let cluster: Cluster;
let signals: SignalsHeard;
let operator: Operator;

const startOperator = async (): Promise<void> => {
  operator = new Operator({ kube, workflows: signals, logger: pino({ level: 'silent' }), now: () => new Date() });
  await operator.start();
};

beforeAll(async () => {
  home = await Cluster.start();
  kube = await home.as('operator');
});
beforeEach(async () => {
  cluster = await home.sibling();
  signals = new SignalsHeard();
});
afterEach(async () => {
  await operator.stop();
  await cluster.clear();
});
afterAll(async () => {
  await kube.close();
  await home.stop();
});

const object = (name: string): string => `${cluster.namespace}/${name}`;
const accepted = (gateway: IgnitionGateway | undefined) => gateway?.status?.conditions?.find(({ type }) => type === 'Accepted');
const gateway = (name: string, wanted: (gateway: IgnitionGateway) => boolean = (g) => accepted(g) !== undefined) =>
  cluster.until(IGNITION_GATEWAYS, name, (found) => found !== undefined && wanted(found));
const gone = (name: string) => cluster.until(IGNITION_GATEWAYS, name, (found) => found === undefined);
/** Waits for an Event on a pod. */
async function event(pod: string, reason: string): Promise<Event> {
  const found = Promise.withResolvers<Event>();
  const look = (one: Event): void => {
    if (one.involvedObject.name === pod && one.reason === reason) found.resolve(one);
  };
  const watch = new Watch(cluster.kube, EVENTS, { namespace: cluster.namespace, keep: (one) => one, handlers: { added: look } });
  const timer = setTimeout(() => found.reject(new Error(`no Event ${reason} on ${pod}`)), 15_000);
  try {
    await watch.start();
    return await found.promise;
  } finally {
    clearTimeout(timer);
    await watch.stop();
  }
}

describe('signals', () => {
  test('an object that was there before the operator is signalled once', async () => {
    await cluster.apply(ignitionSync('a'), ignitionSync('b'));
    await startOperator();
    await signals.until(object('a'), /seen/);
    await signals.until(object('b'), /seen/);
    expect(signals.of(object('a'))).toHaveLength(1);
  });

  test('a new spec is signalled, a new status is not', async () => {
    await cluster.apply(ignitionSync('a'));
    await startOperator();
    await signals.until(object('a'), /seen/);
    await cluster.kube.patchStatus(IGNITION_SYNCS, cluster.namespace, 'a', { status: { waitingFor: 'x' } });
    await cluster.kube.patch(IGNITION_SYNCS, cluster.namespace, 'a', { metadata: { annotations: { 'example.com/note': 'x' } } });
    await cluster.kube.patch(IGNITION_SYNCS, cluster.namespace, 'a', { spec: { paused: true } });
    await signals.until(object('a'), /changed/);
    expect(signals.of(object('a'))).toEqual(['IgnitionSync seen', 'IgnitionSync changed']);
  });

  test('kubectl annotate with a request is signalled', async () => {
    await cluster.apply(ignitionSync('a'));
    await startOperator();
    await signals.until(object('a'), /seen/);
    await cluster.kubectl('annotate', '-n', cluster.namespace, 'isync', 'a', 'sync.ignition.io/requested-sync=1');
    await signals.until(object('a'), /changed/);
  });

  test('an object that is deleted is signalled', async () => {
    await cluster.apply(ignitionSync('a'));
    await startOperator();
    await cluster.kubectl('delete', '-n', cluster.namespace, 'isync', 'a');
    await signals.until(object('a'), /deleted/);
  });

  test('a profile signals the objects whose gateways use it, and no other', async () => {
    await cluster.apply(ignitionSync('a'), ignitionSync('b'), syncProfile('site', [{ source: 'a', destination: 'projects' }]));
    await cluster.apply(gatewayPod('gw-a', { 'ignition-sync.io/cr-name': 'a', 'ignition-sync.io/sync-profile': 'site' }));
    await cluster.apply(gatewayPod('gw-b', { 'ignition-sync.io/cr-name': 'b', 'ignition-sync.io/service-path': '.' }));
    await startOperator();
    await gateway('gw-a');
    await gateway('gw-b');
    await signals.until(object('b'), /gateway gw-b/);
    await cluster.kube.patch(SYNC_PROFILES, cluster.namespace, 'site', { spec: { vars: { x: 'y' } } });
    await signals.until(object('a'), /SyncProfile site changed/);
    expect(signals.of(object('b')).join()).not.toMatch(/SyncProfile/);
  });

  test('a signal that fails is sent again until it is taken', async () => {
    signals.failing = 2;
    await cluster.apply(ignitionSync('a'));
    await startOperator();
    await signals.until(object('a'), /seen/);
    expect(signals.failing).toBe(0);
  });
});

describe('discovery', () => {
  test('a pod becomes a gateway with what its annotations say, owned by its IgnitionSync', async () => {
    await cluster.apply(ignitionSync('plant'));
    await startOperator();
    await cluster.apply(
      gatewayPod('pod-0', {
        'ignition-sync.io/gateway-name': 'site',
        'ignition-sync.io/sync-profile': 'site-profile',
        'ignition-sync.io/deployment-mode': 'prod',
        'ignition-sync.io/exclude-patterns': '**/*.{png,jpg},a/**\n**/x',
        'example.com/other': 'not ours',
      }),
    );
    const { spec, metadata } = (await gateway('site'))!;
    const sync = await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant');
    expect(spec).toMatchObject({
      syncRef: { name: 'plant' },
      profileRef: { name: 'site-profile' },
      deploymentMode: 'prod',
      excludePatterns: ['**/*.{png,jpg}', 'a/**', '**/x'],
      pod: { name: 'pod-0', labels: { app: 'gateway' } },
    });
    expect(spec.pod!.annotations).not.toHaveProperty('example.com/other');
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'IgnitionSync', uid: sync!.metadata.uid }]);
    await signals.until(object('plant'), /gateway site/);
  });

  test('annotations that change reach the gateway', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0', { 'ignition-sync.io/sync-profile': 'one' }));
    await startOperator();
    await gateway('pod-0');
    await cluster.kubectl('annotate', '-n', cluster.namespace, 'pod', 'pod-0', '--overwrite', 'ignition-sync.io/sync-profile=two');
    await gateway('pod-0', ({ spec }) => spec.profileRef?.name === 'two');
    await signals.until(object('plant'), /gateway pod-0 changed/);
  });

  test('a gateway outlives its pod as long as its StatefulSet wants it', async () => {
    await cluster.apply(ignitionSync('plant'), gatewaySet('gw', 3, { 'ignition-sync.io/service-path': '.' }));
    await startOperator();
    const [first] = await Promise.all([gateway('gw-0'), gateway('gw-1'), gateway('gw-2')]);
    await cluster.kubectl('delete', 'pod', '-n', cluster.namespace, 'gw-0', '--wait=true');
    await cluster.kubectl('scale', 'statefulset', '-n', cluster.namespace, 'gw', '--replicas=1');
    await Promise.all([gone('gw-1'), gone('gw-2')]);
    expect((await gateway('gw-0'))!.metadata.uid).toBe(first!.metadata.uid);
    await cluster.kubectl('delete', 'statefulset', '-n', cluster.namespace, 'gw');
    await gone('gw-0');
  });

  test('what changed while the operator was away is made up for at its start', async () => {
    await cluster.apply(ignitionSync('plant'), gatewaySet('gw', 2, { 'ignition-sync.io/service-path': '.' }));
    await startOperator();
    await Promise.all([gateway('gw-0'), gateway('gw-1')]);
    await operator.stop();
    await cluster.kubectl('scale', 'statefulset', '-n', cluster.namespace, 'gw', '--replicas=1');
    await cluster.kubectl('wait', '-n', cluster.namespace, '--for=delete', 'pod/gw-1', '--timeout=30s');
    await cluster.apply(gatewayPod('late'));
    await startOperator();
    await gone('gw-1');
    await gateway('late');
  });

  test('a gateway that a person deletes comes back while its pod is there', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0'));
    await startOperator();
    const before = await gateway('pod-0');
    await cluster.kubectl('delete', '-n', cluster.namespace, 'igw', 'pod-0');
    await gateway('pod-0', ({ metadata }) => metadata.uid !== before!.metadata.uid);
  });

  test('a pod that no longer asks has no gateway', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0'));
    await startOperator();
    await gateway('pod-0');
    await cluster.kubectl('annotate', '-n', cluster.namespace, 'pod', 'pod-0', 'ignition-sync.io/inject-');
    await gone('pod-0');
  });

  test('gateways go with their IgnitionSync', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0'));
    await startOperator();
    await gateway('pod-0');
    await cluster.kubectl('delete', '-n', cluster.namespace, 'isync', 'plant');
    await gone('pod-0');
    expect((await event('pod-0', 'InvalidSpec')).message).toMatch(/no IgnitionSync/);
  });

  test('a pod without an IgnitionSync is told so, and found when there is one', async () => {
    await cluster.apply(gatewayPod('pod-0'));
    await startOperator();
    expect((await event('pod-0', 'InvalidSpec')).message).toMatch(/no IgnitionSync: create one/);
    await cluster.apply(ignitionSync('plant'));
    await gateway('pod-0');
  });
});

describe('what pods say wrongly', () => {
  test("a name that is none is refused on the pod and on a gateway of the pod's name", async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0', { 'ignition-sync.io/gateway-name': 'Site 1/A' }));
    await startOperator();
    const { status } = (await gateway('pod-0'))!;
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'InvalidSpec',
      message: expect.stringContaining('such as site-1-a') as string,
    });
    expect(accepted(await gateway('pod-0'))).toMatchObject({ status: 'False' });
    await event('pod-0', 'InvalidSpec');
    await cluster.kubectl('annotate', '-n', cluster.namespace, 'pod', 'pod-0', '--overwrite', 'ignition-sync.io/gateway-name=site-1-a');
    await gateway('site-1-a');
    await gone('pod-0');
  });

  test('of two pods with one name the first has it', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-b', { 'ignition-sync.io/gateway-name': 'site' }));
    await startOperator();
    await gateway('site');
    await cluster.apply(gatewayPod('pod-a', { 'ignition-sync.io/gateway-name': 'site' }));
    expect((await event('pod-a', 'GatewayOwnedByOther')).message).toMatch(/which is pod pod-b/);
    expect(accepted(await gateway('pod-a'))).toMatchObject({ status: 'False', reason: 'GatewayOwnedByOther' });
    expect((await gateway('site'))!.spec.pod!.name).toBe('pod-b');
  });

  test('a gateway that a user made is never touched', async () => {
    const mine = {
      apiVersion: 'sync.ignition.io/v1alpha1',
      kind: 'IgnitionGateway',
      metadata: { name: 'site' },
      spec: { syncRef: { name: 'plant' }, servicePath: 'x' },
    };
    await cluster.apply(ignitionSync('plant'), mine);
    const before = await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'site');
    await startOperator();
    await cluster.apply(gatewayPod('pod-0', { 'ignition-sync.io/gateway-name': 'site' }));
    expect((await event('pod-0', 'GatewayOwnedByOther')).message).toMatch(/that a user made/);
    expect(await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'site')).toEqual(before);
  });

  test('annotations that are not built yet are said, and the gateway is synced all the same', async () => {
    await cluster.apply(
      ignitionSync('plant'),
      gatewayPod('pod-0', { 'ignition-sync.io/ref-override': 'v2', 'ignition-sync.io/service-path': '.' }),
    );
    await startOperator();
    expect((await event('pod-0', 'NotSupportedYet')).message).toMatch(/ref-override is not built yet/);
    expect(accepted(await gateway('pod-0'))).toMatchObject({ status: 'True', reason: 'NotSupportedYet' });
    expect((await gateway('pod-0'))!.status!.message).toMatch(/ref-override/);
  });

  test('with two IgnitionSyncs a new pod must say which, and an old one stays where it is', async () => {
    await cluster.apply(ignitionSync('plant'), gatewayPod('old'));
    await startOperator();
    await gateway('old');
    await cluster.apply(ignitionSync('second'));
    await cluster.apply(gatewayPod('new'));
    expect((await event('new', 'InvalidSpec')).message).toMatch(/cr-name to one of plant, second/);
    expect((await gateway('old'))!.spec.syncRef.name).toBe('plant');
    await cluster.kubectl('annotate', '-n', cluster.namespace, 'pod', 'new', 'ignition-sync.io/cr-name=second');
    await gateway('new', ({ spec }) => spec.syncRef.name === 'second');
  });

  test('what the apiserver does not take is said on the pod', async () => {
    const patterns = Array.from({ length: 101 }, (_, i) => `**/${i}`).join('\n');
    await cluster.apply(ignitionSync('plant'), gatewayPod('pod-0', { 'ignition-sync.io/exclude-patterns': patterns }));
    await startOperator();
    expect((await event('pod-0', 'InvalidSpec')).message).toMatch(/excludePatterns/);
  });
});

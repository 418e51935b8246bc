import { IGNITION_GATEWAYS, IGNITION_SYNCS } from '../../src/clients/kube/resources.ts';
import { createReadFleet } from '../../src/source/fleet.ts';
import { Cluster, ignitionSync } from './cluster.ts';

test('the source learns, with no more rights than its role gives, what gateways run and which rollout is the newest', async () => {
  const cluster = await Cluster.start();
  const kube = await cluster.as('source');
  try {
    const { namespace } = cluster;
    const gateway = (name: string): object => ({
      apiVersion: 'sync.ignition.io/v1alpha1',
      kind: 'IgnitionGateway',
      metadata: { name },
      // Of no pod: the operator of another test looks at the whole cluster, and takes away what it finds without its pod.
      spec: { syncRef: { name: 'plant' }, servicePath: '.' },
    });
    await cluster.apply(ignitionSync('plant'), gateway('new'), gateway('old'));
    const [live, manifest, at] = ['a'.repeat(64), 'b'.repeat(64), new Date().toISOString()];
    const rollout = {
      number: 3,
      id: `rollout/${namespace}/plant/3`,
      state: 'Paused',
      commit: 'c',
      ref: 'main',
      contentHash: 'h',
      message: '',
      startedAt: at,
    };
    await cluster.kube.patchStatus(IGNITION_SYNCS, namespace, 'plant', { status: { rollout } });
    await cluster.kube.patchStatus(IGNITION_GATEWAYS, namespace, 'old', {
      status: { live, confirmed: { manifest, outcome: 'Loaded', commit: 'c', ref: 'main', at } },
    });
    await cluster.kube.patchStatus(IGNITION_GATEWAYS, namespace, 'new', { status: { live: 'none' } });
    const fleet = await createReadFleet(kube)();
    expect(fleet.rollouts).toContain(`rollout/${namespace}/plant/3`);
    expect(fleet.gateways.get(`${namespace}/old`)).toEqual([live, manifest]);
    expect(fleet.gateways.get(`${namespace}/new`)).toEqual([]);
  } finally {
    await kube.close();
    await cluster.stop();
  }
});

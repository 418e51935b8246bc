import { MockActivityEnvironment } from '@temporalio/testing';
import { createControlActivities } from '../../src/activities/control/index.ts';
import { createKubeAnnouncer } from '../../src/activities/control/kube-announcer.ts';
import { createKubeObjects } from '../../src/activities/control/kube-objects.ts';
import type { KubeClient } from '../../src/clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS } from '../../src/clients/kube/resources.ts';
import type { ControlActivities } from '../../src/contract/control-activities.ts';
import type { Desired } from '../../src/domain/desired.ts';
import { testStack } from '../support/stack.ts';
import { Cluster, ignitionSync, syncProfile } from './cluster.ts';

let cluster: Cluster;
let kube: KubeClient;
let control: ControlActivities;
let kept: Desired;
const unwritten: unknown[] = [];
const now = (): Date => new Date();

beforeAll(async () => {
  cluster = await Cluster.start();
  kube = await cluster.as('worker');
  const documents = {
    putDocument: (document: unknown) => {
      kept = document as Desired;
      return Promise.resolve('digest');
    },
  };
  const activities = createControlActivities({
    objects: createKubeObjects(kube),
    documents,
    announcer: createKubeAnnouncer(kube, now, (error) => unwritten.push(error)),
    now,
  });
  const run = new MockActivityEnvironment();
  control = {
    readDesired: (input) => run.run(() => activities.readDesired(input)),
    reportStatus: (input) => run.run(() => activities.reportStatus(input)),
  };
  const gateway = (name: string, spec: object) => ({
    apiVersion: 'sync.ignition.io/v1alpha1',
    kind: 'IgnitionGateway',
    metadata: { name },
    spec: { syncRef: { name: 'plant' }, ...spec },
  });
  await cluster.apply(
    ignitionSync('plant'),
    syncProfile('site', [{ source: '.', destination: '.' }]),
    gateway('a', { profileRef: { name: 'site' } }),
    gateway('b', { servicePath: 'x' }),
    gateway('c', { syncRef: { name: 'other' } }),
  );
});
afterAll(async () => {
  await kube.close();
  await cluster.stop();
});

const read = () => control.readDesired({ namespace: cluster.namespace, name: 'plant' });

test('the whole desired input is read with the rights of the worker', async () => {
  expect(await read()).toMatchObject({ exists: true, gateways: 2, ref: 'main', pollMs: 60_000, paused: false });
  expect(kept.gateways.map(({ name, profile, servicePath }) => [name, profile?.name, servicePath])).toEqual([
    ['a', 'site', undefined],
    ['b', undefined, 'x'],
  ]);
});

test('an object that is not there does not exist', async () => {
  expect(await control.readDesired({ namespace: cluster.namespace, name: 'nobody' })).toEqual({ exists: false });
});

test('a gateway whose pod is wrong has that as its fault', async () => {
  const refused = { type: 'Accepted', status: 'False', reason: 'GatewayOwnedByOther', message: 'pod b claims …', lastTransitionTime: '' };
  await cluster.kube.patchStatus(IGNITION_GATEWAYS, cluster.namespace, 'b', { status: { conditions: [refused] } });
  await read();
  expect(kept.gateways.find(({ name }) => name === 'b')!.fault).toEqual({ reason: 'GatewayOwnedByOther', message: 'pod b claims …' });
});

test('what is reported stands in status, also of gateways', async () => {
  const { uid } = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant'))!.metadata;
  const commit = 'c'.repeat(40);
  const gateways = [{ gateway: 'a', phase: 'Applying', commit, ref: 'main' }] as const;
  const object = { namespace: cluster.namespace, name: 'plant', uid };
  expect(await control.reportStatus({ object, revision: { ref: 'main', commit }, gateways })).toEqual({ current: true });
  const sync = await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant');
  const gateway = await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'a');
  expect(sync!.status).toMatchObject({ revision: `main@sha1:${commit}`, gateways: { total: 2 } });
  expect(gateway!.status).toMatchObject({ phase: 'Applying', desired: `main@sha1:${commit}` });
});

test('whoever reports hears whether the object asks for an approval now, whatever it asked for when the rollout began', async () => {
  const { uid } = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant'))!.metadata;
  const report = { object: { namespace: cluster.namespace, name: 'plant', uid } };
  const require = async (required: boolean): Promise<void> => {
    const patch = JSON.stringify({ spec: { approval: { required } } });
    await testStack().kubectl(['-n', cluster.namespace, 'patch', 'isync', 'plant', '--type', 'merge', '-p', patch]);
  };
  await require(true);
  expect(await control.reportStatus(report)).toEqual({ current: true, approvalRequired: true });
  await require(false);
  expect(await control.reportStatus(report)).toEqual({ current: true });
});

test('what turns on a gateway is said once as an event of the gateway', async () => {
  const { uid } = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant'))!.metadata;
  const object = { namespace: cluster.namespace, name: 'plant', uid };
  const at = { gateway: 'a', ref: 'main', commit: 'd'.repeat(40) };
  const fault = { reason: 'ScanFailed', message: 'no' } as const;
  for (const phase of ['Failed', 'Staging', 'Failed'] as const)
    await control.reportStatus({ object, gateways: [{ ...at, phase, ...(phase === 'Failed' && { fault }) }] });
  await control.reportStatus({ object, gateways: [{ ...at, phase: 'Synced' }] });
  const gateway = (await cluster.kube.get(IGNITION_GATEWAYS, cluster.namespace, 'a'))!.metadata.uid;
  const { items } = JSON.parse(
    await testStack().kubectl([
      '-n',
      cluster.namespace,
      'get',
      'events',
      '-o',
      'json',
      '--field-selector',
      `involvedObject.uid=${gateway}`,
    ]),
  ) as { items: { type: string; reason: string; message: string; count: number }[] };
  expect(items.map(({ type, reason, count }) => `${type} ${reason} ${count}`).sort()).toEqual(['Normal Synced 1', 'Warning ScanFailed 1']);
  expect(unwritten).toEqual([]);
});

test('what turns is said once as an event of the object, however often it is reported', async () => {
  const { uid } = (await cluster.kube.get(IGNITION_SYNCS, cluster.namespace, 'plant'))!.metadata;
  const object = { namespace: cluster.namespace, name: 'plant', uid };
  const fault = { reason: 'RefNotFound', message: 'spec.git.ref "mian" is neither a branch nor a tag' } as const;
  for (const waitingFor of ['a', 'b']) await control.reportStatus({ object, fault, waitingFor });
  await control.reportStatus({ object, fault: { reason: 'HostUnreachable', message: 'no route' } });
  const { items } = JSON.parse(
    await testStack().kubectl(['-n', cluster.namespace, 'get', 'events', '-o', 'json', '--field-selector', `involvedObject.uid=${uid}`]),
  ) as { items: { type: string; reason: string; message: string; count: number }[] };
  const said = items.map(({ type, reason, message, count }) => ({ type, reason, message, count }));
  expect(said.sort((a, b) => a.reason.localeCompare(b.reason))).toEqual([
    { type: 'Warning', reason: 'HostUnreachable', message: 'no route', count: 1 },
    { type: 'Warning', ...fault, count: 1 },
  ]);
  expect(unwritten).toEqual([]);
});

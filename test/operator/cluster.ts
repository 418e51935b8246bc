import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { KubeClient } from '../../src/clients/kube/client.ts';
import type { KubeObject, Resource } from '../../src/clients/kube/resources.ts';
import { Watch } from '../../src/clients/kube/watch.ts';
import { testStack } from '../support/stack.ts';

const RBAC = new URL('../../charts/ignition-sync/rbac/', import.meta.url);
const PROCESSES = ['operator', 'worker', 'source', 'relay'];
const CRDS = fileURLToPath(new URL('../../charts/ignition-sync/crds', import.meta.url));

/** The namespace of one test file on the shared apiserver, as administrator. */
export class Cluster {
  readonly kube: KubeClient;
  readonly namespace: string;

  private constructor(kube: KubeClient, namespace: string) {
    this.kube = kube;
    this.namespace = namespace;
  }

  /** Installs the CRDs (again) and makes a namespace. */
  static async start(): Promise<Cluster> {
    const stack = testStack();
    await stack.kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRDS]);
    await stack.kubectl(['wait', '--for=condition=Established', '-f', CRDS, '--timeout=30s']);
    const cluster = new Cluster(KubeClient.connect({ kubeconfig: stack.kubernetes.kubeconfigFile }), `t-${randomUUID().slice(0, 8)}`);
    await cluster.kubectl('create', 'namespace', cluster.namespace);
    return cluster;
  }

  /** A further namespace, for a test that counts everything in it. */
  async sibling(): Promise<Cluster> {
    const cluster = new Cluster(this.kube, `t-${randomUUID().slice(0, 8)}`);
    await cluster.kubectl('create', 'namespace', cluster.namespace);
    return cluster;
  }

  kubectl(...args: string[]): Promise<string> {
    return testStack().kubectl(args);
  }

  /** Applies objects in this cluster's namespace; what kubectl says when they are refused. */
  async apply(...objects: object[]): Promise<string> {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    return testStack().kubectl(['apply', '-n', this.namespace, '-f', '-'], { input });
  }

  /** As `apply`, for what must not be taken: the words of the refusal. */
  async refused(...objects: object[]): Promise<string> {
    const said = await this.apply(...objects).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (said === undefined) throw new Error(`accepted: ${JSON.stringify(objects)}`);
    return said;
  }

  /** Waits until an object is as wanted, woken by its changes. */
  async until<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    wanted: (object: T | undefined) => boolean,
  ): Promise<T | undefined> {
    const changes = new EventEmitter();
    const changed = (): void => void changes.emit('change');
    const watch = new Watch(this.kube, resource, {
      namespace: this.namespace,
      keep: (object) => object,
      handlers: { added: changed, updated: changed, deleted: changed },
    });
    await watch.start();
    try {
      const deadline = AbortSignal.timeout(20_000);
      for (;;) {
        const object = watch.get(this.namespace, name);
        if (wanted(object)) return object;
        await once(changes, 'change', { signal: deadline }).catch(() => {
          throw new Error(`${resource.kind} ${name} did not become as wanted: ${JSON.stringify(object, null, 1)}`);
        });
      }
    } finally {
      await watch.stop();
    }
  }

  /** A client with the rights that the chart gives to one process, and no more. */
  async as(process: 'operator' | 'worker' | 'source' | 'relay', server = testStack().kubernetes.server): Promise<KubeClient> {
    const name = `${this.namespace}-${process}`;
    const rules = parse(readFileSync(new URL(`${process}.yaml`, RBAC), 'utf8')) as object[];
    const rbac = 'rbac.authorization.k8s.io';
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name };
    const subjects = [{ kind: 'ServiceAccount', name: process, namespace: this.namespace }];
    await this.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: process } },
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects },
    );
    const token = (await this.kubectl('create', 'token', process, '-n', this.namespace)).trim();
    return KubeClient.connect({ server, token, skipTlsVerify: true });
  }

  async stop(): Promise<void> {
    await this.kubectl(
      'delete',
      'clusterrole,clusterrolebinding',
      ...PROCESSES.map((process) => `${this.namespace}-${process}`),
      '--ignore-not-found',
    );
    await this.kubectl('delete', 'namespace', this.namespace, '--wait=false');
    await this.kube.close();
  }
}

export const SPEC = {
  git: { repo: 'https://git.example/plant.git', ref: 'main' },
  gateway: { apiKeySecretRef: { name: 'ignition-api-key', key: 'apiKey' } },
};

/** An IgnitionSync as a user writes it. */
export function ignitionSync(name: string, spec: object = {}): object {
  return { apiVersion: 'sync.ignition.io/v1alpha1', kind: 'IgnitionSync', metadata: { name }, spec: { ...SPEC, ...spec } };
}

export function syncProfile(name: string, mappings: object[], spec: object = {}): object {
  return { apiVersion: 'sync.ignition.io/v1alpha1', kind: 'SyncProfile', metadata: { name }, spec: { mappings, ...spec } };
}

/** A pod that asks to be synced. */
export function gatewayPod(name: string, annotations: Record<string, string> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'gateway' }, annotations: { 'ignition-sync.io/inject': 'true', ...annotations } },
    spec: { containers: [{ name: 'gateway', image: 'ignition' }] },
  };
}

/** A StatefulSet whose pods ask to be synced. */
export function gatewaySet(name: string, replicas: number, annotations: Record<string, string> = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name },
    spec: {
      replicas,
      serviceName: name,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { 'ignition-sync.io/inject': 'true', ...annotations } },
        spec: { containers: [{ name: 'gateway', image: 'ignition' }], terminationGracePeriodSeconds: 0 },
      },
    },
  };
}

import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { KubeClient } from '../../src/clients/kube/client.ts';
import type { KubeObject, Resource } from '../../src/clients/kube/resources.ts';
import { Watch } from '../../src/clients/kube/watch.ts';
import { testStack } from '../support/stack.ts';

const SERVICE_ACCOUNTS: Resource<KubeObject> = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' };
const RBAC = new URL('../../charts/ignition-sync/rbac/', import.meta.url);
const CRDS = fileURLToPath(new URL('../../charts/ignition-sync/crds', import.meta.url));

interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
const CLUSTER_WIDE = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

/** The namespace of one test file on the shared apiserver, as administrator. */
export class Cluster {
  readonly kube: KubeClient;
  readonly namespace: string;
  readonly #roles: string[] = [];

  private constructor(kube: KubeClient, namespace: string) {
    this.kube = kube;
    this.namespace = namespace;
  }

  /** Installs the CRDs (again) and makes a namespace. */
  static async start(): Promise<Cluster> {
    const stack = testStack();
    await stack.kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRDS]);
    await stack.kubectl(['wait', '--for=condition=Established', '-f', CRDS, '--timeout=30s']);
    return Cluster.#withNamespace(KubeClient.connect({ kubeconfig: stack.kubernetes.kubeconfigFile }));
  }

  /** A further namespace, for a test that counts everything in it. */
  async sibling(): Promise<Cluster> {
    return Cluster.#withNamespace(this.kube);
  }

  static async #withNamespace(kube: KubeClient): Promise<Cluster> {
    const cluster = new Cluster(kube, `t-${randomUUID().slice(0, 8)}`);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: cluster.namespace } });
    await cluster.until(SERVICE_ACCOUNTS, 'default', (account) => account !== undefined);
    return cluster;
  }

  /** Deletes the namespace; what is in it goes by itself. */
  async clear(): Promise<void> {
    await this.kube.transport.call('DELETE', `/api/v1/namespaces/${this.namespace}`);
  }

  /** A token of the namespace's default ServiceAccount, bound to a pod where one is named. */
  async token(pod?: string, audience = 'ignition-sync', account = 'default'): Promise<string> {
    const bound = pod === undefined ? undefined : { kind: 'Pod', apiVersion: 'v1', name: pod };
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: audience === '' ? [] : [audience], ...(bound ? { boundObjectRef: bound } : {}) },
    };
    const path = `/api/v1/namespaces/${this.namespace}/serviceaccounts/${account}/token`;
    return ((await this.kube.transport.call('POST', path, { body })) as { status: { token: string } }).status.token;
  }

  kubectl(...args: string[]): Promise<string> {
    return testStack().kubectl(args);
  }

  /** Applies objects in this cluster's namespace as kubectl does it; throws what the apiserver says against them. */
  async apply(...objects: object[]): Promise<void> {
    for (const object of objects as Applied[]) {
      const { apiVersion, metadata } = object;
      const scope = CLUSTER_WIDE.has(object.kind) ? '' : `/namespaces/${this.namespace}`;
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      await this.kube.transport.call('PATCH', `${root}${scope}/${object.kind.toLowerCase()}s/${metadata.name}`, {
        query: { fieldManager: 'test', force: true, fieldValidation: 'Strict' },
        body: { ...object, metadata: { ...metadata, ...(scope ? { namespace: this.namespace } : {}) } },
        contentType: 'application/apply-patch+yaml',
      });
    }
  }

  /** As `apply`, for what must not be taken: the words of the refusal. */
  async refused(object: object): Promise<string> {
    const said = await this.apply(object).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (said === undefined) throw new Error(`accepted: ${JSON.stringify(object)}`);
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
      const deadline = AbortSignal.timeout(45_000);
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
    this.#roles.push(name);
    const rules = parse(readFileSync(new URL(`${process}.yaml`, RBAC), 'utf8')) as object[];
    const rbac = 'rbac.authorization.k8s.io';
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name };
    const subjects = [{ kind: 'ServiceAccount', name: process, namespace: this.namespace }];
    await this.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: process } },
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
      { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects },
    );
    const token = await this.token(undefined, '', process);
    return KubeClient.connect({ server, token, skipTlsVerify: true });
  }

  async stop(): Promise<void> {
    for (const role of this.#roles) {
      for (const kind of ['clusterroles', 'clusterrolebindings']) {
        await this.kube.transport.call('DELETE', `/apis/rbac.authorization.k8s.io/v1/${kind}/${role}`);
      }
    }
    await this.clear();
    await this.kube.close();
  }
}

const SPEC = {
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

import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import type { IgnitionGateway, IgnitionSync } from '../../src/api/v1alpha1/objects.ts';
import { KubeClient } from '../../src/clients/kube/client.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS } from '../../src/clients/kube/resources.ts';
import { Watch } from '../../src/clients/kube/watch.ts';
import { Installation } from '../../temporal-dev/install/installation.ts';
import { type Stack, startStack } from '../../temporal-dev/stack/stack.ts';
import { programUnderTest } from './program-under-test.ts';

/** One line of an agent's append-only log: an apply or restore that wrote at least one byte. */
export interface CommitLine {
  readonly op: string;
  readonly kind: 'apply' | 'restore';
  readonly from: string;
  readonly to: string;
  readonly at: string;
}

export const NAMESPACE = 'plant';
export const NAME = 'plant';
const PATIENCE_MS = 50_000;

/** The whole product on real servers of its own, with real agent processes beside simulated gateways: what `npm start` runs. */
export class Plant implements AsyncDisposable {
  readonly stack: Stack;
  readonly installation: Installation;
  readonly kube: KubeClient;
  readonly temporal: Client;
  readonly gateways: readonly string[];
  /** How long `until` waits for news, milliseconds. */
  readonly patienceMs: number;
  readonly #syncs: Watch<IgnitionSync>;
  readonly #igws: Watch<IgnitionGateway>;
  readonly #changes: EventEmitter;

  private constructor(parts: Pick<Plant, 'stack' | 'installation' | 'kube' | 'temporal' | 'gateways' | 'patienceMs'>) {
    this.stack = parts.stack;
    this.installation = parts.installation;
    this.kube = parts.kube;
    this.temporal = parts.temporal;
    this.gateways = parts.gateways;
    this.patienceMs = parts.patienceMs;
    this.#changes = new EventEmitter().setMaxListeners(0);
    const changed = (): void => {
      this.#changes.emit('change');
    };
    const handlers = { added: changed, updated: changed, deleted: changed };
    this.#syncs = new Watch(this.kube, IGNITION_SYNCS, { namespace: NAMESPACE, keep: (object) => object, handlers });
    this.#igws = new Watch(this.kube, IGNITION_GATEWAYS, { namespace: NAMESPACE, keep: (object) => object, handlers });
  }

  /** Starts servers, control plane and three gateways `gateway-0` to `gateway-2`; there is no IgnitionSync yet. */
  static async start({ replicas = 3, patienceMs = PATIENCE_MS }: { replicas?: number; patienceMs?: number } = {}): Promise<Plant> {
    const stack = await startStack();
    const dir = mkdtempSync(join(tmpdir(), 'ignition-sync-plant-'));
    stack.supervisor.removeAtEnd(dir);
    const installation = await Installation.start({ stack, dir, ...programUnderTest() });
    const kube = KubeClient.connect({ kubeconfig: stack.kubernetes.kubeconfigFile });
    const temporal = new Client({ connection: await Connection.connect({ address: stack.temporal.address }) });
    const gateways = Array.from({ length: replicas }, (_, i) => `gateway-${i}`);
    const plant = new Plant({ stack, installation, kube, temporal, gateways, patienceMs });
    await plant.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await plant.apply(secret('ignition-api-key', { apiKey: 'ignition-sync:key' }), statefulSet(replicas));
    await Promise.all([plant.#syncs.start(), plant.#igws.start(), ...gateways.map((gateway) => plant.gatewayRuns(gateway))]);
    return plant;
  }

  /** Resolves when a gateway answers; then its data directory has been seeded. */
  async gatewayRuns(gateway: string): Promise<void> {
    const pod = `${NAMESPACE}/${gateway}`;
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const url = this.installation.gateways.get(pod);
      const answer = url === undefined ? undefined : await fetch(`${url}/StatusPing`).catch(() => undefined);
      if (answer?.ok === true) return;
      await setTimeout(50, undefined, { signal: deadline });
    }
  }

  async apply(...objects: readonly object[]): Promise<void> {
    await this.stack.kubectl(['apply', '-f', '-'], { input: objects.map((object) => stringify(object)).join('---\n') });
  }

  /** The object as the watch saw it last. */
  sync(): IgnitionSync | undefined {
    return this.#syncs.get(NAMESPACE, NAME);
  }

  igws(): IgnitionGateway[] {
    return this.#igws.list(NAMESPACE);
  }

  /** Resolves as soon as the object is as wanted. */
  async until<T>(
    what: string,
    wanted: (sync: IgnitionSync | undefined, gateways: readonly IgnitionGateway[]) => T | undefined | false,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(this.patienceMs);
    for (;;) {
      const found = wanted(this.sync(), this.igws());
      if (found !== undefined && found !== false) return found;
      await once(this.#changes, 'change', { signal: deadline }).catch(() => {
        throw new Error(
          `never came about: ${what}. The object is ${JSON.stringify(this.sync()?.status, undefined, 1)}; the gateways are ${JSON.stringify(this.igws().map((g) => [g.metadata.name, g.status?.phase, g.status?.message]))}`,
        );
      });
    }
  }

  /** Resolves when this commit is live and loaded everywhere, as the object now says. */
  async synced(commit: string): Promise<IgnitionSync> {
    return this.until(`${commit} synced`, (sync) => {
      if (sync?.status?.observedGeneration !== sync?.metadata.generation) return undefined;
      const ready = sync?.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True';
      return ready && sync.status.revision?.endsWith(commit) === true ? sync : undefined;
    });
  }

  condition(type: string) {
    return this.sync()?.status?.conditions?.find((c) => c.type === type);
  }

  /** The data directory of a gateway. */
  data(gateway: string): string {
    return this.installation.kubelet.files(`${NAMESPACE}/${gateway}`).data;
  }

  /** What an agent made live, in order. */
  commits(gateway: string): CommitLine[] {
    const file = join(this.data(gateway), '.ignition-sync/commits.log');
    if (!existsSync(file)) return []; // nothing was written there yet
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as CommitLine);
  }

  async signal(signal: string, input?: object): Promise<void> {
    await this.stack.temporalCli([
      'workflow',
      'signal',
      '--workflow-id',
      `ignition-sync/${NAMESPACE}/${NAME}`,
      '--name',
      signal,
      ...(input ? ['--input', JSON.stringify(input)] : []),
    ]);
  }

  /** Sets faults of a simulated gateway. */
  async faults(gateway: string, faults: object): Promise<void> {
    const url = `${this.installation.gateways.get(`${NAMESPACE}/${gateway}`) ?? ''}/simulator/faults`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(faults) });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#syncs.stop(), this.#igws.stop()]);
    await this.kube.close();
    await this.temporal.connection.close();
    await this.installation.stop();
    await this.stack.stop();
  }
}

/** An IgnitionSync of the plant for a repository. */
export function syncObject(repo: string, spec: object = {}): object {
  return {
    apiVersion: 'sync.ignition.io/v1alpha1',
    kind: 'IgnitionSync',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: { git: { repo, ref: 'main' }, gateway: { apiKeySecretRef: { name: 'ignition-api-key', key: 'apiKey' } }, ...spec },
  };
}

/** The profile of all three gateways. */
export function profileObject(mappings: readonly object[], spec: object = {}): object {
  return {
    apiVersion: 'sync.ignition.io/v1alpha1',
    kind: 'SyncProfile',
    metadata: { name: 'gateway', namespace: NAMESPACE },
    spec: { mappings, ...spec },
  };
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
}

function statefulSet(replicas: number): object {
  const labels = { app: 'gateway' };
  const annotations = { 'ignition-sync.io/inject': 'true', 'ignition-sync.io/cr-name': NAME, 'ignition-sync.io/sync-profile': 'gateway' };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'gateway', namespace: NAMESPACE },
    spec: {
      serviceName: 'gateway',
      replicas,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: { containers: [{ name: 'gateway', image: 'inductiveautomation/ignition:8.3' }] },
      },
    },
  };
}

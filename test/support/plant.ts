import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
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
import { PodFiles } from '../../temporal-dev/kubelet/pod-files.ts';
import type { StackClient } from '../../temporal-dev/stack/client.ts';
import { type Stack, startStack } from '../../temporal-dev/stack/stack.ts';
import { programUnderTest } from './program-under-test.ts';
import { sharedSite } from './site.ts';

/** One line of an agent's append-only log: an apply or restore that wrote at least one byte. */
export interface CommitLine {
  readonly op: string;
  readonly kind: 'apply' | 'restore';
  readonly from: string;
  readonly to: string;
  readonly at: string;
}

export const NAME = 'plant';
const PATIENCE_MS = 50_000;

export interface PlantOptions {
  readonly replicas?: number;
  /** Of the pods, besides those by which they are synced. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** How long `until` waits for news, milliseconds. */
  readonly patienceMs?: number;
  /** What the gateways take for their API key, name:secret. */
  readonly apiKey?: string;
}

/** Real servers with the product on them. */
interface Site {
  readonly stack: StackClient;
  /** The folder with the folders of all pods. */
  readonly pods: string;
}

/** A namespace with three gateways and their real agent processes, on the whole product and real servers: what `npm start` runs. */
export class Plant implements AsyncDisposable {
  readonly stack: StackClient;
  readonly namespace: string;
  readonly kube: KubeClient;
  readonly temporal: Client;
  readonly gateways: readonly string[];
  readonly #pods: string;
  readonly #annotations: Readonly<Record<string, string>>;
  readonly #patienceMs: number;
  readonly #apiKey: string;
  readonly #syncs: Watch<IgnitionSync>;
  readonly #igws: Watch<IgnitionGateway>;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  protected constructor({ stack, pods }: Site, temporal: Connection, namespace: string, options: PlantOptions) {
    this.stack = stack;
    this.namespace = namespace;
    this.kube = KubeClient.connect({ kubeconfig: stack.kubernetes.kubeconfigFile });
    this.temporal = new Client({ connection: temporal });
    this.gateways = Array.from({ length: options.replicas ?? 3 }, (_, i) => `gateway-${i}`);
    this.#pods = pods;
    this.#annotations = options.annotations ?? {};
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#apiKey = options.apiKey ?? 'ignition-sync:key';
    const changed = (): void => {
      this.#changes.emit('change');
    };
    const handlers = { added: changed, updated: changed, deleted: changed };
    this.#syncs = new Watch(this.kube, IGNITION_SYNCS, { namespace, keep: (object) => object, handlers });
    this.#igws = new Watch(this.kube, IGNITION_GATEWAYS, { namespace, keep: (object) => object, handlers });
  }

  /** A plant in a namespace of its own, on the servers that this run shares; there is no IgnitionSync yet. */
  static async shared(options: PlantOptions = {}): Promise<Plant> {
    const site = await sharedSite();
    const temporal = await Connection.connect({ address: site.stack.temporal.address });
    const plant = new Plant(site, temporal, `plant-${randomUUID().slice(0, 8)}`, options);
    await plant.begin();
    return plant;
  }

  /** Makes the namespace and its gateways `gateway-0`, `gateway-1` …, and resolves when they run. */
  protected async begin(): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } });
    await this.apply(secret('ignition-api-key', { apiKey: this.#apiKey }), statefulSet(this.gateways.length, this.#annotations));
    await Promise.all([this.#syncs.start(), this.#igws.start(), ...this.gateways.map((gateway) => this.gatewayRuns(gateway))]);
  }

  /** Resolves when a gateway answers; then its data directory has been seeded. */
  async gatewayRuns(gateway: string): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const url = this.url(gateway);
      const answer = url === undefined ? undefined : await fetch(`${url}/StatusPing`).catch(() => undefined);
      if (answer?.ok === true) return;
      await setTimeout(50, undefined, { signal: deadline });
    }
  }

  /** Deletes the pod of a gateway, and resolves when the gateway of the new pod has been let start and answers. */
  async renew(gateway: string): Promise<void> {
    const before = this.url(gateway);
    await this.kubectl(['delete', 'pod', gateway]);
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (this.url(gateway) === before) await setTimeout(50, undefined, { signal: deadline });
    await this.gatewayRuns(gateway);
  }

  /** Base URL of a gateway; undefined before its pod runs. */
  url(gateway: string): string | undefined {
    const { ports } = this.#files(gateway);
    if (!existsSync(ports)) return undefined;
    return `http://127.0.0.1:${(JSON.parse(readFileSync(ports, 'utf8')) as { gateway: number }).gateway}`;
  }

  /** `kubectl apply`, in the plant's namespace. */
  async apply(...objects: readonly object[]): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], { input: objects.map((object) => stringify(object)).join('---\n') });
  }

  /** kubectl in the plant's namespace. */
  async kubectl(args: readonly string[], options?: { input?: string }): Promise<string> {
    return this.stack.kubectl(['--namespace', this.namespace, ...args], options);
  }

  /** The object as the watch saw it last. */
  sync(): IgnitionSync | undefined {
    return this.#syncs.get(this.namespace, NAME);
  }

  igws(): IgnitionGateway[] {
    return this.#igws.list(this.namespace);
  }

  /** Resolves as soon as the object is as wanted. */
  async until<T>(
    what: string,
    wanted: (sync: IgnitionSync | undefined, gateways: readonly IgnitionGateway[]) => T | undefined | false,
  ): Promise<T> {
    const deadline = AbortSignal.timeout(this.#patienceMs);
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
    return this.#files(gateway).data;
  }

  #files(gateway: string): PodFiles {
    return new PodFiles(this.#pods, this.namespace, gateway);
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

  /** Of the object's own workflow. */
  get workflowId(): string {
    return `ignition-sync/${this.namespace}/${NAME}`;
  }

  async signal(signal: string, input?: object): Promise<void> {
    await this.stack.temporalCli([
      'workflow',
      'signal',
      '--workflow-id',
      this.workflowId,
      '--name',
      signal,
      ...(input ? ['--input', JSON.stringify(input)] : []),
    ]);
  }

  /** Sets faults of a simulated gateway. */
  async faults(gateway: string, faults: object): Promise<void> {
    const url = `${this.url(gateway) ?? ''}/simulator/faults`;
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(faults) });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  }

  /** Writes and deletes on paths that no sync may touch, as the gateways that run have found them. */
  async damage(): Promise<string[]> {
    const found = this.gateways.map(async (gateway) => {
      const state = await fetch(`${this.url(gateway) ?? ''}/simulator/state`).catch(() => undefined); // a gateway that a test has ended
      const { damage } = state === undefined ? { damage: [] } : ((await state.json()) as { damage: string[] });
      return damage.map((line) => `${gateway}: ${line}`);
    });
    return (await Promise.all(found)).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const damage = await this.damage();
    await Promise.all([this.#syncs.stop(), this.#igws.stop()]);
    await this.kube.close();
    await this.temporal.connection.close();
    await this.ended();
    if (damage.length > 0) throw new Error(`the product touched what it must not: ${damage.join('; ')}`);
  }

  /** Its pods and objects go; the servers stay for the others. */
  protected async ended(): Promise<void> {
    await this.stack.kubectl(['delete', 'namespace', this.namespace, '--wait=false']);
  }
}

/** A plant on servers of its own, for who kills them or measures. */
export class OwnPlant extends Plant {
  declare readonly stack: Stack;
  readonly installation: Installation;

  private constructor(stack: Stack, installation: Installation, temporal: Connection, options: PlantOptions) {
    super({ stack, pods: installation.pods }, temporal, 'plant', options);
    this.installation = installation;
  }

  static async start(options: PlantOptions = {}): Promise<OwnPlant> {
    const stack = await startStack();
    const dir = mkdtempSync(join(tmpdir(), 'ignition-sync-plant-'));
    stack.supervisor.removeAtEnd(dir);
    const installation = await Installation.start({ stack, dir, ...programUnderTest() });
    const plant = new OwnPlant(stack, installation, await Connection.connect({ address: stack.temporal.address }), options);
    await plant.begin();
    return plant;
  }

  protected override async ended(): Promise<void> {
    await this.installation.stop();
    await this.stack.stop();
  }
}

/** An IgnitionSync of the plant for a repository. */
export function syncObject(repo: string, spec: object = {}): object {
  return {
    apiVersion: 'sync.ignition.io/v1alpha1',
    kind: 'IgnitionSync',
    metadata: { name: NAME },
    spec: { git: { repo, ref: 'main' }, gateway: { apiKeySecretRef: { name: 'ignition-api-key', key: 'apiKey' } }, ...spec },
  };
}

/** The profile of all three gateways. */
export function profileObject(mappings: readonly object[], spec: object = {}): object {
  return {
    apiVersion: 'sync.ignition.io/v1alpha1',
    kind: 'SyncProfile',
    metadata: { name: 'gateway' },
    spec: { mappings, ...spec },
  };
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

function statefulSet(replicas: number, more: Readonly<Record<string, string>>): object {
  const labels = { app: 'gateway' };
  const ours = { 'ignition-sync.io/inject': 'true', 'ignition-sync.io/cr-name': NAME, 'ignition-sync.io/sync-profile': 'gateway' };
  const annotations = { ...ours, ...more };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'gateway' },
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

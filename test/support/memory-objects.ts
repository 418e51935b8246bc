import type { IgnitionGatewayStatus } from '../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../src/api/v1alpha1/ignition-sync.ts';
import type { ObjectStore, StoredGateway, StoredSync } from '../../src/activities/control/ports.ts';

/** Objects in memory, with the apiserver's optimistic locking: for workflow tests, where Kubernetes itself is not the subject. */
export class MemoryObjects implements ObjectStore {
  readonly #syncs = new Map<string, StoredSync>();
  readonly #gateways = new Map<string, StoredGateway>();
  readonly #listeners = new Set<() => void>();
  #version = 0;
  /** What happens between a write of an object's status and its answer. */
  afterStatus: (status: IgnitionSyncStatus) => Promise<void> = () => Promise.resolve();
  /** How often an object was deleted: one that is made anew is another. */
  #deleted = 0;
  /** Which writes of an object's status fail, as when the apiserver is away. */
  refuses: (status: IgnitionSyncStatus) => boolean = () => false;

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #changed(): string {
    this.#version += 1;
    queueMicrotask(() => this.#listeners.forEach((listener) => listener()));
    return `${this.#version}`;
  }

  putSync(name: string, spec: unknown, annotations: Record<string, string> = {}): void {
    const before = this.#syncs.get(name);
    const generation = (before?.metadata.generation ?? 0) + 1;
    const uid = `uid-${name}-${this.#deleted}`;
    const metadata = { name, namespace: 'test', uid, generation, resourceVersion: this.#changed(), annotations };
    this.#syncs.set(name, { metadata, spec, status: before?.status });
  }

  deleteSync(name: string): void {
    this.#syncs.delete(name);
    this.#deleted += 1;
    this.#changed();
  }

  putGateway(sync: string, name: string, status?: IgnitionGatewayStatus): void {
    const metadata = { name, namespace: 'test', uid: `uid-${name}`, generation: 1, resourceVersion: this.#changed(), annotations: {} };
    const spec = { syncRef: { name: sync }, servicePath: '.', excludePatterns: [] };
    this.#gateways.set(name, { metadata, spec, status: status ?? this.#gateways.get(name)?.status });
  }

  sync(_namespace: string, name: string): Promise<StoredSync | undefined> {
    return Promise.resolve(this.#syncs.get(name));
  }

  profile(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  gateways(): Promise<readonly StoredGateway[]> {
    return Promise.resolve([...this.#gateways.values()]);
  }

  gateway(_namespace: string, name: string): Promise<StoredGateway | undefined> {
    return Promise.resolve(this.#gateways.get(name));
  }

  replaceSyncStatus(before: StoredSync, status: IgnitionSyncStatus): Promise<boolean> {
    if (this.refuses(status)) return Promise.reject(new Error('the apiserver is away'));
    const stored = this.#syncs.get(before.metadata.name);
    if (stored?.metadata.resourceVersion !== before.metadata.resourceVersion) return Promise.resolve(false);
    this.#syncs.set(before.metadata.name, { ...stored, status, metadata: { ...stored.metadata, resourceVersion: this.#changed() } });
    return this.afterStatus(status).then(() => true);
  }

  replaceGatewayStatus(before: StoredGateway, status: IgnitionGatewayStatus): Promise<boolean> {
    const stored = this.#gateways.get(before.metadata.name);
    if (stored?.metadata.resourceVersion !== before.metadata.resourceVersion) return Promise.resolve(false);
    this.#gateways.set(before.metadata.name, { ...stored, status, metadata: { ...stored.metadata, resourceVersion: this.#changed() } });
    return Promise.resolve(true);
  }
}

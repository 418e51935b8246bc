import type { KubeConfig } from '@kubernetes/client-node';
import { loadKubeConfig, type ClusterAccess } from './config.ts';
import { KubeError } from './errors.ts';
import { resourcePath, type KubeObject, type Resource } from './resources.ts';
import { KubeTransport } from './transport.ts';

const MERGE_PATCH = 'application/merge-patch+json';
/** Objects per page of a list. */
const PAGE = 500;

/** A change to part of an object: null removes a field, lists are replaced whole. With `metadata.resourceVersion` it is refused if the object changed since. */
export type MergePatch = Readonly<Record<string, unknown>>;

/** What is asked of a list or a watch. */
export interface Selection {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Typed calls to one Kubernetes API. Every call has a deadline; failures are KubeErrors, a lost race a ConflictError. */
export class KubeClient {
  readonly transport: KubeTransport;

  constructor(config: KubeConfig) {
    this.transport = new KubeTransport(config);
  }

  static connect(access: ClusterAccess): KubeClient {
    return new KubeClient(loadKubeConfig(access));
  }

  /** Undefined when there is no such object. Reads what is stored now, not a cache. */
  async get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string, signal?: AbortSignal): Promise<T | undefined> {
    return absent(this.transport.call('GET', resourcePath(resource, namespace, name), signal ? { signal } : {}) as Promise<T>);
  }

  /** The whole list, and the version that a watch can go on from. */
  async list<T extends KubeObject>(resource: Resource<T>, selection: Selection = {}): Promise<{ items: T[]; resourceVersion: string }> {
    const { namespace, labelSelector, fieldSelector } = selection;
    const items: T[] = [];
    let next: string | undefined;
    for (;;) {
      const page = (await this.transport.call('GET', resourcePath(resource, namespace), {
        query: { limit: PAGE, continue: next, labelSelector, fieldSelector },
      })) as { items: T[] | null; metadata: { resourceVersion: string; continue?: string } };
      for (const item of page.items ?? []) items.push(item);
      next = page.metadata.continue;
      if (!next) return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }

  /** @throws ConflictError when there is one of that name already. */
  async create<T extends KubeObject>(resource: Resource<T>, namespace: string, object: NewObject<T>): Promise<T> {
    const body = { apiVersion: resource.apiVersion, kind: resource.kind, ...object };
    return (await this.transport.call('POST', resourcePath(resource, namespace), { body })) as T;
  }

  /** Undefined when there is no such object. */
  async patch<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string, patch: MergePatch): Promise<T | undefined> {
    return this.#patch(resourcePath(resource, namespace, name), patch);
  }

  /** As `patch`, on the status subresource. */
  async patchStatus<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    patch: MergePatch,
  ): Promise<T | undefined> {
    return this.#patch(resourcePath(resource, namespace, name, 'status'), patch);
  }

  /** Writes the whole object except its status. @throws ConflictError when it changed since it was read. Undefined when it is gone. */
  async replace<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T | undefined> {
    return this.#put(resource, object);
  }

  /** As `replace`, for the status alone. */
  async replaceStatus<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T | undefined> {
    return this.#put(resource, object, 'status');
  }

  /** False when there was no such object. With `uid`, another object of the same name is spared (ConflictError). */
  async delete(resource: Resource<KubeObject>, namespace: string, name: string, uid?: string): Promise<boolean> {
    const body = uid === undefined ? {} : { body: { preconditions: { uid } } };
    return (await absent(this.transport.call('DELETE', resourcePath(resource, namespace, name), body))) !== undefined;
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  async #put<T extends KubeObject>(resource: Resource<T>, object: T, subresource?: 'status'): Promise<T | undefined> {
    const { namespace, name } = object.metadata;
    const body = { apiVersion: resource.apiVersion, kind: resource.kind, ...object };
    return absent(this.transport.call('PUT', resourcePath(resource, namespace, name, subresource), { body }) as Promise<T>);
  }

  async #patch<T extends KubeObject>(path: string, patch: MergePatch): Promise<T | undefined> {
    return absent(this.transport.call('PATCH', path, { body: patch, contentType: MERGE_PATCH }) as Promise<T>);
  }
}

/** What a caller gives to create an object: the server fills in the rest. */
export type NewObject<T extends KubeObject> = Omit<Partial<T>, 'metadata'> & {
  readonly metadata: Pick<T['metadata'], 'name'> & Partial<Pick<T['metadata'], 'labels' | 'annotations' | 'ownerReferences'>>;
};

async function absent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

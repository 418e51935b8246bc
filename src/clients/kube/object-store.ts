import type { KubeObject } from './resources.ts';

/** What is called for each change, with the object before it where there was one. Handlers return at once and do not throw. */
export interface WatchHandlers<K> {
  readonly added?: (object: K) => void;
  readonly updated?: (object: K, before: K) => void;
  readonly deleted?: (object: K) => void;
}

/** The objects of a watch by namespace and name. */
export class ObjectStore<K extends KubeObject> {
  readonly #handlers: WatchHandlers<K>;
  readonly #objects = new Map<string, K>();

  constructor(handlers: WatchHandlers<K>) {
    this.#handlers = handlers;
  }

  get(namespace: string, name: string): K | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(namespace?: string): K[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  put(object: K): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    if (!before) this.#handlers.added?.(object);
    else this.#handlers.updated?.(object, before);
  }

  remove(namespace: string, name: string): void {
    const before = this.#objects.get(`${namespace}/${name}`);
    if (!before) return;
    this.#objects.delete(`${namespace}/${name}`);
    this.#handlers.deleted?.(before);
  }

  /** Takes a whole new list: what is not in it was deleted while nobody watched. */
  replace(objects: readonly K[]): void {
    const kept = new Set(objects.map(keyOf));
    for (const [key, object] of this.#objects) if (!kept.has(key)) this.remove(object.metadata.namespace, object.metadata.name);
    for (const object of objects) this.put(object);
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient, Selection } from './client.ts';
import { isGone, kubeError } from './errors.ts';
import { ObjectStore, type WatchHandlers } from './object-store.ts';
import { resourcePath, type KubeObject, type Resource } from './resources.ts';

/** The server ends a watch after this many seconds, which shows a dead connection soon; going on from there costs one request. */
const WATCH_SECONDS = 60;
const SILENCE_MS = (WATCH_SECONDS + 15) * 1000;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 3_000;

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & { readonly code?: number };
}

export interface WatchOptions<T extends KubeObject, K extends KubeObject> extends Selection {
  /** What is kept of an object in memory; undefined = of no interest. */
  readonly keep: (object: T) => K | undefined;
  readonly handlers?: WatchHandlers<K>;
  /** Told of each loss of the watch; it goes on by itself. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Keeps a copy of a set of objects up to date: list, then watch, again after any loss with a growing pause, and from a new list when
 * the place in the history is gone (410). Handlers are called in the order of the changes.
 */
export class Watch<T extends KubeObject, K extends KubeObject = T> {
  readonly #kube: KubeClient;
  readonly #resource: Resource<T>;
  readonly #options: WatchOptions<T, K>;
  readonly #store: ObjectStore<K>;
  readonly #stop = new AbortController();
  readonly #listed = Promise.withResolvers<true>();
  #resourceVersion: string | undefined;
  #running: Promise<void> | undefined;
  #syncedAt = Number.NEGATIVE_INFINITY;

  constructor(kube: KubeClient, resource: Resource<T>, options: WatchOptions<T, K>) {
    this.#kube = kube;
    this.#resource = resource;
    this.#options = options;
    this.#store = new ObjectStore(options.handlers ?? {});
  }

  /** Starts; resolves when the first list has been handed to the handlers. */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    await this.#listed.promise;
  }

  /** Ends the watch; no handler is called after it resolves. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#listed.resolve(true);
    await this.#running;
  }

  /** When the apiserver last said anything about this set, on the clock of `performance.now()`. */
  get syncedAt(): number {
    return this.#syncedAt;
  }

  get(namespace: string, name: string): K | undefined {
    return this.#store.get(namespace, name);
  }

  list(namespace?: string): K[] {
    return this.#store.list(namespace);
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    let pause = FIRST_DELAY_MS;
    while (!this.#stopped) {
      const before = this.#syncedAt;
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        await this.#follow();
        if (this.#syncedAt !== before) continue;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#options.onError?.(error);
        if (isGone(error)) this.#resourceVersion = undefined;
      }
      if (this.#syncedAt !== before) pause = FIRST_DELAY_MS;
      // Jitter keeps the watches of many processes from coming back in one moment.
      await delay(pause * (0.5 + Math.random() / 2), undefined, { signal: this.#stop.signal }).catch(() => undefined);
      pause = Math.min(pause * 2, MAX_DELAY_MS);
    }
  }

  async #list(): Promise<void> {
    const asked = performance.now();
    const { items, resourceVersion } = await this.#kube.list(this.#resource, this.#options);
    if (this.#stopped) return;
    this.#store.replace(items.map((item) => this.#options.keep(item)).filter((item) => item !== undefined));
    this.#resourceVersion = resourceVersion;
    this.#syncedAt = asked;
    this.#listed.resolve(true);
  }

  async #follow(): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error('the watch went silent')), SILENCE_MS).unref();
    const query = {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
      labelSelector,
      fieldSelector,
    };
    try {
      const signal = AbortSignal.any([this.#stop.signal, silence.signal]);
      for await (const line of this.#kube.transport.lines(resourcePath(this.#resource, namespace), query, signal)) {
        if (this.#stopped) break;
        this.#take(JSON.parse(line) as WatchEvent, line);
        timer.refresh();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(event: WatchEvent, line: string): void {
    const { type, object } = event;
    if (type === 'ERROR') throw kubeError(object.code ?? 500, line.slice(line.indexOf('"object":') + 9, -1));
    if (type === 'DELETED') this.#store.remove(object.metadata.namespace, object.metadata.name);
    else if (type !== 'BOOKMARK') this.#put(object as unknown as T);
    this.#resourceVersion = object.metadata.resourceVersion;
    this.#syncedAt = performance.now();
  }

  #put(object: T): void {
    const kept = this.#options.keep(object);
    if (kept) this.#store.put(kept);
    else this.#store.remove(object.metadata.namespace, object.metadata.name);
  }
}

import type { IgnitionGateway, IgnitionSync } from '../api/v1alpha1/objects.ts';
import type { KubeClient } from '../clients/kube/client.ts';
import { keepInjectedPod } from '../clients/kube/injected-pod.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, PODS, type KubeObject, type Pod, type Resource } from '../clients/kube/resources.ts';
import { Watch } from '../clients/kube/watch.ts';

/** An object as known at a moment; `undefined` = known not to exist. */
export interface Known<T> {
  readonly object: T | undefined;
  /** How old this knowledge is, milliseconds. */
  readonly ageMs: number;
}

/** A kind of object that is watched, and read directly where the watch is not enough. */
class ObjectView<T extends KubeObject> {
  readonly #kube: KubeClient;
  readonly #resource: Resource<T>;
  readonly #watch: Watch<T>;
  readonly #monotonicMs: () => number;

  constructor(
    kube: KubeClient,
    resource: Resource<T>,
    keep: (object: T) => T | undefined,
    onError: (error: unknown) => void,
    monotonicMs: () => number,
  ) {
    this.#kube = kube;
    this.#monotonicMs = monotonicMs;
    this.#resource = resource;
    this.#watch = new Watch(kube, resource, { keep, onError });
  }

  watched(namespace: string, name: string): Known<T> {
    return { object: this.#watch.get(namespace, name), ageMs: this.#monotonicMs() - this.#watch.syncedAt };
  }

  /** Read from the apiserver now; what is watched, when it does not answer. */
  async fresh(namespace: string, name: string): Promise<Known<T>> {
    const asked = this.#monotonicMs();
    try {
      const object = await this.#kube.get(this.#resource, namespace, name);
      return { object, ageMs: this.#monotonicMs() - asked };
    } catch {
      return this.watched(namespace, name);
    }
  }

  /** What is watched, if the watch spoke less than `maxAgeMs` ago and `enough` says it will do; else read now. */
  async known(namespace: string, name: string, maxAgeMs: number, enough: (object: T | undefined) => boolean): Promise<Known<T>> {
    const watched = this.watched(namespace, name);
    return watched.ageMs <= maxAgeMs && enough(watched.object) ? watched : this.fresh(namespace, name);
  }

  start(): Promise<void> {
    return this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}

/** What the relay knows of the cluster. */
export interface RelayObjects {
  readonly syncs: ObjectView<IgnitionSync>;
  readonly gateways: ObjectView<IgnitionGateway>;
  readonly pods: ObjectView<Pod>;
}

export function createRelayObjects(
  kube: KubeClient,
  onError: (kind: string, error: unknown) => void,
  monotonicMs: () => number,
): RelayObjects {
  const view = <T extends KubeObject>(resource: Resource<T>, keep: (object: T) => T | undefined): ObjectView<T> =>
    new ObjectView(kube, resource, keep, (error) => onError(resource.kind, error), monotonicMs);
  return {
    syncs: view(IGNITION_SYNCS, (sync) => sync),
    gateways: view(IGNITION_GATEWAYS, (gateway) => gateway),
    pods: view(PODS, keepInjectedPod),
  };
}

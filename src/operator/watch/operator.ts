import type { IgnitionGateway, IgnitionSync, SyncProfile } from '../../api/v1alpha1/objects.ts';
import type { KubeClient } from '../../clients/kube/client.ts';
import { ConflictError } from '../../clients/kube/errors.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, PODS, SYNC_PROFILES, type Pod } from '../../clients/kube/resources.ts';
import { Watch } from '../../clients/kube/watch.ts';
import type { Workflows } from '../../clients/temporal/workflows.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { isAnotherGateway, isAnotherSpec, isAnotherSync } from './changes.ts';
import { GatewayKeeper } from './gateway-keeper.ts';
import { KeyedQueue } from '../../clients/kube/keyed-queue.ts';
import { isAnotherPod, keepInjectedPod } from '../../clients/kube/injected-pod.ts';

/** How often gateways without a pod are looked at again: a StatefulSet may have gone without a word about the pod. */
const PODLESS_MS = 60_000;
/** A workflow that was terminated by hand starts again at the latest after this long; to one that runs it says nothing new. */
const RESYNC_MS = 300_000;

export interface OperatorDependencies {
  readonly kube: KubeClient;
  readonly workflows: Workflows;
  readonly logger: Logger;
  readonly now: () => Date;
}

/**
 * Turns changes of Kubernetes objects into signals, and annotated pods into IgnitionGateways. Keeps no state and decides nothing about
 * rollouts: after a restart it looks at everything once and signals every IgnitionSync once.
 */
export class Operator {
  readonly #logger: Logger;
  readonly #syncs: Watch<IgnitionSync>;
  readonly #profiles: Watch<SyncProfile>;
  readonly #gateways: Watch<IgnitionGateway>;
  readonly #pods: Watch<Pod>;
  readonly #keeper: GatewayKeeper;
  readonly #signals: KeyedQueue;
  readonly #namespaces: KeyedQueue;
  #timer: NodeJS.Timeout | undefined;
  #resync: NodeJS.Timeout | undefined;

  constructor({ kube, workflows, logger, now }: OperatorDependencies) {
    this.#logger = logger;
    this.#signals = new KeyedQueue(
      async (key, reasons) => {
        const [namespace = '', name = ''] = key.split('/');
        await workflows.signalDesiredChanged(namespace, name, reasons.slice(0, 5).join(', '));
      },
      (object, error) => logger.warn({ object, err: error }, 'the workflow could not be signalled: tried again'),
    );
    this.#namespaces = new KeyedQueue(
      (namespace) => this.#keeper.keep(namespace),
      (namespace, error) =>
        logger[error instanceof ConflictError ? 'debug' : 'warn'](
          { namespace, err: error },
          'the gateways of the namespace could not be updated: tried again',
        ),
    );
    this.#syncs = new Watch(kube, IGNITION_SYNCS, { keep: whole, onError: this.#lost('IgnitionSync'), handlers: this.#onSync() });
    this.#profiles = new Watch(kube, SYNC_PROFILES, { keep: whole, onError: this.#lost('SyncProfile'), handlers: this.#onProfile() });
    this.#gateways = new Watch(kube, IGNITION_GATEWAYS, {
      keep: whole,
      onError: this.#lost('IgnitionGateway'),
      handlers: this.#onGateway(),
    });
    this.#pods = new Watch(kube, PODS, { keep: keepInjectedPod, onError: this.#lost('Pod'), handlers: this.#onPod() });
    this.#keeper = new GatewayKeeper(
      kube,
      {
        pods: (namespace) => this.#pods.list(namespace),
        syncs: (namespace) => this.#syncs.list(namespace),
        gateways: (namespace) => this.#gateways.list(namespace),
      },
      now,
    );
  }

  /** The IgnitionSync as watched, for the webhook receiver. */
  sync(namespace: string, name: string): IgnitionSync | undefined {
    return this.#syncs.get(namespace, name);
  }

  /** Signals the workflow of an object, until it takes it. */
  signal(namespace: string, name: string, reason: string): void {
    this.#signals.add(`${namespace}/${name}`, reason);
  }

  /** Resolves when everything has been looked at once and signals flow. */
  async start(): Promise<void> {
    await Promise.all([this.#syncs.start(), this.#profiles.start(), this.#gateways.start(), this.#pods.start()]);
    this.#signals.open();
    this.#namespaces.open();
    this.#timer = setInterval(() => {
      this.#lookAtPodless();
    }, PODLESS_MS).unref();
    this.#resync = setInterval(() => {
      for (const { metadata } of this.#syncs.list()) this.signal(metadata.namespace, metadata.name, 'resync');
    }, RESYNC_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#resync);
    await Promise.all([this.#syncs.stop(), this.#profiles.stop(), this.#gateways.stop(), this.#pods.stop()]);
    await Promise.all([this.#signals.stop(), this.#namespaces.stop()]);
  }

  #onSync() {
    const look = (sync: IgnitionSync, how: string): void => {
      this.signal(sync.metadata.namespace, sync.metadata.name, `IgnitionSync ${how}`);
      this.#namespaces.add(sync.metadata.namespace, 'IgnitionSync');
    };
    return {
      added: (sync: IgnitionSync) => look(sync, 'seen'),
      updated: (sync: IgnitionSync, before: IgnitionSync) => {
        if (isAnotherSync(sync, before)) look(sync, 'changed');
      },
      deleted: (sync: IgnitionSync) => look(sync, 'deleted'),
    };
  }

  #onProfile() {
    const look = ({ metadata }: SyncProfile, how: string): void => {
      const { namespace, name } = metadata;
      for (const { spec } of this.#gateways.list(namespace)) {
        if (spec.profileRef?.name === name) this.signal(namespace, spec.syncRef.name, `SyncProfile ${name} ${how}`);
      }
    };
    return {
      added: (profile: SyncProfile) => look(profile, 'seen'),
      updated: (profile: SyncProfile, before: SyncProfile) => {
        if (isAnotherSpec(profile.metadata, before.metadata)) look(profile, 'changed');
      },
      deleted: (profile: SyncProfile) => look(profile, 'deleted'),
    };
  }

  #onGateway() {
    const look = ({ metadata, spec }: IgnitionGateway, how: string): void => {
      const { namespace, name } = metadata;
      this.#namespaces.add(namespace, 'IgnitionGateway');
      if (this.#syncs.get(namespace, spec.syncRef.name)) this.signal(namespace, spec.syncRef.name, `gateway ${name} ${how}`);
    };
    return {
      added: (gateway: IgnitionGateway) => look(gateway, 'seen'),
      updated: (gateway: IgnitionGateway, before: IgnitionGateway) => {
        if (!isAnotherGateway(gateway, before)) return;
        look(gateway, 'changed');
        if (gateway.spec.syncRef.name !== before.spec.syncRef.name) look(before, 'moved');
      },
      deleted: (gateway: IgnitionGateway) => look(gateway, 'deleted'),
    };
  }

  #onPod() {
    const look = ({ metadata }: Pod): void => this.#namespaces.add(metadata.namespace, 'Pod');
    return {
      added: look,
      updated: (pod: Pod, before: Pod) => {
        if (isAnotherPod(pod, before)) look(pod);
      },
      deleted: (pod: Pod) => {
        this.#keeper.forget(pod);
        look(pod);
      },
    };
  }

  #lookAtPodless(): void {
    for (const { metadata, spec } of this.#gateways.list()) {
      if (spec.pod && !this.#pods.get(metadata.namespace, spec.pod.name)) this.#namespaces.add(metadata.namespace, 'no pod');
    }
  }

  #lost(kind: string): (error: unknown) => void {
    return (error) => this.#logger.warn({ kind, err: error }, 'watch lost: comes back by itself');
  }
}

function whole<T>(object: T): T {
  return object;
}

import { ACCEPTED, type Condition } from '../../api/v1alpha1/conditions.ts';
import type { IgnitionGateway, IgnitionSync, OwnerReference } from '../../api/v1alpha1/objects.ts';
import type { KubeClient } from '../../clients/kube/client.ts';
import { recordEvent } from '../../clients/kube/events.ts';
import { KubeError } from '../../clients/kube/errors.ts';
import { IGNITION_GATEWAYS, IGNITION_SYNCS, PODS, STATEFUL_SETS, type Pod } from '../../clients/kube/resources.ts';
import { discover, type KnownGateway, type WantedGateway } from '../../domain/discovery.ts';
import type { Fault } from '../../domain/errors.ts';
import { discoveredPod, keepInjectedPod } from '../../clients/kube/injected-pod.ts';

/** The objects of one namespace as they are watched. */
export interface NamespaceView {
  pods(namespace: string): readonly Pod[];
  syncs(namespace: string): readonly IgnitionSync[];
  gateways(namespace: string): readonly IgnitionGateway[];
}

/** Makes, changes and deletes the IgnitionGateways of discovered pods. Those that users made are never touched. */
export class GatewayKeeper {
  readonly #kube: KubeClient;
  readonly #view: NamespaceView;
  readonly #now: () => Date;
  /** What was said about which pod, so that a sentence is said once. */
  readonly #said = new Map<string, string>();

  constructor(kube: KubeClient, view: NamespaceView, now: () => Date) {
    this.#kube = kube;
    this.#view = view;
    this.#now = now;
  }

  /** Brings the gateways of one namespace in line with its pods. */
  async keep(namespace: string): Promise<void> {
    const pods = this.#view.pods(namespace);
    const syncs = this.#view.syncs(namespace).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const stored = this.#view.gateways(namespace);
    const known = stored.map(({ metadata, spec }): KnownGateway => ({ name: metadata.name, spec }));
    const { wanted, refused, renamed, podless } = discover(
      pods.map(discoveredPod),
      syncs.map(({ metadata }) => metadata.name),
      known,
    );
    const podOf = (name: string | undefined): Pod | undefined => pods.find(({ metadata }) => metadata.name === name);
    for (const { pod, fault } of refused) await this.#say(podOf(pod), fault);
    for (const gateway of wanted) {
      const sync = syncs.find(({ metadata }) => metadata.name === gateway.spec.syncRef.name);
      const before = stored.find(({ metadata }) => metadata.name === gateway.name);
      await this.#putOrSay(namespace, gateway, sync, before, podOf(gateway.spec.pod?.name));
    }
    const remove = async (name: string): Promise<void> => {
      const { metadata } = stored.find((gateway) => gateway.metadata.name === name) ?? {};
      await this.#kube.delete(IGNITION_GATEWAYS, namespace, name, metadata?.uid);
    };
    for (const { name } of renamed) await remove(name);
    for (const { name, spec } of podless) if (!(await this.#comesBack(namespace, spec.pod?.name ?? ''))) await remove(name);
  }

  /** Forgets what was said about a pod that is gone. */
  forget(pod: Pod): void {
    this.#said.delete(pod.metadata.uid);
  }

  async #putOrSay(
    namespace: string,
    wanted: WantedGateway,
    sync: IgnitionSync | undefined,
    before: IgnitionGateway | undefined,
    pod: Pod | undefined,
  ): Promise<void> {
    const verdict = wanted.fault ?? wanted.warning;
    if (verdict) await this.#say(pod, verdict);
    try {
      const stored = await this.#put(namespace, wanted, sync, before);
      if (stored) await this.#accept(stored, wanted);
    } catch (error) {
      // The apiserver does not take what the pod's annotations say: only another annotation helps.
      if (!(error instanceof KubeError) || error.status !== 422) throw error;
      await this.#say(pod, { reason: 'InvalidSpec', message: error.message });
    }
  }

  async #put(
    namespace: string,
    { name, spec }: WantedGateway,
    sync: IgnitionSync | undefined,
    before: IgnitionGateway | undefined,
  ): Promise<IgnitionGateway | undefined> {
    const ownerReferences = sync ? [ownerReference(sync)] : (before?.metadata.ownerReferences ?? []);
    if (!before) return this.#kube.create(IGNITION_GATEWAYS, namespace, { metadata: { name, ownerReferences }, spec });
    const owned = before.metadata.ownerReferences?.some(({ uid }) => uid === ownerReferences[0]?.uid) ?? ownerReferences.length === 0;
    if (owned && sameJson(before.spec, spec)) return before;
    return this.#kube.replace(IGNITION_GATEWAYS, { ...before, metadata: { ...before.metadata, ownerReferences }, spec });
  }

  /** Says in status whether the gateway can be synced, when that changed. */
  async #accept(stored: IgnitionGateway, { fault, warning }: WantedGateway): Promise<void> {
    const { namespace, name, generation } = stored.metadata;
    const before = stored.status?.conditions?.find(({ type }) => type === ACCEPTED);
    const verdict = fault ?? warning;
    const status = fault ? 'False' : 'True';
    const reason = verdict?.reason ?? ACCEPTED;
    const message = verdict?.message ?? '';
    if (before?.status === status && before.reason === reason && before.message === message) return;
    const now = this.#now().toISOString();
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    const condition: Condition = { type: ACCEPTED, status, reason, message, lastTransitionTime, observedGeneration: generation ?? 0 };
    const others = (stored.status?.conditions ?? []).filter(({ type }) => type !== ACCEPTED);
    const shown = fault
      ? { phase: 'Failed', since: now, reason, message }
      : !stored.status?.phase || before?.status === 'False'
        ? { phase: 'Pending', since: now, reason: warning ? reason : '', message }
        : {};
    await this.#kube.patchStatus(IGNITION_GATEWAYS, namespace, name, { status: { ...shown, conditions: [...others, condition] } });
  }

  /** Whether the StatefulSet of an absent pod will make it again. */
  async #comesBack(namespace: string, pod: string): Promise<boolean> {
    const present = await this.#kube.get(PODS, namespace, pod);
    if (present) return keepInjectedPod(present) !== undefined; // made again already, or asking for nothing any more
    const [, set, ordinal] = /^(.+)-([0-9]+)$/.exec(pod) ?? [];
    if (set === undefined) return false;
    const statefulSet = await this.#kube.get(STATEFUL_SETS, namespace, set);
    if (!statefulSet || statefulSet.metadata.deletionTimestamp !== undefined) return false;
    const first = statefulSet.spec.ordinals?.start ?? 0;
    return Number(ordinal) >= first && Number(ordinal) < first + (statefulSet.spec.replicas ?? 1);
  }

  async #say(pod: Pod | undefined, { reason, message }: Fault): Promise<void> {
    if (!pod || this.#said.get(pod.metadata.uid) === message) return;
    await recordEvent(this.#kube, PODS, pod, { type: 'Warning', reason, message, by: 'ignition-sync-operator' }, this.#now());
    this.#said.set(pod.metadata.uid, message);
  }
}

function ownerReference({ metadata }: IgnitionSync): OwnerReference {
  return { apiVersion: IGNITION_SYNCS.apiVersion, kind: IGNITION_SYNCS.kind, name: metadata.name, uid: metadata.uid, controller: true };
}

function sameJson(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([x], [y]) => (x < y ? -1 : 1)))
      : child,
  );
}

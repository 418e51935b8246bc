import { ANNOTATION_PREFIX, NOT_YET_ANNOTATIONS, POD_ANNOTATIONS } from '../api/v1alpha1/pod-annotations.ts';
import type { IgnitionGatewaySpec } from '../api/v1alpha1/ignition-gateway.ts';
import type { Fault } from './errors.ts';
import { gatewayIdentity, type PodNames } from './gateway-identity.ts';
import { misspeltAnnotations } from './misspelt-annotations.ts';
import { splitPatterns } from './split-patterns.ts';

/** A pod that asks to be synced. */
export interface DiscoveredPod extends PodNames {
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339; of two pods that claim one name the older has it. */
  readonly createdAt: string;
}

/** An IgnitionGateway that exists. */
export interface KnownGateway {
  readonly name: string;
  readonly spec: IgnitionGatewaySpec;
}

/** The IgnitionGateway that shall stand for a pod. */
export interface WantedGateway {
  readonly name: string;
  readonly spec: IgnitionGatewaySpec;
  /** Why it cannot be synced. */
  readonly fault?: Fault;
  /** What its pod asks for and does not get. */
  readonly warning?: Fault;
}

/** A pod for which there can be no IgnitionGateway. */
interface RefusedPod {
  readonly pod: string;
  readonly fault: Fault;
}

export interface Discovery {
  readonly wanted: readonly WantedGateway[];
  readonly refused: readonly RefusedPod[];
  /** Gateways whose pod has another name now. */
  readonly renamed: readonly KnownGateway[];
  /** Gateways that were discovered once and whose pod is away: kept as long as their StatefulSet wants them. */
  readonly podless: readonly KnownGateway[];
}

/** The IgnitionGateways of one namespace, from its annotated pods, its IgnitionSyncs and the gateways it has. */
export function discover(pods: readonly DiscoveredPod[], syncs: readonly string[], known: readonly KnownGateway[]): Discovery {
  const taken = new Map(known.map((gateway) => [gateway.name, gateway]));
  const owners = new Map<string, string>();
  const wanted: WantedGateway[] = [];
  const refused: RefusedPod[] = [];
  for (const pod of inOrder(pods, taken)) {
    const before = known.find(({ spec }) => spec.pod?.name === pod.name);
    const sync = syncOf(pod, syncs, before?.spec.syncRef.name);
    if (typeof sync !== 'string') {
      if (!before) refused.push({ pod: pod.name, fault: sync });
      else wanted.push({ ...before, fault: sync });
      if (before) owners.set(before.name, pod.name);
      continue;
    }
    const identity = gatewayIdentity(pod);
    const owner = owners.get(identity.name) ?? ownerOf(taken.get(identity.name), pods);
    const clash: Fault | undefined =
      owner === undefined || owner === pod.name
        ? undefined
        : {
            reason: 'GatewayOwnedByOther',
            message: `pod ${pod.name} claims to be gateway ${identity.name}, which is ${owner === '' ? 'an IgnitionGateway that a user made' : `pod ${owner}`}: give it another ${POD_ANNOTATIONS.gatewayName}.`,
          };
    const name = clash ? pod.name : identity.name;
    if (clash && (name === identity.name || owners.has(name) || (ownerOf(taken.get(name), pods) ?? pod.name) !== pod.name)) {
      refused.push({ pod: pod.name, fault: clash });
      continue;
    }
    owners.set(name, pod.name);
    const fault = identity.fault ?? clash;
    const warning = withoutEffect(pod);
    wanted.push({ name, spec: specOf(pod, sync), ...(fault ? { fault } : {}), ...(warning ? { warning } : {}) });
  }
  const present = new Set(pods.map((pod) => pod.name));
  const podless = known.filter(({ name, spec }) => spec.pod && !present.has(spec.pod.name) && !owners.has(name));
  const moved = new Set(wanted.map(({ spec }) => spec.pod?.name));
  const renamed = known.filter(({ name, spec }) => spec.pod && moved.has(spec.pod.name) && !owners.has(name));
  return { wanted, refused, renamed, podless };
}

/** Pods that have their gateway already come first, then the older. */
function inOrder(pods: readonly DiscoveredPod[], taken: ReadonlyMap<string, KnownGateway>): DiscoveredPod[] {
  const has = (pod: DiscoveredPod): boolean => taken.get(gatewayIdentity(pod).name)?.spec.pod?.name === pod.name;
  return [...pods].sort((a, b) => Number(has(b)) - Number(has(a)) || compare(a.createdAt, b.createdAt) || compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The pod that a gateway stands for; empty for one that a user made; undefined when that pod is gone, so that its name is free. */
function ownerOf(gateway: KnownGateway | undefined, pods: readonly DiscoveredPod[]): string | undefined {
  if (!gateway) return undefined;
  const pod = gateway.spec.pod?.name;
  if (pod === undefined) return '';
  return pods.some(({ name }) => name === pod) ? pod : undefined;
}

/** A pod that does not say stays with the IgnitionSync it had, also when a second one appears in its namespace. */
function syncOf(pod: DiscoveredPod, syncs: readonly string[], before: string | undefined): string | Fault {
  const said = pod.annotations[POD_ANNOTATIONS.crName];
  const [only, ...more] = syncs;
  if (said !== undefined) {
    if (syncs.includes(said)) return said;
    return {
      reason: 'InvalidSpec',
      message: `pod ${pod.name}: ${POD_ANNOTATIONS.crName} names IgnitionSync ${said}, which is not in this namespace: create it or correct the annotation.`,
    };
  }
  if (only === undefined)
    return { reason: 'InvalidSpec', message: `pod ${pod.name} asks to be synced, but this namespace has no IgnitionSync: create one.` };
  if (more.length === 0) return only;
  if (before !== undefined && syncs.includes(before)) return before;
  return {
    reason: 'InvalidSpec',
    message: `pod ${pod.name} does not say which IgnitionSync it belongs to: set ${POD_ANNOTATIONS.crName} to one of ${syncs.slice(0, 5).join(', ')}.`,
  };
}

function specOf(pod: DiscoveredPod, sync: string): IgnitionGatewaySpec {
  const { syncProfile, servicePath, deploymentMode, excludePatterns, redundantPair } = POD_ANNOTATIONS;
  const profile = said(pod, syncProfile);
  const path = said(pod, servicePath);
  const mode = said(pod, deploymentMode);
  const pair = said(pod, redundantPair);
  const own = Object.entries(pod.annotations).filter(([key]) => key.startsWith(`${ANNOTATION_PREFIX}/`));
  return {
    syncRef: { name: sync },
    ...(profile ? { profileRef: { name: profile } } : {}),
    ...(path && !profile ? { servicePath: path } : {}),
    ...(mode ? { deploymentMode: mode } : {}),
    ...(pair ? { redundantPair: pair } : {}),
    excludePatterns: splitPatterns(pod.annotations[excludePatterns] ?? ''),
    pod: { name: pod.name, labels: { ...pod.labels }, annotations: Object.fromEntries(own) },
  };
}

/** What a pod says in vain: it is synced all the same, since a gateway with a fault stops the plan of every other. */
function withoutEffect(pod: DiscoveredPod): Fault | undefined {
  const notYet = Object.entries(NOT_YET_ANNOTATIONS).flatMap(([key, instead]) =>
    pod.annotations[key] === undefined ? [] : [`annotation ${key} is not built yet and has no effect. ${instead}`],
  );
  const { syncProfile, servicePath } = POD_ANNOTATIONS;
  const [profile, path] = [said(pod, syncProfile), said(pod, servicePath)];
  const both =
    profile === undefined || path === undefined
      ? []
      : [
          `annotation ${servicePath} ("${path}") has no effect beside ${syncProfile} ("${profile}"), whose mappings count: remove one of the two.`,
        ];
  const misspelt = misspeltAnnotations(Object.keys(pod.annotations));
  const sentences = [...both, ...misspelt, ...notYet];
  if (sentences.length === 0) return undefined;
  return {
    reason: both.length + misspelt.length > 0 ? 'InvalidSpec' : 'NotSupportedYet',
    message: `pod ${pod.name}: ${sentences.join(' ')}`,
  };
}

function said(pod: DiscoveredPod, annotation: string): string | undefined {
  return pod.annotations[annotation]?.trim() || undefined;
}

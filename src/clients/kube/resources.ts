import { GROUP, KINDS, VERSION, type KindName } from '../../api/v1alpha1/kinds.ts';
import type { IgnitionGateway, IgnitionSync, ObjectMeta, SyncProfile } from '../../api/v1alpha1/objects.ts';

/** Any object as the apiserver stores it. */
export interface KubeObject {
  readonly metadata: ObjectMeta;
}

/** One kind of object, where it is served, and what its objects look like. */
export interface Resource<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Only for the type checker. */
  readonly shape?: T;
}

/** A pod, as far as this product reads it. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

export interface Secret extends KubeObject {
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface StatefulSet extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly ordinals?: { readonly start?: number } };
}

function ours<T extends KubeObject>(name: KindName): Resource<T> {
  return { apiVersion: `${GROUP}/${VERSION}`, kind: KINDS[name].kind, plural: KINDS[name].plural };
}

export const IGNITION_SYNCS = ours<IgnitionSync>('IgnitionSync');
export const SYNC_PROFILES = ours<SyncProfile>('SyncProfile');
export const IGNITION_GATEWAYS = ours<IgnitionGateway>('IgnitionGateway');
export const PODS: Resource<Pod> = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const SECRETS: Resource<Secret> = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
export const CONFIG_MAPS: Resource<ConfigMap> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
export const STATEFUL_SETS: Resource<StatefulSet> = { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' };

/** Path of a collection (no name), one object, or a subresource of it. */
export function resourcePath(resource: Resource<KubeObject>, namespace?: string, name?: string, subresource?: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${resource.plural}${object}${subresource ? `/${subresource}` : ''}`;
}

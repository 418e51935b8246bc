import type { IgnitionGatewaySpec, IgnitionGatewayStatus } from './ignition-gateway.ts';
import type { IgnitionSyncSpec, IgnitionSyncStatus } from './ignition-sync.ts';
import type { SyncProfileSpec, SyncProfileStatus } from './sync-profile.ts';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** What the apiserver says about any stored object, as far as this product reads it. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

interface Stored<Spec, Status> {
  readonly metadata: ObjectMeta;
  /** Defaults filled in by the apiserver. */
  readonly spec: Spec;
  readonly status?: Status;
}

/** An IgnitionSync as stored. */
export type IgnitionSync = Stored<IgnitionSyncSpec, IgnitionSyncStatus>;
/** A SyncProfile as stored. */
export type SyncProfile = Stored<SyncProfileSpec, SyncProfileStatus>;
/** An IgnitionGateway as stored. */
export type IgnitionGateway = Stored<IgnitionGatewaySpec, IgnitionGatewayStatus>;

import type { IgnitionGatewaySpec, IgnitionGatewayStatus } from '../../api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../api/v1alpha1/ignition-sync.ts';
import type { Announcement } from '../../domain/announcement.ts';
import type { Digest } from '../../domain/manifest.ts';

/** One of our objects as the apiserver has it. */
export interface Stored<Spec, Status> {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Spec;
  readonly status: Status | undefined;
}

export type StoredSync = Stored<unknown, IgnitionSyncStatus>;
export type StoredProfile = Stored<unknown, unknown>;
export type StoredGateway = Stored<IgnitionGatewaySpec, IgnitionGatewayStatus>;

/** What control activities need of Kubernetes. Reads give undefined for what does not exist. */
export interface ObjectStore {
  sync(namespace: string, name: string): Promise<StoredSync | undefined>;
  profile(namespace: string, name: string): Promise<StoredProfile | undefined>;
  gateways(namespace: string): Promise<readonly StoredGateway[]>;
  gateway(namespace: string, name: string): Promise<StoredGateway | undefined>;
  /** Replaces the status if the object still has this resourceVersion. False = somebody else wrote meanwhile: read again. */
  replaceSyncStatus(before: StoredSync, status: IgnitionSyncStatus): Promise<boolean>;
  replaceGatewayStatus(before: StoredGateway, status: IgnitionGatewayStatus): Promise<boolean>;
}

/** Tells people what turned, beside the status. Never fails: what cannot be told is in status too. */
export interface Announcer {
  announce(object: StoredSync, announcement: Announcement): Promise<void>;
  announceGateway(gateway: StoredGateway, announcement: Announcement): Promise<void>;
}

/** Keeps JSON documents by digest. */
export interface DocumentStore {
  putDocument(document: unknown): Promise<Digest>;
}

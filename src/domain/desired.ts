import type { IgnitionSyncSpec } from '../api/v1alpha1/ignition-sync.ts';
import type { SyncProfileSpec } from '../api/v1alpha1/sync-profile.ts';
import type { Fault } from './errors.ts';
import type { Digest } from './manifest.ts';
import type { PairOf } from './redundancy/pairs.ts';

/** One gateway as it shall be, with everything that planning needs to know about it. */
export interface DesiredGateway {
  readonly name: string;
  readonly podName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Exactly one of `profile` and `servicePath` is set, or `fault` says why none is. */
  readonly profile?: { readonly name: string; readonly spec: SyncProfileSpec };
  readonly servicePath?: string;
  readonly deploymentMode?: string;
  /** The gateway's own patterns; those of object and profile are in their specs. */
  readonly excludePatterns: readonly string[];
  /** What is live on its volume as far as status knows; `none` before the first apply. */
  readonly live: Digest;
  /** The manifest it has proved to run; absent when it never did. */
  readonly confirmed?: Digest;
  /** Status says that it runs what is live only after a restart. */
  readonly restartPending?: true;
  readonly fault?: Fault;
  /** The other node, where it is one of a redundant pair. */
  readonly pair?: PairOf;
}

/** The whole desired input of one IgnitionSync at one moment; frozen by digest, so that a rollout never sees a later edit. */
export interface Desired {
  readonly schema: 1;
  readonly object: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly generation: number;
  readonly spec: IgnitionSyncSpec;
  readonly gateways: readonly DesiredGateway[];
}

import type { RedundancyPolicy } from '../api/v1alpha1/sync-profile.ts';
import type { Fault } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { SessionPolicy } from '../domain/sessions.ts';
import type { RestartPolicy } from '../domain/restart.ts';
import type { KnownTag, ObjectRef, Resolution } from '../domain/reports.ts';
import type { GatewayConnection } from './gateway-activities.ts';

/** What every call about an object's repository is told. */
export interface SourceInput {
  readonly object: ObjectRef;
  /** The frozen desired input, by digest. */
  readonly desired: Digest;
}

export interface ResolveInput extends SourceInput {
  /** What the object's tag named last time, as its status has it. */
  readonly tag?: KnownTag;
  /** Set for a look that only the clock asked for: an answer of the git host that is no older than this will do. Milliseconds. */
  readonly maxAgeMs?: number;
}

export interface FetchInput extends SourceInput {
  readonly commit: string;
}

export interface FetchResult {
  /** First line of the commit message, cut to 100 characters: names the rollout in the Temporal UI. */
  readonly subject: string;
  readonly author: string;
}

export interface PlanInput extends FetchInput {
  readonly rollout: string;
  readonly ref: string;
  /** Only these gateways; all of the object's when absent. */
  readonly only?: readonly string[];
}

export interface PlannedStage {
  readonly name: string;
  /** Number of waves; each is read by its index, so that no workflow holds the list. */
  readonly waves: number;
  readonly gateways: number;
}

/** How many files change in which way, and the first paths of them. */
export type PlannedFiles = Readonly<
  Record<'added' | 'modified' | 'deleted', { readonly count: number; readonly first: readonly string[] }>
>;

export interface PlanResult {
  readonly planDigest: Digest;
  readonly stages: readonly PlannedStage[];
  /** Gateways whose manifest changes / is live already. */
  readonly changed: number;
  readonly unchanged: number;
  /** Files over all changed gateways. */
  readonly files: { readonly added: number; readonly modified: number; readonly deleted: number };
  /**
   * The same by kind of gateway, with the first 20 paths of each: gateways that change alike are one kind, named by the first five. At most
   * 10 kinds, those with the most gateways. Absent from sources of earlier versions.
   */
  readonly changes?: readonly { readonly gateways: number; readonly such: readonly string[]; readonly files: PlannedFiles }[];
  /** Warnings and left-out counts, bounded: the first 20 sentences. */
  readonly notes: readonly string[];
  /** Guard rails that ask for a person's confirmation of exactly this plan (mass deletes, an empty source). */
  readonly holds: readonly Fault[];
  readonly connection: GatewayConnection;
  readonly retainSnapshots: number;
  /** See `GatewayStep`. */
  readonly retainSnapshotBytes?: number;
}

export interface PlannedGateway {
  readonly gateway: string;
  readonly target: Digest;
  readonly expectLive: Digest;
  /** See `GatewayStep`. */
  readonly released?: Digest;
  /** See `ApplyInput`. */
  readonly lastConfirmed?: Digest;
  /** See `ApplyInput`; absent = hold. */
  readonly localChanges?: 'overwrite';
  /** See `GatewayStep`. */
  readonly designers?: SessionPolicy;
  /** See `GatewayStep`. */
  readonly perspective?: Exclude<SessionPolicy, 'proceed'>;
  /** How long a gateway waits for people to close what they have open; an hour when absent. Milliseconds. */
  readonly sessionWaitMs?: number;
  /** When it may be restarted; never when absent. */
  readonly restart?: RestartPolicy;
  /** Absent for a gateway that is not known to have a peer. */
  readonly pair?: PlannedPair;
}

/** What a plan says of a node of a redundant pair. */
export interface PlannedPair {
  readonly peer: string;
  /** Whether it is configured as the master. */
  readonly master: boolean;
  readonly policy: RedundancyPolicy;
}

export interface ReadWaveInput {
  readonly planDigest: Digest;
  readonly stage: string;
  readonly wave: number;
  /** Only these gateways of the plan and the other nodes of their pairs, whatever their stage: a retry by hand. */
  readonly only?: readonly string[];
}

export interface SourceActivities {
  resolveRevision(input: ResolveInput): Promise<Resolution>;
  fetch(input: FetchInput): Promise<FetchResult>;
  plan(input: PlanInput): Promise<PlanResult>;
  readWave(input: ReadWaveInput): Promise<readonly PlannedGateway[]>;
}

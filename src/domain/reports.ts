import type { Fault } from './errors.ts';
import type { Digest } from './manifest.ts';
import type { Reason } from './reasons.ts';

/** The object that a piece of work belongs to. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A ref as the user wrote it and the commit it resolved to. */
export interface Revision {
  readonly ref: string;
  /** 40 or 64 hex digits. */
  readonly commit: string;
}

/** What a tag named on its git host when it was last looked up. */
export interface KnownTag {
  /** URL of the repository, as the object had it. */
  readonly repo: string;
  /** Full: `refs/tags/v1`. */
  readonly name: string;
  readonly commit: string;
  /** What it had named before, if it has moved. */
  readonly previous?: string | undefined;
}

/** A revision as the git host gave it; with `tag` where the ref is one. */
export interface Resolution extends Revision {
  readonly tag?: KnownTag;
}

/** Whether the gateway proved to run what was applied, or could not be asked. */
export type LoadOutcome = 'Loaded' | 'AppliedUnverified';

/** `Behind`: it runs an earlier commit than the one its object wants, and nothing has begun on it. */
export type GatewayPhase =
  | 'Behind'
  | 'Pending'
  | 'Staging'
  | 'Staged'
  | 'Applying'
  | 'Scanning'
  | 'Restarting'
  | 'Synced'
  | 'Restoring'
  | 'Restored'
  | 'Failed'
  | 'Unreachable'
  | 'Waiting';

/** Something on a gateway that is not ours and is named like something of ours, but for case or the way accents are encoded. */
export interface NameTwin {
  readonly path: string;
  readonly ours: string;
}

/** How a gateway's files differ from the manifest that is live, in numbers of paths. */
export interface DriftReport {
  readonly changed: number;
  readonly missing: number;
  /** In mirrored folders, and not ours. */
  readonly foreign: number;
  /** The first few paths. */
  readonly first: readonly string[];
  /** Absent from agents that do not look for them. They are no drift: our files are as they shall be. */
  readonly twins?: { readonly count: number; readonly first: readonly NameTwin[] } | undefined;
}

/** What one gateway is doing, for its IgnitionGateway's status. */
export interface GatewayReport extends Revision {
  readonly gateway: string;
  readonly phase: GatewayPhase;
  readonly waitingFor?: string;
  /** Set when what is live on the volume is known to have become this. */
  readonly live?: Digest;
  /** With `live: none`: what was confirmed last still stands in for the record that is lost; see `ApplyInput`. */
  readonly standsIn?: Digest;
  /** Set when the gateway has proved to run it. */
  readonly confirmed?: { readonly manifest: Digest; readonly outcome: LoadOutcome };
  /** What waits for a restart since the gateway was last asked; empty when nothing does any more. */
  readonly restartPending?: readonly string[];
  readonly fault?: Fault;
  /** One sentence a person should know although nothing is wrong. */
  readonly note?: string;
}

/** States in which a rollout may still change gateways. */
export const ACTIVE_ROLLOUT_STATES = ['Planning', 'WaitingForApproval', 'Progressing', 'Paused', 'Frozen', 'Holding', 'Aborting'] as const;
/** States after which it never will again. */
export const FINAL_ROLLOUT_STATES = ['Succeeded', 'Failed', 'Rejected', 'Aborted', 'Superseded'] as const;
export type FinalRolloutState = (typeof FINAL_ROLLOUT_STATES)[number];
export type RolloutState = (typeof ACTIVE_ROLLOUT_STATES)[number] | FinalRolloutState;

/** Whether a state in a status is one after which a rollout changes nothing any more. */
export function isFinal(state: string | undefined): state is FinalRolloutState {
  return (FINAL_ROLLOUT_STATES as readonly string[]).includes(state ?? '');
}

/** What is said of a rollout in the object's status. */
export interface RolloutReport extends Revision {
  readonly id: string;
  readonly state: RolloutState;
  readonly contentHash: string;
  readonly planDigest?: Digest;
  /** Whether a person must approve the plan before a ticket is given. */
  readonly approvalRequired?: boolean;
  /** The plan that was approved, where approval is required. */
  readonly approvedPlan?: Digest;
  readonly approvedBy?: string;
  readonly stage?: string;
  readonly changed?: number;
  /** The first notes of the plan: what was left out, and what its author should look at. */
  readonly notes?: string[] | undefined;
  readonly message: string;
  /** What a failed rollout failed of. */
  readonly reason?: Reason;
  readonly waitingFor?: string;
}

/** News for the status of an object and of its gateways. */
export interface StatusReport {
  readonly object: ObjectRef;
  /** Number of the rollout that speaks; absent when the object's own workflow does. */
  readonly n?: number;
  readonly observedGeneration?: number;
  readonly revision?: Resolution;
  /** Digest of the specs that are wanted now. */
  readonly contentHash?: string;
  readonly rollout?: RolloutReport;
  /** How a rollout that is gone left its gateways: counts also when status knows that it has ended, as long as no newer one has begun. */
  readonly left?: boolean;
  /** Gateways that changed phase, at most 100. */
  readonly gateways?: readonly GatewayReport[];
  /** Stalled with this fault; null clears it. */
  readonly fault?: Fault | null;
  readonly frozen?: { readonly by: string; readonly reason: string } | null;
  /** What holds back new applies, if anything. */
  readonly paused?: 'spec' | 'signal' | false;
  /** Who paused it by signal, and why, where that was said. */
  readonly pausedBy?: { readonly by?: string; readonly reason?: string };
  /** What the object as a whole waits for when no rollout is running; empty = nothing. */
  readonly waitingFor?: string;
  /** Echo of the annotation that asked for a sync. */
  readonly handledSyncRequest?: string;
}

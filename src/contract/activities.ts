import type { LocalChanges } from '../api/v1alpha1/schema.ts';
import type { RedundancyPolicy } from '../api/v1alpha1/sync-profile.ts';
import type { Fault } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import type { SessionPolicy, SessionsSeen } from '../domain/sessions.ts';
import type { SomeFiles } from '../domain/taken.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { RestartPolicy } from '../domain/restart.ts';
import type { Reason } from '../domain/reasons.ts';
import type { KnownTag, LoadOutcome, ObjectRef, Resolution, Revision, RolloutState, StatusReport } from '../domain/reports.ts';

export type { ObjectRef, Resolution, Revision };

// ---------------------------------------------------------------- gateway (agents)

/** How the agent reaches its gateway; the host is the agent's own business (localhost in a pod). */
export interface GatewayConnection {
  readonly port: number;
  readonly tls: boolean;
}

/** How a step treats a gateway that is a node of a redundant pair. */
export interface PairStep {
  /** The gateway that is the other node. */
  readonly peer: string;
  /**
   * `active`: it must be in charge until the commit point, and everything is written. `standby`: only what does not replicate is written, the
   * rest must have come from the peer. `stopped`: its gateway does not run, and everything is written. Absent: as the gateway says, for a step
   * that changes nothing.
   */
  readonly as?: 'active' | 'standby' | 'stopped';
  /** With `standby`: what the peer has not brought is not waited for but written, since the peer is no master. */
  readonly unreplicated?: 'write';
  /** The manifest that is live on the peer: files of it are no local change here, they have replicated. */
  readonly peerLive?: Digest;
}

/** What every gateway step is told. Names and fields are a public API: agents stay in use for months, fields are only added. */
export interface GatewayStep {
  readonly object: ObjectRef;
  readonly gateway: string;
  readonly rollout: string;
  readonly planDigest: Digest;
  /** The manifest that shall be live after the step. */
  readonly target: Digest;
  /** The manifest that must be live before it, `none` for a first apply. */
  readonly expectLive: Digest;
  /** Manifest of files that were ours and stay on the gateway as somebody else's, such as newly excluded ones; absent when there are none. */
  readonly released?: Digest;
  /** See `operationId`. */
  readonly op: string;
  /** What `target` was made of, kept on the volume for people who look there; absent for a restore, whose snapshot knows. */
  readonly revision?: Revision;
  readonly connection: GatewayConnection;
  /** Snapshots to keep on the gateway. */
  readonly retainSnapshots: number;
  /** Bytes that all snapshots together may hold, but for the newest; no bound when absent. */
  readonly retainSnapshotBytes?: number;
  /** For projects that are open in a Designer; nobody is asked when absent. */
  readonly designers?: SessionPolicy;
  /** For projects that are open in Perspective; `proceed` when absent. */
  readonly perspective?: SessionPolicy;
  /** Absent for a gateway that is not known to have a peer. */
  readonly redundancy?: PairStep;
}

/** `stage` and `apply` are told the same. */
export interface ApplyInput extends GatewayStep {
  /** What becomes of files that somebody changed since we wrote them: `hold` (default) or `overwrite`; the snapshot keeps them either way. */
  readonly localChanges?: LocalChanges;
  /** A person has confirmed that most of this gateway's files may go; see `guardMirror`. */
  readonly deletesConfirmed?: boolean;
  /** The manifest that the gateway confirmed last, where its volume has no record of what is live: it stands in for that record. */
  readonly lastConfirmed?: Digest;
}

export interface StageResult {
  readonly live: Digest;
  /** Files and bytes copied to scratch by this call. */
  readonly fetchedFiles: number;
  readonly fetchedBytes: number;
  readonly changes: { readonly added: number; readonly modified: number; readonly deleted: number };
  /** Files in mirrored folders that are not ours and will go. */
  readonly foreign?: SomeFiles;
  /** Files that somebody changed and that will be overwritten, as the policy says. */
  readonly overwrites?: SomeFiles;
  /** What the gateway says of its pair; absent where the step did not say that there is one. */
  readonly node?: NodeState;
}

/** Which scans tell the gateway of what has changed. */
export interface OwedScans {
  readonly config: boolean;
  readonly projects: boolean;
  /** A new project is only registered by its first scan. */
  readonly newProject: boolean;
  /** Names of new projects, up to a few. */
  readonly newProjects?: readonly string[] | undefined;
}

export interface ApplyResult {
  /** `target`: an apply that returns has made it live. */
  readonly live: Digest;
  /** False when the target was live already. */
  readonly wrote: boolean;
  readonly changes: { readonly added: number; readonly modified: number; readonly deleted: number };
  /** Files of somebody else that were replaced because this plan newly owns their place; the snapshot keeps them. */
  readonly takenOver?: number;
  /** Files that somebody had changed or deleted since we wrote them, and that are as in git again; the snapshot keeps what there was. */
  readonly overwritten?: SomeFiles;
  /** Files in mirrored folders that were not ours and are gone; the snapshot keeps them. */
  readonly mirrored?: SomeFiles;
  /** Files that are ours now and were there already, equal to git's. */
  readonly adopted?: number;
  /** Who had projects open while they changed, as the policy allows. */
  readonly sessions?: readonly SessionsSeen[];
  /** First rename to last, in milliseconds. */
  readonly visibleMs: number;
  /** Which scans the change needs; a new project needs two project scans. */
  readonly scans: OwedScans;
}

export interface ScanInput extends GatewayStep {
  readonly scans: ApplyResult['scans'];
}

export interface ScanResult {
  readonly outcome: LoadOutcome;
  readonly message: string;
  /** Milliseconds the gateway's own scans took. */
  readonly scanMs: number;
  /** As in `StageResult`, when the scan has ended. */
  readonly node?: NodeState;
  /** What of this product's changes the gateway runs only after a restart, in its own words; absent when nothing. */
  readonly restart?: readonly string[];
}

/** One step of a restart of the whole gateway; see `GatewayActivities.restart`. */
export interface RestartInput extends GatewayStep {
  readonly step: 'look' | 'ask' | 'settle';
  /** `proceed`: also while people are in; `wait` when absent. */
  readonly whenInUse?: 'proceed';
  /** Milliseconds that the gateway may take to come back. */
  readonly timeoutMs: number;
  /** When the window closes, epoch milliseconds: from then on by its own clock the agent asks no gateway. Without end when absent. */
  readonly notAfter?: number;
}

/** `nothing`: no restart is due, or this one was never asked for. `due`: it is, and nobody is in. */
export interface RestartResult {
  readonly state: 'nothing' | 'due' | 'asked' | 'back';
}

export interface RestoreInput extends GatewayStep {
  /** What becomes of files that somebody changed since: `replace` (they stay in the snapshot; default) or `hold`: LocalChange, nothing is put back. */
  readonly localChanges?: 'replace' | 'hold';
}

export interface RestoreResult {
  readonly live: Digest;
  readonly wrote: boolean;
  /** Files that somebody had changed since, which are now in the snapshot only; the first few. */
  readonly replaced?: readonly string[];
}

/** Executed by the agent beside the gateway, on that gateway's own Task Queue. */
export interface GatewayActivities {
  /** Copies what is missing to scratch, on the volume itself. Changes nothing that the gateway reads. */
  stage(input: ApplyInput): Promise<StageResult>;
  /** Makes the staged manifest live, whole or not at all. Asks for a ticket directly before its commit point. */
  apply(input: ApplyInput): Promise<ApplyResult>;
  /** Tells the gateway to look, and proves what it can. */
  scan(input: ScanInput): Promise<ScanResult>;
  /** Puts back what was live before: `expectLive` is what the failed apply made live, `target` what was live before it. */
  restore(input: RestoreInput): Promise<RestoreResult>;
  /** `look`: is a restart due, and is nobody in? `ask` for it, once for one `op`. `settle`: has the gateway come back from it? Each returns at once. */
  restart(input: RestartInput): Promise<RestartResult>;
}

// ---------------------------------------------------------------- source

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

// ---------------------------------------------------------------- control

export interface ReadDesiredInput {
  readonly namespace: string;
  readonly name: string;
  /** A gateway that a person asked for: the answer says whether there is one of that name. */
  readonly retry?: string;
}

/** What the workflow needs to know of the desired input; the whole of it is kept by digest. */
export type DesiredSummary =
  | { readonly exists: false }
  | {
      readonly exists: true;
      readonly object: ObjectRef;
      readonly generation: number;
      readonly desired: Digest;
      /** Changes when what shall be on the gateways may have changed: specs, profiles, the gateway set. */
      readonly contentHash: string;
      readonly ref: string;
      readonly paused: boolean;
      readonly approval: { readonly required: boolean; readonly timeoutMs: number };
      readonly pollMs: number;
      readonly gateways: number;
      readonly retryKnown?: boolean;
      /** What gateways say of themselves between syncs, such as drift, in few characters: when it changes, status is written anew. */
      readonly standing?: string;
      /** Gateways whose confirmed manifest is not known to be that of the last finished rollout, at most 100 names. */
      readonly outOfDate: readonly string[];
      /** The newest rollout that status knows: numbers never go back, and a finished rollout is not started again, also after a reset. */
      readonly rollout?: {
        readonly n: number;
        readonly state: RolloutState;
        readonly commit: string;
        readonly contentHash: string;
        /** What it failed of. */
        readonly reason?: Reason;
      };
      /** What the object's tag named when it was last looked up. */
      readonly tag?: KnownTag;
      /** A stop or a pause by signal that status knows of. */
      readonly frozen?: { readonly by: string; readonly reason: string };
      readonly pausedBySignal?: boolean;
      /** The annotation that asks for a sync, echoed when handled. */
      readonly requestedSync?: string;
      readonly handledSync?: string;
    };

export interface ReportResult {
  /** False when status already knows a newer rollout, or knows this one as finished: the reporter must stop. */
  readonly current: boolean;
  /** Whether the object asked for an approval of each plan when this was written: a person may have said so a moment ago. */
  readonly approvalRequired?: boolean;
}

export interface ControlActivities {
  readDesired(input: ReadDesiredInput): Promise<DesiredSummary>;
  reportStatus(input: StatusReport): Promise<ReportResult>;
}

import type { LocalChanges } from '../api/v1alpha1/schema.ts';
import type { Digest } from '../domain/manifest.ts';
import type { SessionPolicy, SessionsSeen } from '../domain/sessions.ts';
import type { SomeFiles } from '../domain/taken.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { LoadOutcome, ObjectRef, Revision } from '../domain/reports.ts';

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

import type { Digest } from '../domain/manifest.ts';
import type { Reason } from '../domain/reasons.ts';
import type { KnownTag, ObjectRef, RolloutState, StatusReport } from '../domain/reports.ts';

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
      /** That rollout holds since other files are live than it was planned for, and what is live has been said meanwhile. */
      readonly planOutdated?: true;
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

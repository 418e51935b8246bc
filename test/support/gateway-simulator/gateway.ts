import type { Faults } from './faults.ts';
import type { Log } from './log.ts';
import type { NeverTouched } from './never-touched.ts';
import type { Replication } from './replication.ts';
import type { Kind, ScanEngine } from './scan-engine.ts';
import type { ScanLock } from './scan-lock.ts';

export type Edition = 'standard' | 'edge' | 'maker';

/** Who the gateway is: chosen at its start. */
export interface GatewayIdentity {
  readonly name: string;
  /** As `gateway-info` says it, such as `8.3.6 (b2026042713)`. */
  readonly version: string;
  readonly edition: Edition;
  /** `-Dignition.config.mode`; empty for none [facts 1.10]. */
  readonly mode: string;
}

/** What a redundant node says of itself [facts 1.5]. */
export interface Redundancy {
  role: 'Independent' | 'Master' | 'Backup';
  activityLevel: 'Active' | 'Warm' | 'Cold';
  projectState: 'Good' | 'OutOfDate' | 'Incompatible' | 'Unknown';
  peerConnected: boolean;
  syncPending: boolean;
  lastSyncTimestamp: number;
}

/** A call that was answered. */
export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** One simulated gateway as its routes see it. */
export interface Gateway extends GatewayIdentity {
  readonly dataDir: string;
  /** The API key that is accepted, `name:secret`; any call is allowed when absent. */
  readonly tokenFile?: string | undefined;
  readonly tls: boolean;
  readonly port: () => number;
  readonly engine: ScanEngine;
  readonly locks: Readonly<Record<Kind, ScanLock>>;
  readonly log: Log;
  readonly guarded: NeverTouched;
  readonly redundancy: Redundancy;
  /** Epoch milliseconds of the process's start. */
  startedAt: number;
  faults: Faults;
  readonly requests: Answered[];
  /** Ends the gateway's process and starts it again, as far as others can see. */
  readonly restart: () => Promise<void>;
  /** Settles when the last restart is over. */
  restarting: Promise<void>;
  /** How its files come to the other node; absent without a peer. */
  replication?: Replication;
  /** What ends it that keys may nothing, after a first-time setup: looked at with each call, and at a restart. */
  forgotten?: { readonly look: () => void; readonly restart: () => void } | undefined;
  /** Keys in files as they were at the last start, `name:hash`. */
  keysAtBoot: ReadonlySet<string>;
  /** Exchanges who of a pair is active; absent without a peer. */
  failover?: () => void;
}

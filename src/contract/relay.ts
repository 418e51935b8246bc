import type { GatewayConnection } from './gateway-activities.ts';
import type { Digest } from '../domain/manifest.ts';
import type { DriftReport } from '../domain/reports.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { Fault } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Expectation } from '../domain/startup.ts';

/**
 * What agents say to the relay. HTTP/1.1, JSON bodies, `Authorization: Bearer <ServiceAccount token with our audience>`.
 * Errors: `{reason, message}` with 401 (who are you), 403 (not yours, or refused), 404 (no such content), 416 (no such range), 503 (ask
 * again).
 *
 *   POST /v1/hello                       HelloRequest  -> HelloResponse
 *   POST /v1/ticket                      TicketRequest -> TicketResponse, or 403 TicketRefusal
 *   GET  /v1/manifests/<digest>          -> the canonical text of the manifest
 *   POST /v1/blobs  {digests: Digest[]}  -> frames: per blob one JSON line {"sha256","size"} + "\n", then exactly `size` bytes
 *   GET  /v1/blobs/<digest>              -> its bytes; with `Range: bytes=<from>-` 206 and the rest of them
 *
 * Manifests and blobs come compressed with gzip to whoever says `Accept-Encoding: gzip`, but for answers to a range. A relay of before
 * that compresses nothing, and answers 404 to a single blob.
 */
export const RELAY_PATHS = { hello: '/v1/hello', ticket: '/v1/ticket', manifests: '/v1/manifests', blobs: '/v1/blobs' } as const;

/** Digests per blobs request. */
export const MAX_BLOBS_PER_REQUEST = 512;

/** Content that one gateway's agent may be sent at once; more is answered with 503. */
export const MAX_DOWNLOADS_PER_GATEWAY = 4;

/** The version of what agents and control plane say to each other. Fields are only added; agents stay in use for 18 months. */
export const AGENT_PROTOCOL = 1;

export interface HelloRequest {
  readonly protocol: number;
  readonly version: string;
  /** Digest of the manifest that is live on the volume, or `none`. */
  readonly live: Digest;
  /** The operation that made it live; empty when nothing was applied. */
  readonly liveOp: string;
  /** How the gateway's files differ from that, where it was looked; absent = not known, which changes nothing that was said before. */
  readonly drift?: DriftReport;
  /** What the gateway says of its redundant pair; absent = not known, or no node of one. */
  readonly node?: NodeState;
  /** What of our changes waits for a restart, in the gateway's words, at most as many as are named; absent from earlier agents. */
  readonly restartPending?: readonly string[];
  /** Why the gateway cannot be synced yet although its agent is there; absent = nothing speaks against it. */
  readonly comingUp?: Fault;
}

/** Paths named in a report of drift. */
export const MAX_DRIFT_NAMED = 5;

/** What waits for a restart, named in a hello. */
export const MAX_RESTARTS_NAMED = 20;
/** Characters of each. */
export const MAX_RESTART_NAME = 256;

/** Who the relay takes the caller for, and where its work is. */
export interface HelloResponse {
  readonly namespace: string;
  readonly gateway: string;
  readonly taskQueue: string;
  /** PEM of the Ed25519 key that signs tickets. */
  readonly ticketKey: string;
  /** For a gateway that starts; absent from earlier relays. */
  readonly startup?: Startup;
  /** Whether it is taken for a node of a redundant pair: an agent that finds otherwise says so. */
  readonly redundant?: boolean;
}

/** What an agent is told for the start of its gateway. */
export interface Startup extends Expectation {
  /** See `spec.agent.startupGraceSeconds`. */
  readonly graceSeconds: number;
  readonly connection: GatewayConnection;
}

export interface TicketRequest {
  readonly object: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly rollout: string;
  readonly planDigest: Digest;
  readonly target: Digest;
  readonly op: string;
}

/** A permission to make one plan live on one gateway: valid for at most 5 seconds on the agent's own monotonic clock. */
export interface TicketResponse {
  readonly ticket: string;
  /** Milliseconds from receipt. */
  readonly validForMs: number;
}

/** The claims of a ticket: `ticket` is `<base64url of the JSON of these>.<base64url of the Ed25519 signature over it>`. */
export interface TicketClaims extends TicketRequest {
  readonly gateway: string;
  readonly namespace: string;
  readonly issuedAt: string;
}

export interface TicketRefusal {
  readonly reason: Extract<Reason, 'Paused' | 'Frozen' | 'NotCurrentRollout' | 'ApprovalPending' | 'TicketRefused'>;
  readonly message: string;
}

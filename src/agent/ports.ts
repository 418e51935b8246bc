import type { HelloRequest, HelloResponse, TicketRequest, TicketResponse } from '../contract/relay.ts';
import type { GatewayConnection } from '../contract/gateway-activities.ts';
import type { IgnitionClient } from '../clients/ignition/client.ts';
import type { Digest } from '../domain/manifest.ts';
import type { VolumeFs } from './volume-fs.ts';

/** What a file's content is. */
export interface Blob {
  readonly sha256: Digest;
  /** Bytes. */
  readonly size: number;
}

/** One blob as it arrives. The body must be read to its end before the next blob is asked for. */
export interface IncomingBlob extends Blob {
  readonly body: AsyncIterable<Uint8Array>;
}

/** The agent's door to the control plane. Every failure is a SyncError: a refusal with its own reason, else `RelayUnreachable` or `ContentUnavailable`. */
export interface RelayClient {
  hello(request: HelloRequest, signal?: AbortSignal): Promise<HelloResponse>;
  ticket(request: TicketRequest, signal?: AbortSignal): Promise<TicketResponse>;
  /** The canonical text of a manifest in pieces; the caller checks the digest. */
  manifest(digest: Digest, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** At most MAX_BLOBS_PER_REQUEST digests; the blobs may come in any order. The caller checks the digests. */
  blobs(digests: readonly Digest[], signal?: AbortSignal): AsyncIterable<IncomingBlob>;
  /** The bytes of one blob from `from` on, exactly as many as its size says; the caller checks the digest of the whole. */
  blob(blob: Blob, from: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Two clocks: one for people, one that never jumps (milliseconds) for limits. */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
}

/** Bytes of the volume that holds a folder. */
export interface VolumeSpace {
  readonly free: number;
  readonly total: number;
}

/** What an agent is made of. */
export interface AgentOptions {
  /** The gateway's data directory. */
  readonly dataDir: string;
  /** The version of this program, as told to the relay. */
  readonly version: string;
  readonly relay: RelayClient;
  readonly ignition: (connection: GatewayConnection) => IgnitionClient;
  readonly clock?: Clock;
  readonly space?: (folder: string) => Promise<VolumeSpace>;
  /** Opens the data directory: the disk itself when absent. */
  readonly volume?: (dataDir: string) => VolumeFs;
  /** Milliseconds that one scan of the gateway may take; 60,000 when absent. */
  readonly scanTimeoutMs?: number;
  /** Hears each named step of a transaction directly after it has happened: for logs, and for tests that end the process there. */
  readonly onStep?: (step: string) => void;
}

/** How far a call is. */
export interface Progress {
  readonly doing: 'comparing' | 'fetching' | 'waiting' | 'applying' | 'scanning';
  readonly files?: number;
  readonly of?: number;
}

/** What every call is given besides its input. */
export interface Doing {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

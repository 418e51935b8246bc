import type { Readable } from 'node:stream';

/** First and last byte of a part, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is known of an object without reading it. */
export interface Found {
  /** Bytes. */
  readonly size: number;
  /** When it was written or renewed. */
  readonly at: Date;
}

/** A whole, durable file on its way into the store, and the key that it shall have. */
export interface StagedFile {
  readonly temporary: string;
  readonly key: string;
}

/**
 * Where the content store lies: bytes under keys with `/` between their parts, such as `blobs/ab/<digest>`. What has a key is whole. Every
 * verb may be repeated.
 *
 * An object that is not there is `undefined` or `false`. Everything else that fails is a SyncError ContentStoreFailed, which says what to do.
 */
export interface Objects {
  /** A folder of this machine for what is being staged. */
  readonly spool: string;

  /** Finds out whether it can be used, and makes ready what a first use needs. */
  prepare(): Promise<void>;
  look(key: string): Promise<Found | undefined>;
  /** The whole of a small object. */
  read(key: string): Promise<Buffer | undefined>;
  /** The whole size, and all bytes or those of a range. */
  open(key: string, range?: ByteRange): Promise<{ readonly size: number; readonly stream: Readable } | undefined>;
  /** Writes a small object durably, in place of what was there. */
  put(key: string, text: string): Promise<void>;
  /** Gives staged files their keys; the files are gone then. */
  name(files: readonly StagedFile[]): Promise<void>;
  /** Makes an object as young as one that is written now. */
  renew(key: string, now: Date): Promise<boolean>;
  move(from: string, to: string): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** Every object whose key begins so, in no order. */
  list(prefix: string): AsyncIterable<Found & { readonly key: string }>;
  /** The parts that follow a prefix, up to the next `/`. */
  folders(prefix: string): Promise<string[]>;
  /** Removes what a crash left unfinished and is older than an hour. */
  removeLeftovers(now: Date): Promise<void>;
}

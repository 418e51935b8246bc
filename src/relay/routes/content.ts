import type { IncomingMessage, ServerResponse } from 'node:http';
import parseRange from 'range-parser';
import { z } from 'zod';
import { MAX_BLOBS_PER_REQUEST, MAX_DOWNLOADS_PER_GATEWAY } from '../../contract/relay.ts';
import { sendPieces } from '../answer.ts';
import type { Caller } from '../callers.ts';
import type { ByteRange, ContentGrants, ContentReader } from '../content.ts';
import { Refused } from '../refused.ts';
import { Digest } from '../wire.ts';

export const Blobs = z.object({ digests: z.array(Digest).max(MAX_BLOBS_PER_REQUEST) });

/** Answers under way at once, whoever gets them: what each may hold in memory, some 400 kB, times this is what downloads may cost. */
const MAX_DOWNLOADS = 256;

/** The slowest line over which an agent gets its content, bytes per second. What reads slower only holds a place. */
const SLOWEST = 8 * 1024;
/** A system says that more was taken only when a third of what it holds for a connection is free: Linux holds up to 4 MiB, bytes. */
const TAKEN_AT_ONCE = (4 * 2 ** 20) / 3;
/** How long a reader may seem to take nothing, milliseconds. However long all of it takes is its own affair. */
const STALL_MS = Math.ceil(TAKEN_AT_ONCE / SLOWEST) * 1_000;

const BYTES = { 'content-type': 'application/octet-stream' };

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What agents download: manifests that were planned for their gateway, and what those name. Nothing is held in memory whole. */
export class ContentRoutes {
  readonly #grants: ContentGrants;
  readonly #store: ContentReader;
  readonly #stallMs: number;
  readonly #underWay = new Map<string, number>();
  #all = 0;

  /** @param stallMs how long a reader may take nothing, milliseconds; some three minutes when absent */
  constructor(grants: ContentGrants, store: ContentReader, stallMs = STALL_MS) {
    this.#grants = grants;
    this.#store = store;
    this.#stallMs = stallMs;
  }

  /** Sends the canonical text of a manifest that was planned for the caller's gateway. */
  async manifest(caller: Caller, digest: string, { request, response }: Exchange): Promise<void> {
    await this.#counted(caller, async () => {
      if (!(await this.#grants.mayReadManifest(caller.namespace, caller.gateway, digest))) throw notYours('manifest', digest, caller);
      const { size, stream } = await this.#store.openManifest(digest);
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      await sendPieces(request, response, stream, { status: 200, headers, length: size, mayCompress: true, stallMs: this.#stallMs });
    });
  }

  /** Sends blobs that manifests of the caller's gateway name, one after the other. */
  async blobs(caller: Caller, digests: readonly string[], { request, response }: Exchange): Promise<void> {
    await this.#counted(caller, async () => {
      for (const digest of digests) await this.#guardBlob(caller, digest);
      const frames = this.#frames(new Set(digests));
      await sendPieces(request, response, frames, { status: 200, headers: BYTES, mayCompress: true, stallMs: this.#stallMs });
    });
  }

  /** Sends one blob, or the part of it that the request names. */
  async blob(caller: Caller, digest: string, { request, response }: Exchange): Promise<void> {
    await this.#counted(caller, async () => {
      await this.#guardBlob(caller, digest);
      const size = await this.#store.sizeOfBlob(digest);
      const range = rangeOf(request, response, digest, size);
      const { stream } = await this.#store.openBlob(digest, range);
      const headers = {
        ...BYTES,
        'accept-ranges': 'bytes',
        ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
      };
      const length = range ? range.end - range.start + 1 : size;
      const status = range ? 206 : 200;
      await sendPieces(request, response, stream, { status, headers, length, mayCompress: !range, stallMs: this.#stallMs });
    });
  }

  async *#frames(digests: Iterable<string>): AsyncGenerator<Uint8Array> {
    for (const digest of digests) {
      const { size, stream } = await this.#store.openBlob(digest);
      yield Buffer.from(`${JSON.stringify({ sha256: digest, size })}\n`);
      yield* stream as AsyncIterable<Uint8Array>;
    }
  }

  async #guardBlob(caller: Caller, digest: string): Promise<void> {
    if (!(await this.#grants.mayReadBlob(caller.namespace, caller.gateway, digest))) throw notYours('file', digest, caller);
  }

  async #counted(caller: Caller, work: () => Promise<void>): Promise<void> {
    const key = `${caller.namespace}/${caller.gateway}`;
    const own = this.#underWay.get(key) ?? 0;
    if (own >= MAX_DOWNLOADS_PER_GATEWAY || this.#all >= MAX_DOWNLOADS)
      throw new Refused(
        503,
        'RelayUnreachable',
        own >= MAX_DOWNLOADS_PER_GATEWAY
          ? `gateway ${key} has ${own} downloads under way, as many as one may: ask again when one is over.`
          : `the relay has ${this.#all} downloads under way, as many as it takes: ask again in a moment.`,
      );
    this.#underWay.set(key, own + 1);
    this.#all += 1;
    try {
      await work();
    } finally {
      this.#all -= 1;
      const left = (this.#underWay.get(key) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, left);
    }
  }
}

/**
 * The one range that a request names; undefined for none, for several, and for what is no range, all of which get the whole.
 * @throws Refused 416 when there are no such bytes
 */
function rangeOf(request: IncomingMessage, response: ServerResponse, digest: string, size: number): ByteRange | undefined {
  const { range } = request.headers;
  const ranges = range === undefined ? undefined : parseRange(size, range);
  if (ranges === -1) {
    response.setHeader('content-range', `bytes */${size}`);
    throw new Refused(416, 'ContentUnavailable', `file ${digest} has ${size} bytes: "${String(range).slice(0, 100)}" names none of them.`);
  }
  return Array.isArray(ranges) && ranges.length === 1 && ranges.type === 'bytes' ? ranges[0] : undefined;
}

function notYours(what: string, digest: string, { namespace, gateway }: Caller): Refused {
  return new Refused(403, 'ContentUnavailable', `${what} ${digest.slice(0, 80)} was not planned for gateway ${namespace}/${gateway}.`);
}

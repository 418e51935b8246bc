import type { Blob, IncomingBlob, RelayClient } from '../../../../src/agent/ports.ts';
import type { HelloRequest } from '../../../../src/contract/relay.ts';
import { SyncError } from '../../../../src/domain/errors.ts';
import type { Digest } from '../../../../src/domain/manifest.ts';
import { Content } from './content.ts';
import { TicketOffice } from './tickets.ts';

/** The relay without a network: its content and its ticket office in this process. */
export class LocalRelay implements RelayClient {
  readonly content: Content;
  readonly office = new TicketOffice();
  readonly fetched: Digest[] = [];
  calls = 0;
  refusal: SyncError | undefined;
  /** Called before each blob, with the number of blobs that went before. */
  beforeBlob: (index: number) => void = () => undefined;

  constructor(content: Content) {
    this.content = content;
  }

  /** Hears each hello. */
  onHello: (request: HelloRequest) => void = () => undefined;

  hello(request: HelloRequest): ReturnType<RelayClient['hello']> {
    this.calls += 1;
    this.onHello(request);
    return Promise.resolve(this.office.hello());
  }

  ticket(request: Parameters<RelayClient['ticket']>[0]): ReturnType<RelayClient['ticket']> {
    this.calls += 1;
    if (this.refusal) return Promise.reject(this.refusal);
    return Promise.resolve(this.office.issue(request));
  }

  async *manifest(digest: Digest): AsyncGenerator<Uint8Array> {
    this.calls += 1;
    const text = this.content.manifests.get(digest);
    if (text === undefined) throw new SyncError('ContentUnavailable', `no manifest ${digest}`);
    yield await Promise.resolve(Buffer.from(text));
  }

  async *blobs(digests: readonly Digest[]): AsyncGenerator<IncomingBlob> {
    this.calls += 1;
    for (const digest of digests) {
      this.beforeBlob(this.fetched.length);
      const bytes = this.content.blobs.get(digest);
      if (!bytes) continue;
      this.fetched.push(digest);
      yield await Promise.resolve({ sha256: digest, size: bytes.length, body: pieces(bytes) });
    }
  }

  async *blob({ sha256 }: Blob, from: number): AsyncGenerator<Uint8Array> {
    this.calls += 1;
    this.beforeBlob(this.fetched.length);
    const bytes = this.content.blobs.get(sha256);
    if (!bytes) throw new SyncError('ContentUnavailable', `no content ${sha256}`);
    this.fetched.push(sha256);
    yield* pieces(bytes.subarray(from));
  }
}

/** A relay whose tickets are local, and whose content comes over HTTP. */
export function downloadingBy(client: RelayClient): LocalRelay {
  return Object.assign(new LocalRelay(new Content()), {
    manifest: (digest: Digest, signal?: AbortSignal) => client.manifest(digest, signal),
    blobs: (digests: readonly Digest[], signal?: AbortSignal) => client.blobs(digests, signal),
    blob: (blob: Blob, from: number, signal?: AbortSignal) => client.blob(blob, from, signal),
  });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16384) yield await Promise.resolve(bytes.subarray(at, at + 16384));
}

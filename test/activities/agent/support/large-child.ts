import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingBlob } from '../../../../src/agent/ports.ts';
import { NO_MANIFEST, createManifest, encodeManifest, type Digest } from '../../../../src/domain/manifest.ts';
import { Content } from './content.ts';
import { doing, openAgent, stepOf } from './local-agent.ts';
import { LocalRelay } from './local-relay.ts';

/** What the child process of a test of large plans is told. */
export interface LargeOrder {
  readonly dataDir: string;
  readonly files: number;
  /** Bytes of each file. */
  readonly bytes: number;
}

const PIECE = 64 * 1024;

/** Content that is made as it is asked for, so that what this process needs is what the engine needs. */
class EndlessRelay extends LocalRelay {
  readonly #seeds = new Map<Digest, number>();
  readonly #bytes: number;
  readonly manifestDigest: Digest;
  readonly #text: string;

  constructor({ files, bytes }: LargeOrder) {
    super(new Content());
    this.#bytes = bytes;
    const entries = Array.from({ length: files }, (_, i) => {
      const hash = createHash('sha256');
      for (const piece of pieces(i, bytes)) hash.update(piece);
      const sha256 = hash.digest('hex');
      this.#seeds.set(sha256, i);
      const path = `projects/p${i % 10}/com.inductiveautomation.perspective/views/Group ${i % 97}/Some View ${i}/view.json`;
      return { path, sha256, size: bytes, executable: false };
    });
    this.#text = encodeManifest(createManifest(entries));
    this.manifestDigest = createHash('sha256').update(this.#text).digest('hex');
  }

  override manifest(): Promise<string> {
    return Promise.resolve(this.#text);
  }

  override async *blobs(digests: readonly Digest[]): AsyncGenerator<IncomingBlob> {
    for (const sha256 of digests)
      yield await Promise.resolve({ sha256, size: this.#bytes, body: slowly(pieces(this.#seeds.get(sha256) ?? 0, this.#bytes)) });
  }
}

function* pieces(seed: number, bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(Math.min(PIECE, bytes), `${seed} `);
  for (let left = bytes; left > 0; left -= PIECE) yield piece.subarray(0, left);
}

async function* slowly(all: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of all) yield await Promise.resolve(piece);
}

/** Kilobytes of memory that were in use at most since the last reset. */
function peak(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
}

const order = JSON.parse(process.argv[2] ?? '') as LargeOrder;
const relay = new EndlessRelay(order);
const agent = await openAgent(order.dataDir, relay);
globalThis.gc?.();
const before = Math.round(process.memoryUsage().rss / 1024);
const step = stepOf(NO_MANIFEST, relay.manifestDigest, 'large');
await agent.stage(step, doing);
const staged = peak();
await agent.apply(step, doing);
process.stdout.write(JSON.stringify({ before, staged, peak: peak() }));
await agent.close();

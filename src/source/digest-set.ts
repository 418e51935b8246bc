import type { Digest } from '../domain/manifest.ts';

const BYTES = 32;
const [NEWLINE, QUOTE, SLASH] = [10, 34, 47];

/** Digests in 32 bytes each, sorted: what a manifest of many files names, for looking up. */
export class DigestSet {
  readonly #sorted: Buffer;

  private constructor(sorted: Buffer) {
    this.#sorted = sorted;
  }

  /** The digests in the canonical text of a manifest, which is never in memory as a whole. */
  static async ofManifest(pieces: AsyncIterable<Uint8Array>): Promise<DigestSet> {
    const found: Buffer[] = [];
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of pieces) {
      const bytes = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([rest, piece]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      found.push(digestsIn(bytes.subarray(0, end)));
      rest = Buffer.from(bytes.subarray(end));
    }
    return new DigestSet(sorted(Buffer.concat(found)));
  }

  get size(): number {
    return this.#sorted.length / BYTES;
  }

  has(digest: Digest): boolean {
    const wanted = Buffer.from(digest, 'hex');
    if (wanted.length !== BYTES) return false;
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = wanted.compare(this.#sorted, middle * BYTES, (middle + 1) * BYTES);
      if (order === 0) return true;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return false;
  }
}

function digestsIn(lines: Buffer): Buffer {
  const found = Buffer.alloc((lines.length / (2 * BYTES)) * BYTES + BYTES);
  let length = 0;
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(NEWLINE, at);
    // Only lines of files: the header is none, and what is mirrored begins with a slash and may name anything.
    if (lines.toString('latin1', at, at + 2) === '["' && lines[at + 2] !== SLASH) {
      const quote = lines.subarray(at, end).lastIndexOf(QUOTE) + at; // what follows the digest are numbers
      length += found.write(lines.toString('latin1', quote - 2 * BYTES, quote), length, 'hex');
    }
    at = end + 1;
  }
  return Buffer.from(found.subarray(0, length));
}

function sorted(digests: Buffer): Buffer {
  const order = Array.from({ length: digests.length / BYTES }, (_, i) => i * BYTES);
  order.sort((a, b) => digests.compare(digests, b, b + BYTES, a, a + BYTES));
  const result = Buffer.alloc(digests.length);
  for (const [i, at] of order.entries()) digests.copy(result, i * BYTES, at, at + BYTES);
  return result;
}

import { createHash, hash } from 'node:crypto';
import type { Digest } from '../domain/manifest.ts';

/** sha256 in lower-case hex. In one call: of many files the hash objects would lie about until they are collected. */
export function sha256(bytes: string | Uint8Array): Digest {
  return hash('sha256', bytes, 'hex');
}

/** Whether a text can name content of the store: checked before it becomes part of a path. */
export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** sha256 over pieces, in lower-case hex. */
export function sha256Of(pieces: Iterable<string | Uint8Array>): Digest {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

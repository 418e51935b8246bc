import type { Digest } from './manifest.ts';

/** What Git LFS keeps in the repository in place of a file. */
export interface LfsPointer {
  /** Names the content; it is its digest. */
  readonly sha256: Digest;
  /** Bytes. */
  readonly size: number;
}

const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,14})\n$/;

/** Reads a pointer as the specification writes it; undefined for anything else, extensions included. */
export function parseLfsPointer(text: string): LfsPointer | undefined {
  const [, sha256, size] = POINTER.exec(text) ?? [];
  return sha256 === undefined ? undefined : { sha256, size: Number(size) };
}

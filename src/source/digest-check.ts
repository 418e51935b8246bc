import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { Digest } from '../domain/manifest.ts';

/** Passes content on, and fails at its end when it is not what its digest says. */
export class DigestCheck extends Transform {
  readonly #hash = createHash('sha256');
  readonly #digest: Digest;
  readonly #onDamage: () => Promise<Error>;

  /** @param onDamage gives the error that the reader gets */
  constructor(digest: Digest, onDamage: () => Promise<Error>) {
    super();
    this.#digest = digest;
    this.#onDamage = onDamage;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#hash.update(chunk);
    callback(null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    if (this.#hash.digest('hex') === this.#digest) callback();
    else this.#onDamage().then(callback, callback);
  }
}

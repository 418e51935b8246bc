import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../domain/manifest.ts';
import { isDigest } from './digest.ts';
import type { Objects } from './objects.ts';

const WANTED = 'wanted/';
const WHOLE = 'whole';

/** A kind of content, and the folder of the store that it lies in. */
export type ContentKind = 'blobs' | 'manifests' | 'documents';

export interface Loss {
  readonly kind: ContentKind;
  readonly digest: Digest;
}

/** How often a process that waits looks again, milliseconds. */
const LOOK_MS = 100;

/** Reports kept at once: one mended plan answers many. */
const MOST_REPORTS = 256;

/**
 * How processes that read the store tell the source what is missing: one small object each in `wanted/`. The object `whole` says that
 * nothing is known to be missing; it goes with the store when somebody deletes that.
 */
export class Losses {
  readonly #objects: Objects;
  readonly #waitMs: number | undefined;

  constructor(objects: Objects, waitMs: number | undefined) {
    this.#objects = objects;
    this.#waitMs = waitMs;
  }

  async isWhole(): Promise<boolean> {
    return (await this.#objects.look(WHOLE)) !== undefined;
  }

  /** Says that what can be made has been made. */
  async declareWhole(): Promise<void> {
    await this.#objects.put(WHOLE, 'Written by the source of ignition-sync; if it is gone, the content is made again.\n');
  }

  /** Tells the source; only in processes that cannot mend it themselves. */
  async report(kind: ContentKind, digest: Digest): Promise<void> {
    if (this.#waitMs === undefined) return;
    if ((await this.reported()).length < MOST_REPORTS) await this.#objects.put(keyOf({ kind, digest }), '');
  }

  /** Reports what is missing and waits until it is there. False when it does not come in time. */
  async restored(kind: ContentKind, digest: Digest, key: string): Promise<boolean> {
    if (this.#waitMs === undefined) return false;
    await this.report(kind, digest);
    return await this.#until(this.#waitMs, async () => (await this.#objects.look(key)) !== undefined);
  }

  /** Waits, where this process waits at all, while the store is being made again. Whether it had to wait. */
  async untilWhole(): Promise<boolean> {
    if (this.#waitMs === undefined || (await this.isWhole())) return false;
    return await this.#until(this.#waitMs, () => this.isWhole());
  }

  async reported(): Promise<Loss[]> {
    const losses: Loss[] = [];
    for await (const { key } of this.#objects.list(WANTED)) {
      const [kind = '', digest = ''] = key.slice(WANTED.length).split('-');
      if (isKind(kind) && isDigest(digest)) losses.push({ kind, digest });
    }
    return losses;
  }

  async forget(losses: readonly Loss[]): Promise<void> {
    for (const loss of losses) await this.#objects.remove(keyOf(loss));
  }

  async #until(waitMs: number, there: () => Promise<boolean>): Promise<boolean> {
    for (const end = performance.now() + waitMs; performance.now() < end;) {
      if (await there()) return true;
      await sleep(LOOK_MS);
    }
    return false;
  }
}

function isKind(text: string): text is ContentKind {
  return text === 'blobs' || text === 'manifests' || text === 'documents';
}

function keyOf({ kind, digest }: Loss): string {
  return `${WANTED}${kind}-${digest}`;
}

import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../domain/manifest.ts';
import { isDigest } from './digest.ts';

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
 * How processes that read the store tell the source what is missing: one small file each in `wanted/`. The file `whole` says that
 * nothing is known to be missing; it goes with the store when somebody deletes that.
 */
export class Losses {
  readonly #wanted: string;
  readonly #whole: string;
  readonly #waitMs: number | undefined;

  constructor(store: string, waitMs: number | undefined) {
    this.#wanted = join(store, 'wanted');
    this.#whole = join(store, 'whole');
    this.#waitMs = waitMs;
  }

  async isWhole(): Promise<boolean> {
    return await exists(this.#whole);
  }

  /** Says that what can be made has been made. */
  async declareWhole(): Promise<void> {
    await writeFile(this.#whole, 'Written by the source of ignition-sync; if it is gone, the content is made again.\n');
  }

  /** Tells the source; only in processes that cannot mend it themselves. */
  async report(kind: ContentKind, digest: Digest): Promise<void> {
    if (this.#waitMs === undefined) return;
    await mkdir(this.#wanted, { recursive: true });
    if ((await readdir(this.#wanted)).length < MOST_REPORTS) await writeFile(join(this.#wanted, `${kind}-${digest}`), '');
  }

  /** Reports what is missing and waits until it is there. False when it does not come in time. */
  async restored(kind: ContentKind, digest: Digest, path: string): Promise<boolean> {
    if (this.#waitMs === undefined) return false;
    await this.report(kind, digest);
    return await this.#until(this.#waitMs, () => exists(path));
  }

  /** Waits, where this process waits at all, while the store is being made again. Whether it had to wait. */
  async untilWhole(): Promise<boolean> {
    if (this.#waitMs === undefined || (await this.isWhole())) return false;
    return await this.#until(this.#waitMs, () => this.isWhole());
  }

  async reported(): Promise<Loss[]> {
    const names = await readdir(this.#wanted).catch(() => []);
    return names.flatMap((name): Loss[] => {
      const [kind = '', digest = ''] = name.split('-');
      return isKind(kind) && isDigest(digest) ? [{ kind, digest }] : [];
    });
  }

  async forget(losses: readonly Loss[]): Promise<void> {
    for (const { kind, digest } of losses) await rm(join(this.#wanted, `${kind}-${digest}`), { force: true });
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

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

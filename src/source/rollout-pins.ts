import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PlanInput } from '../contract/activities.ts';
import { SyncError } from '../domain/errors.ts';
import { isDigest } from './digest.ts';
import type { Fleet } from './fleet.ts';
import { fileName, filesOf, nameOf, renewFile, replaceFile } from './pin-file.ts';

/** How long a rollout's pin counts after it was last renewed, milliseconds. */
export const LEASE_MS = 24 * 60 * 60_000;

const DigestText = z.string().refine(isDigest);
const Pin = z.object({
  schema: z.literal(1),
  desired: DigestText,
  /** Absent while the plan is being made. */
  plan: DigestText.optional(),
  manifests: z.array(DigestText),
});

/** What one rollout needs of the store. */
export type RolloutPin = z.infer<typeof Pin>;

/** What keeps the content of rollouts: a file each, `pins/rollouts/<rollout>`, written before the first blob. Its age is its lease. */
export class RolloutPins {
  readonly #folder: string;
  readonly #staging: string;

  constructor(store: string) {
    this.#folder = join(store, 'pins', 'rollouts');
    this.#staging = join(store, 'staging');
  }

  /** Before anything of a plan is looked up or written. What an earlier attempt of the same rollout pinned stays pinned. */
  async begin({ rollout, desired }: PlanInput): Promise<void> {
    const before = await this.#read(this.#file(rollout));
    await this.hold(rollout, before ?? { schema: 1, desired, manifests: [] });
  }

  /** Once a plan is known, before its content gets its names. */
  async hold(rollout: string, pin: RolloutPin): Promise<void> {
    await replaceFile(this.#file(rollout), this.#staging, JSON.stringify(pin));
  }

  /** @throws SyncError ContentUnavailable when somebody has deleted the store since: what was planned is not there, or half. */
  async mustHold(rollout: string): Promise<void> {
    if (await this.#read(this.#file(rollout))) return;
    throw new SyncError('ContentUnavailable', 'The content store was deleted while the plan was made; it is made again.');
  }

  async list(): Promise<RolloutPin[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const pins = await Promise.all(names.map((name) => this.#read(join(this.#folder, name))));
    return pins.filter((pin) => pin !== undefined);
  }

  /**
   * Renews the pins of rollouts that are some object's newest, and drops those whose lease is over.
   * @returns the rollouts that are dropped
   */
  async settle({ rollouts }: Pick<Fleet, 'rollouts'>, now: Date): Promise<string[]> {
    const dropped: string[] = [];
    for (const { path, name, ageMs } of await filesOf(this.#folder, now)) {
      if (rollouts.has(nameOf(name))) await renewFile(path, now);
      else if (ageMs > LEASE_MS) {
        await rm(path, { force: true });
        dropped.push(nameOf(name));
      }
    }
    return dropped;
  }

  #file(rollout: string): string {
    return join(this.#folder, fileName(rollout));
  }

  /** A damaged pin pins nothing; it is written durably, so only a person or a broken disk makes one. */
  async #read(file: string): Promise<RolloutPin | undefined> {
    const text = await readFile(file, 'utf8').catch(() => '');
    try {
      return Pin.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

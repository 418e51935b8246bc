import { z } from 'zod';
import type { PlanInput } from '../contract/source-activities.ts';
import { SyncError } from '../domain/errors.ts';
import { isDigest } from './digest.ts';
import type { Fleet } from './fleet.ts';
import type { Objects } from './objects.ts';
import { fileName, nameOf } from './pin-file.ts';

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

const ROLLOUTS = 'pins/rollouts/';

/** What keeps the content of rollouts: an object each, `pins/rollouts/<rollout>`, written before the first blob. Its age is its lease. */
export class RolloutPins {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Before anything of a plan is looked up or written. What an earlier attempt of the same rollout pinned stays pinned. */
  async begin({ rollout, desired }: PlanInput): Promise<void> {
    const before = await this.#read(keyOf(rollout));
    await this.hold(rollout, before ?? { schema: 1, desired, manifests: [] });
  }

  /** Once a plan is known, before its content gets its names. */
  async hold(rollout: string, pin: RolloutPin): Promise<void> {
    await this.#objects.put(keyOf(rollout), JSON.stringify(pin));
  }

  /** @throws SyncError ContentUnavailable when somebody has deleted the store since: what was planned is not there, or half. */
  async mustHold(rollout: string): Promise<void> {
    if (await this.#read(keyOf(rollout))) return;
    throw new SyncError('ContentUnavailable', 'The content store was deleted while the plan was made; it is made again.');
  }

  async list(): Promise<RolloutPin[]> {
    const pins: RolloutPin[] = [];
    for await (const { key } of this.#objects.list(ROLLOUTS)) {
      const pin = await this.#read(key);
      if (pin) pins.push(pin);
    }
    return pins;
  }

  /**
   * Renews the pins of rollouts that are some object's newest, and drops those whose lease is over.
   * @returns the rollouts that are dropped
   */
  async settle({ rollouts }: Pick<Fleet, 'rollouts'>, now: Date): Promise<string[]> {
    const dropped: string[] = [];
    for await (const { key, at } of this.#objects.list(ROLLOUTS)) {
      const rollout = nameOf(key.slice(ROLLOUTS.length));
      if (rollouts.has(rollout)) await this.#objects.renew(key, now);
      else if (now.getTime() - at.getTime() > LEASE_MS) {
        await this.#objects.remove(key);
        dropped.push(rollout);
      }
    }
    return dropped;
  }

  /** A damaged pin pins nothing; it is written durably, so only a person or a broken disk makes one. */
  async #read(key: string): Promise<RolloutPin | undefined> {
    const text = (await this.#objects.read(key))?.toString() ?? '';
    try {
      return Pin.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

function keyOf(rollout: string): string {
  return ROLLOUTS + fileName(rollout);
}

import type { Digest } from '../domain/manifest.ts';
import type { BlobIndex } from './blob-index.ts';
import type { ContentStore } from './content-store.ts';
import type { FrozenPlans } from './frozen-plans.ts';
import type { ReadFleet } from './fleet.ts';
import type { Grants } from './grants.ts';
import type { ContentKind } from './losses.ts';
import { findNeeded } from './needed.ts';
import type { RolloutPins } from './rollout-pins.ts';

const HOUR_MS = 60 * 60_000;

/** What was written or planned with in this time is spared, milliseconds. A document is small, and a rollout may wait before it plans. */
const SPARED_MS: Readonly<Record<ContentKind, number>> = { blobs: 24 * HOUR_MS, manifests: 24 * HOUR_MS, documents: 7 * 24 * HOUR_MS };

/** How long what was swept can be brought back, milliseconds; much longer than a plan may take. */
const SECOND_CHANCE_MS = HOUR_MS;

/** Files that one sweep takes out at most: the rest is for the next. */
const MOST_FILES = 50_000;

const KINDS: readonly ContentKind[] = ['blobs', 'manifests', 'documents'];

export interface SweepParts {
  readonly store: ContentStore;
  readonly blobs: BlobIndex;
  readonly grants: Grants;
  readonly pins: RolloutPins;
  readonly frozen: FrozenPlans;
  readonly readFleet: ReadFleet;
}

/** What a sweep did. */
export interface Swept {
  /** Gone for good. */
  readonly freedFiles: number;
  readonly freedBytes: number;
  /** Taken out, to be freed by a later sweep. */
  readonly takenOut: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Takes out what no pin leads to and nobody has used for a day, and frees what was taken out an hour ago and is still not needed. Safe
 * beside plans, readers and a kill at any moment: nothing waits for it and it waits for nothing.
 * @throws when the cluster, or something pinned, cannot be read: then nothing is swept
 */
export async function sweep({ store, blobs, grants, pins, frozen, readFleet }: SweepParts, now: Date): Promise<Swept> {
  const fleet = await readFleet();
  for (const rollout of await pins.settle(fleet, now)) await frozen.drop(rollout);
  await grants.settle(fleet, now);
  const needed = await findNeeded(store, grants, pins, fleet);
  const isNeeded = (kind: ContentKind, digest: Digest): boolean => needed[kind].has(digest);
  const { gone, bytes: freedBytes } = await store.swept.settle(new Date(now.getTime() - SECOND_CHANCE_MS), isNeeded);
  let [takenOut, files, bytes] = [0, 0, 0];
  for (const kind of KINDS)
    for await (const { key, size, at } of store.objects.list(`${kind}/`)) {
      const spared = now.getTime() - at.getTime() <= SPARED_MS[kind];
      if (!spared && takenOut < MOST_FILES && !isNeeded(kind, digestIn(key)) && (await store.swept.take(key, now))) {
        takenOut += 1;
        continue;
      }
      files += 1;
      bytes += size;
    }
  await store.objects.removeLeftovers(now);
  await blobs.forget(gone);
  return { freedFiles: gone.size, freedBytes, takenOut, files, bytes };
}

function digestIn(key: string): Digest {
  return key.slice(key.lastIndexOf('/') + 1);
}

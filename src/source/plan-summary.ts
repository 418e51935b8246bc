import type { PlanResult } from '../contract/activities.ts';
import type { Fault } from '../domain/errors.ts';
import { diffManifests } from '../domain/plan/diff.ts';
import { guardRails } from '../domain/plan/guard-rails.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Digest, Manifest, ManifestEntry } from '../domain/manifest.ts';
import type { GatewayPlan } from '../domain/plan/compose.ts';

/** Sentences in a result. */
const MAX_NOTES = 20;

/** One gateway that changes, and from what. */
export interface ChangedGateway {
  readonly gateway: string;
  readonly plan: GatewayPlan;
  readonly next: Manifest;
  /** What is live; undefined before the first apply, or when the store has lost it. */
  readonly previous: Manifest | undefined;
  readonly previousLost: boolean;
  /** What the gateway confirmed last; set where its volume has no record of what is live. */
  readonly recordLost?: Digest;
  /** Files of `previous` that stay on the gateway as somebody else's. */
  readonly released: Manifest;
}

/** What a person wants to know of a plan before it runs. */
export function summarise(changed: readonly ChangedGateway[], gateways: number): Pick<PlanResult, 'files' | 'notes' | 'holds'> {
  const files = { added: 0, modified: 0, deleted: 0 };
  const holds = new Map<string, { fault: Fault; gateways: string[] }>();
  const notes = new Map<string, string[]>();
  const said = (sentence: string, gateway: string): void => void notes.set(sentence, [...(notes.get(sentence) ?? []), gateway]);
  for (const { gateway, plan, next, previous: live, previousLost, recordLost, released } of changed) {
    const previous = live && without(live, [...released.entries, ...madeIfAbsent(live), ...madeIfAbsent(next)]);
    const diff = diffManifests(previous, without(next, madeIfAbsent(next)));
    files.added += diff.added.length;
    files.modified += diff.modified.length + diff.modeChanged.length;
    files.deleted += diff.deleted.length;
    for (const fault of guardRails(previous, diff, plan.mappings)) {
      const key = JSON.stringify(fault);
      const seen = holds.get(key) ?? { fault, gateways: [] };
      seen.gateways.push(gateway);
      holds.set(key, seen);
    }
    for (const sentence of [...plan.warnings, ...plan.notes]) said(sentence, gateway);
    if (released.entries.length > 0)
      said(
        `${released.entries.length} files are no longer ours and stay on the gateway: ${listSome(
          released.entries.map(({ path }) => path),
          5,
        )}.`,
        gateway,
      );
    if (recordLost !== undefined)
      said(
        previousLost
          ? 'its volume has no record of what is live, and the content store has lost what it confirmed last: this is a first sync, which deletes nothing.'
          : 'its volume has no record of what is live: where most files are those that it confirmed last, they count as ours; else this is a first sync.',
        gateway,
      );
    else if (previousLost)
      said('the content store has lost the manifest of what is live: what this plan deletes is counted by the gateway only.', gateway);
  }
  return {
    files,
    holds: [...holds.values()].map(({ fault, gateways: of }) => ({
      reason: fault.reason,
      message: `${listSome(of, 5)}: ${fault.message}`,
    })),
    notes: [...notes].map(([sentence, of]) => (of.length === gateways ? sentence : `${listSome(of, 5)}: ${sentence}`)).slice(0, MAX_NOTES),
  };
}

/** Whether such a file is written is known on the gateway only; it deletes nothing and changes nothing that is there. */
function madeIfAbsent({ entries }: Manifest): readonly ManifestEntry[] {
  return entries.filter(({ ifAbsent }) => ifAbsent);
}

/** What stays on the gateway is not deleted, so it counts for no guard rail. */
function without(manifest: Manifest, left: readonly ManifestEntry[]): Manifest {
  const stays = new Set(left.map(({ path }) => path));
  return stays.size === 0 ? manifest : { ...manifest, entries: manifest.entries.filter(({ path }) => !stays.has(path)) };
}

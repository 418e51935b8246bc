import type { PlanResult } from '../contract/source-activities.ts';
import type { Fault } from '../domain/errors.ts';
import { guardRails } from '../domain/plan/guard-rails.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Digest, Manifest } from '../domain/manifest.ts';
import type { GatewayPlan } from '../domain/plan/compose.ts';
import { KindsOfChange, ownedBefore, ownedChanges } from './plan-changes.ts';

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
export function summarise(changed: readonly ChangedGateway[], gateways: number): Pick<PlanResult, 'files' | 'notes' | 'holds' | 'changes'> {
  const files = { added: 0, modified: 0, deleted: 0 };
  const kinds = new KindsOfChange();
  const holds = new Map<string, { fault: Fault; gateways: string[] }>();
  const notes = new Map<string, string[]>();
  const said = (sentence: string, gateway: string): void => void notes.set(sentence, [...(notes.get(sentence) ?? []), gateway]);
  for (const { gateway, plan, next, previous: live, previousLost, recordLost, released } of changed) {
    const diff = ownedChanges(live, next, released.entries);
    kinds.add(gateway, diff);
    files.added += diff.added.length;
    files.modified += diff.modified.length + diff.modeChanged.length;
    files.deleted += diff.deleted.length;
    for (const fault of guardRails(ownedBefore(live, next, released.entries), diff, plan.mappings, plan.nothing)) {
      const key = JSON.stringify(fault);
      const seen = holds.get(key) ?? { fault, gateways: [] };
      seen.gateways.push(gateway);
      holds.set(key, seen);
    }
    for (const sentence of [...plan.warnings, ...plan.notes]) said(sentence, gateway);
    if (released.entries.length > 0)
      said(
        `${released.entries.length === 1 ? '1 file is no longer ours and stays' : `${released.entries.length} files are no longer ours and stay`} on the gateway: ${listSome(
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
    changes: kinds.summary(),
    holds: [...holds.values()].map(({ fault, gateways: of }) => ({
      reason: fault.reason,
      message: `${listSome(of, 5)}${of.length > 1 ? ` (on each of these ${of.length}; the counts of the whole plan are sums)` : ''}: ${fault.message}`,
    })),
    notes: [...notes].map(([sentence, of]) => (of.length === gateways ? sentence : `${listSome(of, 5)}: ${sentence}`)).slice(0, MAX_NOTES),
  };
}

import type { GatewayStep } from '../contract/gateway-activities.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import type { Change } from './change.ts';
import { Lists } from './long-list.ts';
import type { Doing } from './ports.ts';
import { prepare, type PreparingWith } from './prepare.ts';
import type { State } from './state.ts';
import { transact, type Bench } from './transact.ts';

/** What may be put right, and whether it still may. */
export interface Mending {
  /** Whether a path may be. */
  readonly concerns: (path: string) => boolean;
  /** Asked directly before the commit point. @throws SyncError when nothing may be any more */
  readonly guard: () => void;
}

/**
 * Writes what is live anew where it has been written over, as one change. Like a restore it brings back what was there already, so it needs no
 * ticket; like any change it keeps what stood there in a snapshot. Deletes nothing.
 * @returns the paths that were
 */
export async function mendLive(
  bench: Bench,
  make: PreparingWith,
  state: State,
  step: GatewayStep,
  { concerns, guard }: Mending,
  doing: Doing,
): Promise<readonly string[]> {
  using lists = new Lists(bench.layout);
  // As on a first sync: what is equal stays, what differs is replaced.
  const found = await prepare(make, { ...state, live: NO_MANIFEST }, { ...step, deletesConfirmed: true }, 'apply', lists, doing);
  const changes = lists.make<Change>();
  const paths: string[] = [];
  for (const change of found.survey.changes) {
    if (change.after === undefined || !concerns(change.path)) continue;
    changes.push(change);
    paths.push(change.path);
  }
  if (paths.length === 0) return [];
  await transact(bench, state, {
    kind: 'apply',
    op: step.op,
    from: state.live,
    to: state.live,
    revision: state.revision,
    survey: { ...found.survey, changes, prune: [] },
    scratch: step.target,
    keepFolders: new Set(),
    retainSnapshots: step.retainSnapshots,
    retainSnapshotBytes: step.retainSnapshotBytes,
    ...(state.contested && { contested: state.contested }),
    permit: () => Promise.resolve(guard),
  });
  return paths;
}

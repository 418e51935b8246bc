import type { RestoreInput } from '../contract/gateway-activities.ts';
import { SyncError } from '../domain/errors.ts';
import type { Change } from './change.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import { Lists, mapped } from './long-list.ts';
import { narrowOnes } from './narrow.ts';
import type { Doing } from './ports.ts';
import { foldersOf, scratchFromSnapshot } from './put-back.ts';
import { listSnapshots, readSnapshot } from './snapshot.ts';
import type { State } from './state.ts';
import { survey, type SurveyRules } from './survey.ts';
import { transact, type Bench } from './transact.ts';
import type { Wanted } from './wanted.ts';

const SCRATCH = 'restore';

/**
 * Makes live again what was before, bit for bit, from the newest snapshot of exactly this change. What people changed since is replaced, and
 * kept in the restore's own snapshot, or holds the restore, as the step says.
 * @returns the paths that people had changed and that were replaced
 * @throws SyncError RestoreFailed when there is no such snapshot; LocalChange, LinkInTheWay, InTheWay
 */
export async function restoreFromSnapshot(
  bench: Bench,
  state: State,
  step: RestoreInput,
  doing: Doing,
  guard: { readonly changes: (changes: Iterable<Change>) => Promise<void>; readonly mayCommit: () => void },
): Promise<readonly string[]> {
  const { layout } = bench;
  const head = listSnapshots(layout).find(({ from, to, seq }) => to === state.live && from === step.target && seq <= state.seq);
  if (!head) {
    const target = step.target === NO_MANIFEST ? 'the state before the first sync' : `manifest ${step.target.slice(0, 12)}`;
    throw new SyncError(
      'RestoreFailed',
      `${step.gateway} keeps no snapshot of ${target}: roll out the wanted commit instead of restoring.`,
    );
  }
  const snapshot = readSnapshot(layout.volume, head.folder);
  const wanted = mapped(snapshot.changes, ({ path, before, after }): Wanted => ({
    path,
    ...(before && { after: before }),
    ...(after && { lastWritten: after.sha256 }),
  }));
  using lists = new Lists(layout);
  const rules: SurveyRules = { differences: step.localChanges ?? 'replace', exact: true, takeOver: false };
  const found = await survey(layout.volume, wanted, rules, lists, doing);
  const scratch = await scratchFromSnapshot(layout, head.folder, snapshot, SCRATCH);
  await transact(bench, state, {
    kind: 'restore',
    op: step.op,
    from: state.live,
    to: step.target,
    revision: snapshot.revision,
    recordLost: snapshot.recordLost,
    survey: found,
    scratch: SCRATCH,
    keepFolders: foldersOf(layout.volume, snapshot, scratch),
    narrow: narrowOnes(snapshot.folders),
    retainSnapshots: step.retainSnapshots,
    retainSnapshotBytes: step.retainSnapshotBytes,
    permit: async () => {
      await guard.changes(found.changes);
      return guard.mayCommit;
    },
  });
  return found.replaced;
}

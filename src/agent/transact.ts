import { join } from 'node:path';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import type { Revision } from '../domain/reports.ts';
import { countChanges, isAsFound, scansFor, type FoundFolder } from './change.ts';
import type { Contested } from './contested.ts';
import { appendCommit } from './commit-log.ts';
import { flushAll, removeAll } from './durable.ts';
import { keepSteps, readJournal, removeJournal, stepsOf, writeJournal, type Journal } from './journal.ts';
import { keepLateWork, setLateWorkAside } from './late-work.ts';
import type { Layout } from './layout.ts';
import { Lists, firstOf } from './long-list.ts';
import { sweepManifests } from './manifests.ts';
import { makeNarrow } from './narrow.ts';
import { orderSteps, type Folders, type Step } from './order.ts';
import type { Clock } from './ports.ts';
import { putBack } from './put-back.ts';
import { sweepSnapshots, takeSnapshot } from './snapshot.ts';
import { mergeScans, NO_CHANGES, readState, writeState, type Counts, type State, type Taken } from './state.ts';
import { carryOut, isFolder, touchedBy } from './steps.ts';
import type { Survey } from './survey.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';
import { asVolumeFault, errnoOf, messageOf } from './volume-error.ts';

/** So many files are looked at once more when the journal is written: in a moment, which for more would be seconds. */
const QUICKLY_SEEN = 10_000;
/** Paths named per line of the commit log. */
const LOGGED_FILES = 100;

/** What transactions are carried out with. */
export interface Bench {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly onStep?: ((step: string) => void) | undefined;
}

/** One change of everything at once: the gateway's files become `to`, whole or not at all. */
export interface Transaction {
  readonly kind: 'apply' | 'restore';
  readonly op: string;
  readonly from: Digest;
  readonly to: Digest;
  /** What `to` was made of. */
  readonly revision?: Revision | undefined;
  /** Whether nothing was recorded as live before only because the record was lost; of a restore, whether it goes back to that. */
  readonly recordLost?: boolean | undefined;
  readonly survey: Survey;
  /** Name of the scratch folder whose `tree` holds the durable new content. */
  readonly scratch: string;
  /** Folders that shall be there in the end, empty or not. */
  readonly keepFolders: Folders;
  /** See `makeNarrow`. */
  readonly narrow?: readonly FoundFolder[];
  readonly retainSnapshots: number;
  readonly retainSnapshotBytes?: number | undefined;
  readonly taken?: Taken;
  readonly contested?: Contested;
  /** Asked directly before the commit point. @throws SyncError when it may not be passed. The answer says whether it still may. */
  readonly permit: () => Promise<() => void>;
}

export interface Committed {
  readonly changes: Counts;
  /** First rename to last, in milliseconds. */
  readonly visibleMs: number;
}

/** Carries a transaction through: snapshot, permit, journal, steps, record. After a failure the gateway's files are what they were. */
export async function transact(bench: Bench, state: State, transaction: Transaction): Promise<Committed> {
  const { layout, onStep } = bench;
  const { survey, op, from, to } = transaction;
  const { changes, folders } = survey;
  const tree = layout.volume;
  const seq = state.seq + 1;
  const recordLost = transaction.recordLost === true ? { recordLost: true } : {};
  await takeSnapshot(layout, tree, {
    op,
    seq,
    from,
    to,
    revision: state.revision,
    ...(from === NO_MANIFEST && recordLost),
    changes,
    folders,
  });
  onStep?.('snapshot');
  using lists = new Lists(layout);
  const steps = lists.make<Step>();
  const ground = { folderExists: isFolder(tree), room: survey.room, prune: survey.prune, keep: transaction.keepFolders };
  let index = 0;
  for (const step of orderSteps(changes, ground)) {
    steps.push(step);
    await giveWay(index++);
  }
  const summary = {
    changes: countChanges(changes),
    files: firstOf(changes, LOGGED_FILES).map(({ path }) => path),
    scans: scansFor(changes),
  };
  const kept = await keepSteps(layout, steps);
  // A permission holds for seconds: whatever takes long with many files comes before it.
  await lastLook(tree, survey);
  const stillPermitted = await transaction.permit();
  onStep?.('permit');
  const journal: Journal = {
    version: 1,
    direction: 'forward',
    kind: transaction.kind,
    op,
    seq,
    from,
    to,
    ...(transaction.revision && { revision: transaction.revision }),
    scratch: transaction.scratch,
    ...recordLost,
    ...kept,
    ...(transaction.narrow && transaction.narrow.length > 0 && { narrow: transaction.narrow }),
    ...summary,
    retainSnapshots: transaction.retainSnapshots,
    ...(transaction.retainSnapshotBytes !== undefined && { retainSnapshotBytes: transaction.retainSnapshotBytes }),
    ...(transaction.taken && { taken: transaction.taken }),
    ...(transaction.contested && { contested: transaction.contested }),
  };
  stillPermitted();
  await writeJournal(layout, journal);
  try {
    if (changes.length <= QUICKLY_SEEN) await lastLook(tree, survey);
    stillPermitted();
  } catch (error) {
    await removeJournal(layout);
    throw error;
  }
  onStep?.('journal');
  const end = await finish(bench, tree, journal);
  if ('undone' in end) throw end.undone;
  return { changes: journal.changes, visibleMs: end.visibleMs };
}

/**
 * Ends what a crash or a full or read-only volume interrupted: a decided transaction is finished, or put back where it cannot be.
 * What was not decided left only scratch behind.
 */
export async function recover(bench: Bench): Promise<void> {
  const journal = readJournal(bench.layout);
  if (!journal) return;
  if (readState(bench.layout).seq >= journal.seq) return record(bench, journal);
  const tree = bench.layout.volume;
  const found = await keepLateWork(bench.layout, tree, journal.op);
  const known: Journal = { ...journal, late: [...new Set([...(journal.late ?? []), ...found])] };
  // What is replaced next is not found again by a recovery that comes after this one.
  if (found.length > 0) await writeJournal(bench.layout, known);
  if (journal.direction === 'back') await goBack(bench, tree, known);
  else await finish(bench, tree, known);
}

/** @returns the time from first rename to last, or why everything was put back */
async function finish(bench: Bench, tree: VolumeFs, journal: Journal): Promise<{ visibleMs: number } | { undone: unknown }> {
  const { layout, clock, onStep } = bench;
  const start = clock.monotonicMs();
  let visibleMs: number;
  try {
    const steps = stepsOf(layout, journal);
    await carryOut(tree, join(layout.staging, journal.scratch, 'tree'), steps, onStep);
    visibleMs = clock.monotonicMs() - start;
    await makeNarrow(tree, journal.narrow ?? []);
    await flushAll(tree, touchedBy(steps));
    onStep?.('durable');
  } catch (error) {
    await goBack(bench, tree, journal);
    return { undone: named(error) };
  }
  await record(bench, journal);
  return { visibleMs };
}

/** The transaction is a fact from here: says so, then clears up. */
async function record(bench: Bench, journal: Journal): Promise<void> {
  const { layout, clock, onStep } = bench;
  const { op, kind, from, to, revision, seq, changes, files, late, taken, contested } = journal;
  const state = readState(layout);
  const at = clock.now().toISOString();
  if (state.seq < seq) {
    if (files.length > 0)
      await appendCommit(layout, {
        op,
        kind,
        from,
        to,
        ...(revision && { revision }),
        at,
        seq,
        changes,
        files,
        ...(taken && { taken }),
        ...(late && late.length > 0 && { late }),
      });
    onStep?.('logged');
    await writeState(layout, {
      version: 1,
      live: to,
      ...(revision && { revision }),
      ...(kind === 'restore' && to === NO_MANIFEST && journal.recordLost && { recordLost: true }),
      op,
      at,
      seq,
      changes,
      ...(taken && { taken }),
      ...(contested && { contested }),
      retain: { count: journal.retainSnapshots, bytes: journal.retainSnapshotBytes },
      owed: mergeScans(state.owed, journal.scans),
      done: [...state.done, op],
    });
    onStep?.('recorded');
  }
  await removeAll(layout.volume, join(layout.staging, journal.scratch));
  const kept = await sweepSnapshots(layout, seq, { count: journal.retainSnapshots, bytes: journal.retainSnapshotBytes });
  await sweepManifests(layout, new Set([to, ...kept.flatMap((one) => [one.from, one.to])]));
  onStep?.('cleared');
  await removeJournal(layout);
  onStep?.('journalRemoved');
}

/** Puts back what was there before the transaction. A failure leaves the journal, so that the next start tries again. */
async function goBack(bench: Bench, tree: VolumeFs, journal: Journal): Promise<void> {
  const { layout, onStep } = bench;
  try {
    if (journal.direction !== 'back') await writeJournal(layout, { ...journal, direction: 'back' });
    onStep?.('back');
    await putBack(layout, tree, layout.snapshotFor(journal.op), onStep);
    await recordUndone(bench, journal);
  } catch (error) {
    throw named(error);
  }
  await removeJournal(layout);
  onStep?.('backDone');
  await removeAll(layout.volume, layout.snapshotFor(journal.op));
}

/** What people saved meanwhile outlives the snapshot that goes, and is named in the commit log. */
async function recordUndone({ layout, clock }: Bench, { op, kind, from, revision, seq, late = [] }: Journal): Promise<void> {
  if (late.length === 0) return;
  const at = clock.now().toISOString();
  const files = late.slice(0, LOGGED_FILES);
  await appendCommit(layout, {
    op,
    kind,
    from,
    to: from,
    ...(revision && { revision }),
    at,
    seq,
    changes: NO_CHANGES,
    files,
    late,
    undone: true,
  });
  await setLateWorkAside(layout, op, seq, clock);
}

/** Nothing may have changed on the gateway between the comparison and the commit point. */
async function lastLook(tree: VolumeFs, { changes }: Survey): Promise<void> {
  tree.forgetAll();
  let index = 0;
  for (const { path, before } of changes) {
    await giveWay(index++);
    const standing = tree.look(path);
    const same = before ? isAsFound(standing, before) : standing.kind !== 'file';
    if (!same)
      throw new SyncError(
        'LocalChange',
        `1 path: changed on the gateway in this very moment: ${path}. Ask again when nobody is saving there.`,
      );
  }
}

const IN_THE_WAY = new Set(['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'EBUSY']);

function named(error: unknown): unknown {
  if (IN_THE_WAY.has(errnoOf(error) ?? '')) {
    return new SyncError('InTheWay', `Something stands where the plan needs a file or a folder: ${messageOf(error)}. Move it away.`, {
      cause: error,
    });
  }
  return asVolumeFault(error, 'changing the gateway');
}

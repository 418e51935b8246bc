import { dirname } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { Revision } from '../domain/reports.ts';
import { SyncError } from '../domain/errors.ts';
import type { FoundFolder } from './change.ts';
import { removeAll, writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';
import { readLines, writeLines } from './lines-file.ts';
import { IN_MEMORY, type Listed } from './long-list.ts';
import type { Step } from './order.ts';
import type { Contested } from './contested.ts';
import type { Counts, Scans, Taken } from './state.ts';

/**
 * A transaction that is decided: while it is on disk the gateway's files may be between two states. Its being there is the decision, so
 * after a crash it is finished; `back` says that finishing failed and the snapshot is being put back.
 */
export interface Journal {
  readonly version: 1;
  readonly direction: 'forward' | 'back';
  readonly kind: 'apply' | 'restore';
  readonly op: string;
  readonly seq: number;
  readonly from: Digest;
  readonly to: Digest;
  /** What `to` was made of. */
  readonly revision?: Revision;
  /** See `State`. */
  readonly recordLost?: boolean;
  /** Folder below `.ignition-sync/staging` whose `tree` holds what is to be placed. */
  readonly scratch: string;
  /** Absent where they are many: then they are in a file of their own. */
  readonly steps?: readonly Step[];
  /** How many they are, where they are in a file of their own. */
  readonly stepCount?: number;
  /** See `makeNarrow`. */
  readonly narrow?: readonly FoundFolder[];
  readonly changes: Counts;
  /** The first of the changed paths, for the commit log. */
  readonly files: readonly string[];
  readonly scans: Scans;
  /** What people saved after the commit point and before its recovery; kept in the snapshot. */
  readonly late?: readonly string[];
  readonly retainSnapshots: number;
  readonly retainSnapshotBytes?: number;
  /** What the apply took from others, and how often in a row: part of the state that it makes. */
  readonly taken?: Taken;
  readonly contested?: Contested;
}

/** What a transaction will do, as part of its journal. Many steps are written to a file of their own first. */
export async function keepSteps(layout: Layout, steps: Listed<Step>): Promise<Pick<Journal, 'steps' | 'stepCount'>> {
  if (steps.length <= IN_MEMORY) return { steps: [...steps] };
  await writeLines(layout.volume, layout.journalSteps, steps);
  return { stepCount: steps.length };
}

/** What a transaction does, in order. @throws SyncError VolumeFailed while it is gone through, when it is damaged */
export function stepsOf(layout: Layout, { steps, stepCount = 0 }: Journal): Listed<Step> {
  return steps ?? readLines<Step>(layout.volume, layout.journalSteps, stepCount, (cause) => damaged(layout.journalSteps, cause));
}

export async function writeJournal(layout: Layout, journal: Journal): Promise<void> {
  await writeDurably(layout.volume, layout.journal, JSON.stringify(journal));
}

export function readJournal(layout: Layout): Journal | undefined {
  const text = readText(layout.volume, layout.journal);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Journal;
  } catch (error) {
    throw damaged(layout.journal, error);
  }
}

function damaged(file: string, cause: unknown): SyncError {
  const message = `${file} is damaged, so an interrupted sync cannot be finished: restore the volume from a backup.`;
  return new SyncError('VolumeFailed', message, { cause });
}

export async function removeJournal(layout: Layout): Promise<void> {
  await removeAll(layout.volume, layout.journal);
  await removeAll(layout.volume, layout.journalSteps);
  await layout.volume.flush(dirname(layout.journal));
}

import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import { flush, writeDurably } from './durable.ts';
import type { Layout } from './layout.ts';
import type { Step } from './order.ts';
import type { Contested } from './contested.ts';
import type { Counts, Scans, Taken } from './state.ts';
import { errnoOf } from './volume-error.ts';

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
  /** Folder below `.ignition-sync/staging` whose `tree` holds what is to be placed. */
  readonly scratch: string;
  readonly steps: readonly Step[];
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

export async function writeJournal(layout: Layout, journal: Journal): Promise<void> {
  await writeDurably(layout.journal, JSON.stringify(journal));
}

export async function readJournal(layout: Layout): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readFile(layout.journal, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Journal;
  } catch (error) {
    throw new SyncError(
      'VolumeFailed',
      `${layout.journal} is damaged, so an interrupted sync cannot be finished: restore the volume from a backup.`,
      { cause: error },
    );
  }
}

export async function removeJournal(layout: Layout): Promise<void> {
  await rm(layout.journal, { force: true });
  await flush(dirname(layout.journal));
}

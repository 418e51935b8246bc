import { dirname } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import { removeAll, writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';
import type { Step } from './order.ts';
import type { Counts, Scans } from './state.ts';

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
    throw new SyncError(
      'VolumeFailed',
      `${layout.journal} is damaged, so an interrupted sync cannot be finished: restore the volume from a backup.`,
      { cause: error },
    );
  }
}

export async function removeJournal(layout: Layout): Promise<void> {
  await removeAll(layout.volume, layout.journal);
  await layout.volume.flush(dirname(layout.journal));
}

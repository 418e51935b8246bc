import type { Digest } from '../domain/manifest.ts';
import type { Revision } from '../domain/reports.ts';
import { readEnd, readText } from './hash.ts';
import type { Layout } from './layout.ts';
import type { Counts, Taken } from './state.ts';

/** One line of `commits.log`: an apply or restore that wrote at least one byte, or that was undone and met people's work. */
export interface CommitRecord {
  readonly op: string;
  readonly kind: 'apply' | 'restore';
  readonly from: Digest;
  readonly to: Digest;
  /** What `to` was made of, where it is known. */
  readonly revision?: Revision;
  readonly at: string;
  readonly seq: number;
  readonly changes: Counts;
  /** The first 100 paths. */
  readonly files: readonly string[];
  /** What others had written and is in the snapshot only. */
  readonly taken?: Taken;
  /** Paths that people changed while the transaction was interrupted: replaced, and kept beside its snapshot in `late/`. */
  readonly late?: readonly string[];
  /** It was put back after an interruption: `to` is `from`, and `late/` a folder of its own beside the snapshots. */
  readonly undone?: true;
}

const TAIL = 64 * 1024;
/** What is read for people: each record names up to 100 paths. */
const LONGEST = 1 << 20;

/** Adds a line, durable on return. A record whose transaction is in the last line already is not added again, unless it was undone. */
export async function appendCommit(layout: Layout, record: CommitRecord): Promise<void> {
  const { volume } = layout;
  const fd = volume.create(layout.commits, 'append', 0o644);
  try {
    const tail = readEnd(fd, TAIL).toString();
    const last = tail.split('\n').at(-2);
    if (last !== undefined && !record.undone && seqOf(last) === record.seq && !isUndone(last)) return;
    // A line cut short by a power loss must not swallow this one.
    const start = tail === '' || tail.endsWith('\n') ? '' : '\n';
    volume.write(fd, Buffer.from(`${start}${JSON.stringify(record)}\n`));
    await volume.flush(fd);
  } finally {
    volume.close(fd);
  }
}

function isUndone(line: string): boolean {
  return (JSON.parse(line) as CommitRecord).undone === true;
}

function seqOf(line: string): number | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && 'seq' in record && typeof record.seq === 'number' ? record.seq : undefined;
  } catch {
    return undefined;
  }
}

/** The last records, newest first, at most so many; lines that are damaged are passed over. */
export function lastCommits(layout: Layout, atMost: number): CommitRecord[] {
  const lines = (readText(layout.volume, layout.commits, LONGEST) ?? '').split('\n');
  const records = lines.flatMap((line) => (seqOf(line) === undefined ? [] : [JSON.parse(line) as CommitRecord]));
  return records.slice(-atMost).reverse();
}

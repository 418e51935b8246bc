import { z } from 'zod';
import { writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';

const Record_ = z.object({
  /** What waits for a restart because of what we changed, in the gateway's words. */
  owed: z.array(z.string()).readonly(),
  /** What waited for a restart before a change, by the number of that; there until the change has been scanned. */
  before: z.object({ seq: z.int(), pending: z.array(z.string()).readonly() }).optional(),
  /** The restart that was asked for last; written before the gateway is asked. */
  asked: z
    .object({
      op: z.string(),
      at: z.string(),
      /** What it was asked for. */
      for: z.array(z.string()).readonly(),
      /** The gateway was seen not to run since. */
      down: z.boolean(),
      /** It has come back. */
      back: z.boolean(),
    })
    .optional(),
});
/** What is known of restarts of this gateway. */
export type RestartRecord = z.infer<typeof Record_>;

const NONE: RestartRecord = { owed: [] };

/** The record on disk; one that is damaged counts as none, and then nothing is restarted. */
export function readRestart(layout: Layout): RestartRecord {
  const text = readText(layout.volume, layout.restart);
  if (text === undefined) return NONE;
  try {
    return Record_.parse(JSON.parse(text));
  } catch {
    return NONE;
  }
}

export async function writeRestart(layout: Layout, record: RestartRecord): Promise<void> {
  await writeDurably(layout.volume, layout.restart, `${JSON.stringify(record)}\n`);
}

/** Notes what waits for a restart after a scan of everything up to `seq`. */
export async function noteOwed(layout: Layout, seq: number, owed: readonly string[] = []): Promise<void> {
  const { before, ...record } = readRestart(layout);
  const isOver = before !== undefined && before.seq <= seq;
  if (!isOver && record.owed.join('\n') === owed.join('\n')) return;
  await writeRestart(layout, { ...record, owed, ...(before && !isOver && { before }) });
}

/** Notes that of what waited for a restart only this still does. */
export async function noteStillPending(layout: Layout, pending: readonly string[]): Promise<void> {
  const record = readRestart(layout);
  const owed = record.owed.filter((name) => pending.includes(name));
  if (owed.length !== record.owed.length) await writeRestart(layout, { ...record, owed });
}

/**
 * Notes what waits for a restart before change number `seq` is made, or at the latest before it is scanned. What has been restarted since
 * counts no more.
 * @param since the number of the change whose note still holds
 * @returns what waited before it: all else is ours
 */
export async function noteBefore(layout: Layout, seq: number, now: readonly string[], since = seq): Promise<readonly string[]> {
  const record = readRestart(layout);
  const known = record.before?.seq === since ? record.before.pending : undefined;
  const pending = known ? known.filter((name) => now.includes(name)) : now;
  if (record.before?.seq !== seq || pending.length !== known?.length) await writeRestart(layout, { ...record, before: { seq, pending } });
  return pending;
}

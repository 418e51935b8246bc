import { z } from 'zod';
import { writeDurably } from './durable.ts';
import { readText } from './hash.ts';
import type { Layout } from './layout.ts';

const Record_ = z.object({
  /** What waits for a restart because of what we changed, in the gateway's words. */
  owed: z.array(z.string()).readonly(),
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

/** Notes what waits for a restart after a scan. */
export async function noteOwed(layout: Layout, owed: readonly string[] = []): Promise<void> {
  const record = readRestart(layout);
  if (record.owed.join('\n') !== owed.join('\n')) await writeRestart(layout, { ...record, owed });
}

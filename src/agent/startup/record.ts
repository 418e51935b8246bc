import { dirname, join } from 'node:path';
import { z } from 'zod';
import { OWN_FOLDER } from '../../domain/plan/protection.ts';
import { writeDurably } from '../durable.ts';
import { readText } from '../hash.ts';
import type { VolumeFs } from '../volume-fs.ts';

const FILE = join(OWN_FOLDER, 'startup.json');

const StartupRecord = z.object({
  version: z.literal(1),
  /** See `sandboxOf`. */
  sandbox: z.string(),
  /** When the agent of this sandbox first looked, RFC 3339. */
  since: z.string(),
  /** Number of the last change that was live then. */
  seq: z.int(),
  /** Why the gateway was let start; absent while it was not. */
  opened: z.string().optional(),
});
export type StartupRecord = z.infer<typeof StartupRecord>;

/** What an agent of this sandbox has written down; undefined for a pod that has just started. */
export function readRecord(volume: VolumeFs, sandbox: string): StartupRecord | undefined {
  try {
    const record = StartupRecord.safeParse(JSON.parse(readText(volume, FILE) ?? ''));
    return record.success && record.data.sandbox === sandbox ? record.data : undefined;
  } catch {
    return undefined; // not there, or damaged: as in a pod that has just started
  }
}

/** Whether another pod has begun on this volume, or let its gateway start, after a moment in epoch milliseconds. */
export function hasLivedSince(volume: VolumeFs, moment: number): boolean {
  const standing = volume.look(FILE);
  return standing.kind === 'file' && standing.stat.mtimeMs > moment;
}

/** Does nothing on a volume on which nothing of ours lies yet. */
export async function writeRecord(volume: VolumeFs, record: StartupRecord): Promise<void> {
  if (volume.look(dirname(FILE)).kind === 'folder') await writeDurably(volume, FILE, `${JSON.stringify(record)}\n`);
}

import type { Layout } from './layout.ts';
import { noteOwed, readRestart } from './restart-record.ts';
import { NO_SCANS, readState, writeState } from './state.ts';

/**
 * What was scanned is owed no more, unless something changed since `seq`; what waits for a restart is noted.
 * @param restart in the gateway's words
 */
export async function recordScan(layout: Layout, seq: number, restart: readonly string[] | undefined): Promise<void> {
  const state = readState(layout);
  if (state.seq === seq && (state.owed.config || state.owed.projects)) await writeState(layout, { ...state, owed: NO_SCANS });
  await noteOwed(layout, seq, restart);
}

/** What waits for a restart since earlier changes of ours. */
export function owedRestart(layout: Layout): readonly string[] {
  return readRestart(layout).owed;
}

import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import { findDrift, type Depth, type Drift } from './drift.ts';
import { readJournal } from './journal.ts';
import type { Layout } from './layout.ts';
import { obtainManifest } from './manifests.ts';
import type { Clock, RelayClient } from './ports.ts';
import { readState } from './state.ts';

/** What is live on the volume, and what made it so. */
export interface Inspection {
  readonly live: Digest;
  readonly liveOp: string;
  /** How the gateway's files differ from that; absent when nobody asked, before the first sync, or when one was under way. */
  readonly drift?: Drift;
}

interface InspectWith {
  readonly layout: Layout;
  readonly relay: RelayClient;
  readonly clock: Clock;
  /** Whether a difference at a path is drift on this gateway. */
  readonly counts: (path: string) => boolean;
}

/** Looks at the record, and at the files if `depth` asks for that. A sync that comes in between makes the answer worthless, so there is none then. */
export async function inspect({ layout, relay, clock, counts }: InspectWith, depth?: Depth, signal?: AbortSignal): Promise<Inspection> {
  const before = readState(layout);
  const { live, op: liveOp } = before;
  if (depth === undefined || live === NO_MANIFEST || readJournal(layout)) return { live, liveOp };
  const manifest = await obtainManifest(layout, relay, live, signal);
  const found = await findDrift(layout, manifest, { depth, nowMs: clock.now().getTime(), counts }, signal);
  const { seq } = readState(layout);
  if (seq !== before.seq || readJournal(layout)) return { live, liveOp };
  return { live, liveOp, drift: found };
}

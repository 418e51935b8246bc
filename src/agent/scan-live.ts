import type { IgnitionClient } from '../clients/ignition/client.ts';
import type { ScanInput, ScanResult } from '../contract/gateway-activities.ts';
import type { Layout } from './layout.ts';
import { manifestOr, obtainManifest } from './manifests.ts';
import type { Clock, Doing, RelayClient } from './ports.ts';
import { guardLive } from './precondition.ts';
import { owedRestart } from './record-scan.ts';
import { scanAs } from './redundancy/standby-scan.ts';
import { mergeScans, readState } from './state.ts';

interface ScanLiveWith {
  readonly layout: Layout;
  readonly relay: RelayClient;
  readonly clock: Clock;
  readonly client: IgnitionClient;
  /** Milliseconds that one scan may take. */
  readonly timeoutMs: number;
  /** Notes what waits for a restart before a transaction is first scanned; see `noteBefore`. */
  readonly waitedBefore: (seq: number, pending: readonly string[]) => Promise<readonly string[]>;
  /** Hears that the gateway was told of everything up to a transaction, and what of it waits for a restart. */
  readonly record: (seq: number, restart: readonly string[] | undefined) => Promise<void>;
}

/** Tells the gateway to look at what is live, and proves what it can. @throws SyncError as `scanGateway`, LivePreconditionFailed */
export async function scanLive(make: ScanLiveWith, input: ScanInput, doing: Doing): Promise<ScanResult> {
  const { layout, relay, client, clock, timeoutMs } = make;
  const before = readState(layout);
  guardLive(before, input);
  const live = await obtainManifest(layout, relay, before.live, doing.signal);
  const change = { before: await manifestOr(layout, relay, input.expectLive, live, doing.signal), live };
  const { volume, proof: scratch } = layout;
  const waitedBefore = (pending: readonly string[]) => make.waitedBefore(before.seq, pending);
  const scan = { client, clock, timeoutMs, volume, scratch, owedRestart: owedRestart(layout), waitedBefore };
  const { told, ...result } = await scanAs(scan, input, mergeScans(before.owed, input.scans), change, doing);
  if (told) await make.record(before.seq, result.restart);
  guardLive(readState(layout), input); // another rollout may have put it back meanwhile: then nothing is proved
  return result;
}

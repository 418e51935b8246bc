import { setTimeout as sleep } from 'node:timers/promises';
import type { IgnitionClient, ScanKind } from '../clients/ignition/client.ts';
import type { ScanResult } from '../contract/activities.ts';
import { SyncError } from '../domain/errors.ts';
import { listSome } from '../domain/plan/text.ts';
import type { ManifestLines } from '../domain/manifest.ts';
import type { Clock, Doing } from './ports.ts';
import type { Scans } from './state.ts';

const FIRST_LOOK_MS = 20;
const SLOWEST_LOOK_MS = 1000;
/** The list of projects may follow the end of a scan by a moment. */
const SETTLE_MS = 3_000;
const SETTLE_LOOK_MS = 250;

export interface ScanWith {
  readonly client: IgnitionClient;
  readonly clock: Clock;
  /** Milliseconds that one scan may take. */
  readonly timeoutMs: number;
}

/** Whether the gateway was told, besides what came of it: what it was not told is still owed. */
export interface Scanned extends ScanResult {
  readonly told: boolean;
}

/**
 * Tells the gateway to look at its files and waits until it has: config before projects, so that projects find new connections; projects
 * twice when one is new, since the first only registers it. Then looks whether the gateway knows what is live.
 * @throws SyncError GatewayNotRunning (being commissioned), GatewayAuthFailed, GatewayIncompatible, ScanFailed
 */
export async function scanGateway(make: ScanWith, scans: Scans, live: ManifestLines, doing: Doing): Promise<Scanned> {
  const state = await make.client.state(doing.signal);
  if (state === 'Commissioning') {
    throw new SyncError('GatewayNotRunning', 'The gateway waits to be commissioned: finish its first-time setup, the scan follows.');
  }
  if (state !== 'Running') {
    const message = `The gateway is ${state === 'Starting' ? 'starting' : 'not running'}: it loads the files when it starts, so nothing was scanned.`;
    return { outcome: 'AppliedUnverified', message, scanMs: 0, told: false };
  }
  const start = make.clock.monotonicMs();
  const kinds: ScanKind[] = [
    ...(scans.config ? ['config' as const] : []),
    ...(scans.projects ? ['projects' as const] : []),
    ...(scans.newProject ? ['projects' as const] : []),
  ];
  // What it lists before it looks: a project that is gone afterwards is one that it could not load any more.
  const listed = scans.projects ? await make.client.projectNames(doing.signal) : [];
  const doubts: string[] = [];
  for (const kind of kinds) {
    const doubt = await scanOnce(make, kind, doing);
    if (doubt !== undefined) doubts.push(doubt);
  }
  const scanMs = Math.round(make.clock.monotonicMs() - start);
  const doubt = (await verify(make, live, [...listed, ...(scans.newProjects ?? [])], doing)) ?? doubts[0];
  if (doubt !== undefined) return { outcome: 'AppliedUnverified', message: doubt, scanMs, told: true };
  return { outcome: 'Loaded', message: 'The gateway has scanned its files and lists every project of this commit.', scanMs, told: true };
}

/** @returns a doubt in words when the gateway does not say that it has scanned. */
async function scanOnce({ client, clock, timeoutMs }: ScanWith, kind: ScanKind, doing: Doing): Promise<string | undefined> {
  const before = await client.scanStatus(kind, doing.signal);
  await client.triggerScan(kind, doing.signal);
  const start = clock.monotonicMs();
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, SLOWEST_LOOK_MS)) {
    await sleep(wait, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
    const now = await client.scanStatus(kind, doing.signal);
    if (!now.scanActive && now.lastScanTimestamp > before.lastScanTimestamp) return undefined;
    if (clock.monotonicMs() - start < timeoutMs) continue;
    if (now.scanActive)
      throw new SyncError('ScanFailed', `The gateway's ${kind} scan did not end within ${timeoutMs} ms: look at the gateway's log.`);
    return `The gateway took the ${kind} scan but reports none since: its list of projects was looked at instead.`;
  }
}

/**
 * @param expected projects that the gateway listed before it looked, and new ones: when one of the commit's is missing, it was not loaded
 * @returns what speaks against the commit being loaded, or cannot be known
 * @throws SyncError ScanFailed
 */
async function verify(
  { client, clock }: ScanWith,
  live: ManifestLines,
  expected: readonly string[],
  doing: Doing,
): Promise<string | undefined> {
  const projects = [...live.entries('["projects/')].flatMap(({ path }) => /^projects\/([^/]+)\/project\.json$/.exec(path)?.[1] ?? []);
  if (projects.length === 0) return 'The gateway has scanned its files; this commit has no project by which loading could be proved.';
  const lower = new Set(expected.map((name) => name.toLowerCase()));
  const start = clock.monotonicMs();
  for (;;) {
    const known = new Set((await client.projectNames(doing.signal)).map((name) => name.toLowerCase()));
    const absent = projects.filter((name) => !known.has(name.toLowerCase()));
    if (absent.length === 0) return undefined;
    const lost = absent.filter((name) => lower.has(name.toLowerCase()));
    if (lost.length === 0) return `The gateway has scanned its files but does not list ${listSome(absent, 5)}, as before.`;
    if (clock.monotonicMs() - start >= SETTLE_MS)
      throw new SyncError(
        'ScanFailed',
        `The gateway has scanned its files and does not list ${listSome(lost, 5)}: it could not load ${lost.length === 1 ? 'it' : 'them'}. Look at the gateway's log.`,
      );
    await sleep(SETTLE_LOOK_MS, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
  }
}

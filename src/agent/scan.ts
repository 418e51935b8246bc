import { setTimeout as sleep } from 'node:timers/promises';
import type { IgnitionClient, ScanKind, ScanStatus } from '../clients/ignition/client.ts';
import type { ScanResult } from '../contract/gateway-activities.ts';
import { SyncError } from '../domain/errors.ts';
import { count, listSome } from '../domain/plan/text.ts';
import type { ManifestDifference, ManifestLines } from '../domain/manifest.ts';
import { claimsOf, type Claims } from '../domain/proof/claims.ts';
import { firstOf } from './long-list.ts';
import type { Clock, Doing } from './ports.ts';
import { prove } from './proof/prove.ts';
import type { Scans } from './state.ts';
import type { VolumeFs } from './volume-fs.ts';

const FIRST_LOOK_MS = 20;
const SLOWEST_LOOK_MS = 1000;
/** What the gateway lists and serves may follow the end of a scan by a moment; never waited for longer than a scan may take. */
const SETTLE_MS = 3_000;
const SETTLE_LOOK_MS = 250;
/** Files of one change that the gateway is asked for at most: bounds the memory of a large one. */
const COMPARED = 25_000;
/** By how much the log is read from before the scan: clocks of one machine, read at different moments. */
const LOG_MARGIN_MS = 1_000;

export interface ScanWith {
  readonly client: IgnitionClient;
  readonly clock: Clock;
  /** Milliseconds that one scan may take. */
  readonly timeoutMs: number;
  readonly volume: VolumeFs;
  /** A folder of our own on it for what the gateway sends. */
  readonly scratch: string;
  /** What waits for a restart since earlier changes of ours. */
  readonly owedRestart?: readonly string[];
  /** Hears, before the first scan, what waits for a restart; answers what of it waited before the change that is scanned. */
  readonly waitedBefore?: (pending: readonly string[]) => Promise<readonly string[]>;
}

/** Whether the gateway was told, besides what came of it: what it was not told is still owed. */
export interface Scanned extends ScanResult {
  readonly told: boolean;
}

/** What was live before and what is live now. */
export interface Transition {
  readonly before: ManifestLines;
  readonly live: ManifestLines;
}

/**
 * Tells the gateway to look at its files and waits until it has: config before projects, so that projects find new connections; projects
 * twice when one is new, since the first only registers it. Then compares what the gateway serves with what was changed.
 * @throws SyncError GatewayNotRunning (being commissioned), GatewayAuthFailed, GatewayIncompatible, ScanFailed
 */
export async function scanGateway(make: ScanWith, scans: Scans, change: Transition, doing: Doing): Promise<Scanned> {
  const state = await make.client.state(doing.signal);
  if (state === 'Commissioning') {
    throw new SyncError('GatewayNotRunning', 'The gateway waits to be commissioned: finish its first-time setup, the scan follows.');
  }
  if (state !== 'Running') {
    const message = `The gateway is ${state === 'Starting' ? 'starting' : 'not running'}: it loads the files when it starts, so nothing was scanned`;
    return { outcome: 'AppliedUnverified', message, scanMs: 0, told: false, ...owing(make.owedRestart) };
  }
  const start = make.clock.monotonicMs();
  const kinds: ScanKind[] = [
    ...(scans.config ? ['config' as const] : []),
    ...(scans.projects ? ['projects' as const] : []),
    ...(scans.newProject ? ['projects' as const] : []),
  ];
  // What it lists before it looks: a project that is gone afterwards is one that it could not load any more.
  const listed = scans.projects ? await make.client.projectNames(doing.signal) : [];
  const pendingBefore = await restartsOf(make, doing);
  const waiting = new Set(pendingBefore && make.waitedBefore ? await make.waitedBefore(pendingBefore) : pendingBefore);
  const ended: Ended[] = [];
  for (const kind of kinds) ended.push(await scanOnce(make, kind, doing));
  const scanMs = Math.round(make.clock.monotonicMs() - start);
  const doubts = ended.flatMap((one) => ('doubt' in one ? [one.doubt] : []));
  const missing = await verify(make, change.live, [...listed, ...(scans.newProjects ?? [])], doing);
  if (missing !== undefined) doubts.unshift(missing);
  const { claims, files } = claimsFor(make.volume, askedFor(change));
  const { proved, doubts: more } = await prove(
    { ...make, since: sinceOf(ended), settleMs: Math.min(SETTLE_MS, make.timeoutMs) },
    claims,
    doing,
  );
  // What it serves is worth more than what it says of its scans.
  if (proved > 0 && more.length === 0 && missing === undefined) doubts.length = 0;
  doubts.push(...more);
  if (files === COMPARED) doubts.push(`only the first ${COMPARED} files of this change were compared`);
  const { owedRestart = [] } = make;
  const pending = await restartsOf(make, doing);
  const restart = pending ? pending.filter((name) => !waiting.has(name) || owedRestart.includes(name)) : owedRestart;
  if (restart.length > 0) doubts.push(`The gateway runs all of it only after a restart: ${listSome(restart, 5)}.`);
  if (proved === 0 && doubts.length === 0)
    doubts.push('The gateway has scanned its files; nothing of this commit is such that it can be asked for it.');
  if (doubts.length > 0) return { outcome: 'AppliedUnverified', message: sentences(doubts), scanMs, told: true, ...owing(restart) };
  const message = `The gateway has scanned its files and serves what was changed (${count(proved, 'part')} compared).`;
  return { outcome: 'Loaded', message, scanMs, told: true };
}

function owing(restart: readonly string[] = []): Pick<ScanResult, 'restart'> {
  return restart.length > 0 ? { restart } : {};
}

/** What waits for a restart; undefined where the gateway does not say. */
export async function restartsOf({ client }: Pick<ScanWith, 'client'>, { signal }: Doing): Promise<string[] | undefined> {
  try {
    return await client.pendingRestart(signal);
  } catch (error) {
    if (error instanceof SyncError) return undefined;
    throw error;
  }
}

/** What a scan came to; `since` in epoch milliseconds by the gateway's clock. */
type Ended = { readonly since: number } | { readonly doubt: string };

/** @returns a doubt in words when the gateway does not say that it has scanned. */
async function scanOnce({ client, clock, timeoutMs }: ScanWith, kind: ScanKind, doing: Doing): Promise<Ended> {
  const start = clock.monotonicMs();
  const before = await idle({ client, clock, timeoutMs }, kind, start, doing);
  await client.triggerScan(kind, doing.signal);
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, SLOWEST_LOOK_MS)) {
    await sleep(wait, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
    const now = await client.scanStatus(kind, doing.signal);
    if (!now.scanActive && now.lastScanTimestamp > before.lastScanTimestamp)
      return { since: now.lastScanTimestamp - (now.lastScanDuration ?? 0) - LOG_MARGIN_MS };
    if (clock.monotonicMs() - start < timeoutMs) continue;
    if (now.scanActive)
      throw new SyncError('ScanFailed', `The gateway's ${kind} scan did not end within ${timeoutMs} ms: look at the gateway's log.`);
    return { doubt: `The gateway took the ${kind} scan but reports none since.` };
  }
}

/**
 * Waits for a scan that somebody else has asked for: it may have read files before they changed, and whether ours would follow it, join it
 * or be passed over is not known. What does not end is left to our own scan.
 * @returns how scans stand then
 */
async function idle(
  { client, clock, timeoutMs }: Pick<ScanWith, 'client' | 'clock' | 'timeoutMs'>,
  kind: ScanKind,
  start: number,
  doing: Doing,
): Promise<ScanStatus> {
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, SLOWEST_LOOK_MS)) {
    const now = await client.scanStatus(kind, doing.signal);
    if (!now.scanActive || clock.monotonicMs() - start >= timeoutMs / 2) return now;
    await sleep(wait, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
  }
}

function sinceOf(ended: readonly Ended[]): number | undefined {
  const moments = ended.flatMap((one) => ('since' in one ? [one.since] : []));
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/**
 * What was changed, gone through as often as it is asked for and never held; everything, where the same is live as before: then it is the
 * whole that shall be proved.
 */
export function askedFor({ before, live }: Transition): Iterable<ManifestDifference> {
  const changes = atMost(COMPARED, () => before.differences(live));
  return firstOf(changes, 1).length > 0 ? changes : atMost(COMPARED, () => entriesAsAdded(live));
}

function atMost<T>(count: number, all: () => Iterable<T>): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      let left = count;
      for (const one of all()) {
        if (left === 0) return;
        left -= 1;
        yield one;
      }
    },
  };
}

function* entriesAsAdded(live: ManifestLines): Generator<ManifestDifference> {
  for (const after of live.entries()) yield { path: after.path, after };
}

/** What the gateway can be asked for of these files, and how many they are. */
export function claimsFor(volume: VolumeFs, asked: Iterable<ManifestDifference>): { claims: Claims; files: number } {
  const touched = new Set<string>();
  let files = 0;
  for (const { path } of asked) {
    files += 1;
    const folder = /^(.+)\/(?:unary-)?resource\.json$/.exec(path)?.[1];
    if (folder !== undefined) touched.add(folder);
  }
  const isResource = (folder: string): boolean =>
    touched.has(folder) || ['resource.json', 'unary-resource.json'].some((name) => volume.look(`${folder}/${name}`).kind === 'file');
  return { claims: claimsOf(asked, isResource), files };
}

/** A few doubts as sentences, the last without its full stop: more follows it. How many there are beyond. */
function sentences(doubts: readonly string[]): string {
  const shown = doubts.slice(0, 3).map((one) => `${one.slice(0, 1).toUpperCase()}${one.slice(1)}${one.endsWith('.') ? '' : '.'}`);
  return [...shown, ...(doubts.length > 3 ? [`And ${doubts.length - 3} more.`] : [])].join(' ').replace(/\.$/, '');
}

/**
 * @param expected projects that the gateway listed before it looked, and new ones: when one of the commit's is missing, it was not loaded
 * @returns what speaks against the commit being loaded
 * @throws SyncError ScanFailed
 */
async function verify(
  { client, clock, timeoutMs }: ScanWith,
  live: ManifestLines,
  expected: readonly string[],
  doing: Doing,
): Promise<string | undefined> {
  const projects = [...live.entries('["projects/')].flatMap(({ path }) => /^projects\/([^/]+)\/project\.json$/.exec(path)?.[1] ?? []);
  if (projects.length === 0) return undefined;
  const lower = new Set(expected.map((name) => name.toLowerCase()));
  const start = clock.monotonicMs();
  for (;;) {
    const known = new Set((await client.projectNames(doing.signal)).map((name) => name.toLowerCase()));
    const absent = projects.filter((name) => !known.has(name.toLowerCase()));
    if (absent.length === 0) return undefined;
    const lost = absent.filter((name) => lower.has(name.toLowerCase()));
    if (lost.length === 0) return `The gateway has scanned its files but does not list ${listSome(absent, 5)}, as before.`;
    if (clock.monotonicMs() - start >= Math.min(SETTLE_MS, timeoutMs))
      throw new SyncError(
        'ScanFailed',
        `The gateway has scanned its files and does not list ${listSome(lost, 5)}: it could not load ${lost.length === 1 ? 'it' : 'them'}. Look at the gateway's log.`,
      );
    await sleep(SETTLE_LOOK_MS, undefined, { signal: doing.signal });
    doing.onProgress({ doing: 'scanning' });
  }
}

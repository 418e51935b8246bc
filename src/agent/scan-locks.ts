import type { IgnitionClient, ScanKind } from '../clients/ignition/client.ts';
import { SyncError } from '../domain/errors.ts';
import type { Scans } from './state.ts';

/** Seconds to wait for a lock that somebody else holds. */
const ACQUIRE_S = 1;
/** Seconds after which a lock ends by itself, should nobody ask for a scan any more: this process may die. Longer than any change takes. */
const HOLD_S = 60;
/** Milliseconds for all of it: a gateway that does not answer holds up no change. */
const PATIENCE_MS = 3_000;

/** The kinds of scan that these changes call for. */
export function kindsOf({ config, projects }: Scans): ScanKind[] {
  return [...(config ? ['config' as const] : []), ...(projects ? ['projects' as const] : [])];
}

/**
 * Takes the gateway's scan locks, so that nothing looks at its files or writes them while they change. Best effort: a gateway without locks,
 * one that is down, and one whose lock somebody holds are changed all the same. The request for the scan lets go.
 * @returns what is held
 */
export async function holdScans(client: IgnitionClient, kinds: readonly ScanKind[], signal: AbortSignal): Promise<ScanKind[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    if (kinds.length === 0 || (await client.state(limit)) !== 'Running') return [];
    const wish = { acquireSeconds: ACQUIRE_S, holdSeconds: HOLD_S };
    const outcomes = await Promise.all(kinds.map((kind) => quietly(() => client.lockScans(kind, wish, limit), signal)));
    return kinds.filter((_, index) => outcomes[index] === 'held');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyncError) return [];
    throw error;
  }
}

/** Lets go of locks for which no scan will be asked: only a scan does that. The files must be whole. */
export async function letGo(client: IgnitionClient, kinds: readonly ScanKind[]): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await Promise.all(kinds.map((kind) => quietly(() => client.triggerScan(kind, signal))));
}

/** How scans of one gateway are held off. */
export interface HeldScans {
  /** @returns what is held */
  readonly hold: (kinds: readonly ScanKind[]) => Promise<readonly ScanKind[]>;
  readonly letGo: (kinds: readonly ScanKind[]) => Promise<void>;
  /** Whether files may still be in the middle of a change. */
  readonly torn: () => boolean;
  /** What a scan will be asked for. */
  readonly owed: () => readonly ScanKind[];
}

/**
 * Changes files with the gateway's scans held off, from `hold` on; those for which no scan will be asked are let go at the end. Not so where
 * the change could neither be ended nor put back: letting go asks for a scan of half a change, and the locks end by themselves.
 */
export async function holdingScans<T>(
  scans: HeldScans,
  kinds: readonly ScanKind[],
  change: (hold: () => Promise<void>) => Promise<T>,
): Promise<T> {
  let held: readonly ScanKind[] = [];
  let owed: readonly ScanKind[] = [];
  try {
    const result = await change(async () => {
      held = await scans.hold(kinds);
    });
    owed = scans.owed();
    return result;
  } finally {
    const rest = held.filter((kind) => !owed.includes(kind));
    if (rest.length > 0 && !scans.torn()) await scans.letGo(rest);
  }
}

/** What fails here is no fault of the change. */
async function quietly<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SyncError) return undefined;
    throw error;
  }
}

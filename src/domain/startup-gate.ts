import type { Expectation } from './startup.ts';

/**
 * A gateway's volume before its gateway starts. `recovering`: it is being looked at. `torn`: a change was interrupted in the middle and could
 * not be ended yet. `whole`: the gateway may read it; `problem` says what keeps us from working on it, `mending` what is being put right there.
 */
export type VolumeState =
  | { readonly kind: 'recovering' }
  | { readonly kind: 'torn'; readonly message: string }
  | { readonly kind: 'whole'; readonly setUp: boolean; readonly problem?: string; readonly mending?: string };

/** What the gate is judged by. */
export interface GateQuestion {
  /** Why it was opened before in the life of this pod: its gateway runs, whatever has become of us since. */
  readonly opened: string | undefined;
  readonly volume: VolumeState;
  /** A sync has made the wanted commit live since the pod started. */
  readonly applied: boolean;
  /** The relay's word; absent while it has not spoken. */
  readonly expected: Expectation | undefined;
  /** Milliseconds since the pod started, and how long it waits. */
  readonly elapsedMs: number;
  readonly graceMs: number;
}

/** Whether the gateway may start, and why, in words for people. */
export interface GateDecision {
  readonly open: boolean;
  readonly why: string;
}

/**
 * Whether a gateway's process may start. It waits for the wanted commit while one is on its way, never for long, and never for people; only
 * files in the middle of a change keep it down.
 */
export function decideGate({ opened, volume, applied, expected, elapsedMs, graceMs }: GateQuestion): GateDecision {
  if (opened !== undefined) return yes(opened);
  if (volume.kind === 'recovering') return no('the volume is looked at: an interrupted sync is ended first');
  if (volume.kind === 'torn') return no(`the files are in the middle of a sync that could not be ended yet: ${volume.message}`);
  if (!volume.setUp) return yes('the gateway has not been set up yet: nothing is written before, the sync follows');
  if (volume.mending === undefined) {
    if (applied) return yes('the wanted commit is live');
    if (expected && expected.expects !== 'sync') return yes(expected.message);
  }
  const awaited = volume.mending ?? expected?.message ?? 'the relay has not answered yet';
  const problem = volume.problem === undefined ? '' : `; this volume cannot be synced now: ${volume.problem}`;
  const seconds = Math.ceil((graceMs - elapsedMs) / 1_000);
  if (seconds <= 0) return yes(`startupGraceSeconds are over (${graceMs / 1_000}): the gateway starts with what it has${problem}`);
  return no(`${awaited}: waits for it at most ${seconds} s more${problem}`);
}

function yes(why: string): GateDecision {
  return { open: true, why };
}

function no(why: string): GateDecision {
  return { open: false, why };
}

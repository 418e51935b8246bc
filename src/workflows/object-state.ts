import type { DesiredSummary } from '../contract/control-activities.ts';
import type { Said } from '../contract/messages.ts';
import type { Settled } from '../domain/next-step.ts';
import type { Reason } from '../domain/reasons.ts';
import { isFinal } from '../domain/reports.ts';
import type { RolloutEnded, RolloutInput } from './rollout-contract.ts';

/** The rollout that this object runs. */
interface Running {
  readonly n: number;
  /** Of some gateways only: a catch-up or a retry by hand. */
  readonly only: boolean;
  readonly commit: string;
  readonly contentHash: string;
  /** It belongs to an object that had this name before: all that is wanted of it is its end, and status does not speak of it. */
  readonly foreign?: true;
}

/** The same, to be changed in place. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What is carried over a continue-as-new. */
export interface Carried {
  readonly n: number;
  /** Of the object: one that was deleted and made anew is another. */
  readonly uid?: string;
  readonly running?: Running;
  readonly settled?: Settled;
  readonly pausedBySignal: boolean;
  readonly pausedBy?: Said | undefined;
  readonly frozen?: { readonly by: string; readonly reason: string };
  /** A resume that the rollout has not been told yet. */
  readonly resumed?: Said;
  /** A person asked to try again what was given up. */
  readonly asked?: boolean;
  /** A gateway that a person asked for. */
  readonly retry?: string;
}

/** The rollout that a newer one has taken the place of after a person had confirmed what its plan takes away. */
export function confirmation({ settled }: Pick<Carried, 'settled'>): Pick<RolloutInput, 'confirmedBefore'> {
  return settled?.state === 'Superseded' && settled.confirmed === true && settled.n !== undefined ? { confirmedBefore: settled.n } : {};
}

/** What is wanted, while the object exists. */
export type Present = Extract<DesiredSummary, { exists: true }>;

export interface IgnitionSyncInput {
  readonly namespace: string;
  readonly name: string;
  /** What is carried over a continue-as-new. */
  readonly carried?: Carried;
}

/** What status says of the newest rollout. */
interface KnownRollout {
  readonly n: number;
  readonly commit: string;
  readonly contentHash: string;
  readonly state: string;
  readonly reason?: Reason;
}

/**
 * After a reset, a termination or a lost signal status knows more than this run: numbers never go back, what has ended has ended,
 * and what still runs is this run's to steer.
 *
 * @param child whether the running rollout is a child of this very run, which then hears of its end in any case
 */
export function learnFromStatus(state: Mutable<Carried>, known: KnownRollout, child: boolean): void {
  state.n = Math.max(state.n, known.n);
  if (known.n !== state.n) return;
  const { n, commit, contentHash, reason } = known;
  if (isFinal(known.state)) {
    if (state.running?.n === n && child) return; // it says itself how it ended, with its fault
    if (state.running?.n === n) state.running = undefined;
    if (state.running ?? (state.settled?.commit === commit && state.settled.contentHash === contentHash)) return;
    const fault = reason && { reason, message: 'status.rollout.message has it' };
    state.settled = { n, commit, contentHash, state: known.state, failures: 1, ...(fault && { fault }) };
  } else if (state.settled?.n !== n) {
    // Otherwise what was read is older than its end.
    state.running ??= { n, commit, contentHash, only: false };
  }
}

/**
 * Forgets an object that was deleted, for another of its name. Its numbers go on, its rollout ends; a stop or a pause by signal stays until
 * somebody lifts it.
 */
export function forgetObject(state: Mutable<Carried>): void {
  const { running } = state;
  state.running = running && { ...running, foreign: true };
  state.settled = undefined;
  state.asked = false;
  state.retry = undefined;
}

/** Notes how the running rollout ended. Returns how often in a row it failed, or undefined when it was not the running one that ended. */
export function settle(state: Mutable<Carried>, ended: RolloutEnded): number | undefined {
  const { running, settled: before } = state;
  if (running?.n !== ended.n) return undefined;
  const { commit, contentHash } = running;
  state.running = undefined;
  if (running.foreign) return 0;
  if (ended.fault?.reason === 'NoGateways' && running.only) return 0; // a retry of a gateway that does not exist settles nothing
  const again = before?.state === 'Failed' && before.commit === commit && before.contentHash === contentHash;
  const failures = ended.state === 'Failed' ? (again ? before.failures + 1 : 1) : 0;
  const { n, fault, confirmed } = ended;
  state.settled = { n, commit, contentHash, state: ended.state, fault, failures, ...(confirmed === true && { confirmed }) };
  return failures;
}

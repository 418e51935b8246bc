import type { Fault } from './errors.ts';
import { isRetryable } from './errors.ts';
import { endOfPause } from './rollout-state.ts';

/** What the gateways shall run: one commit under one set of specs. */
export interface Wanted {
  readonly commit: string;
  readonly contentHash: string;
}

/** How the last rollout ended. */
export interface Settled extends Wanted {
  readonly state: 'Succeeded' | 'Failed' | 'Rejected' | 'Aborted' | 'Superseded';
  readonly fault?: Fault;
  /** Number of the rollout. */
  readonly n?: number;
  /** A person had confirmed what its plan takes away. */
  readonly confirmed?: boolean;
  /** Times in a row that this same input failed; decides the back-off. */
  readonly failures: number;
}

export interface Situation {
  readonly wanted: Wanted;
  /** `foreign`: of an object that had this name before. */
  readonly running: (Wanted & { readonly foreign?: true }) | undefined;
  readonly settled: Settled | undefined;
  /** The running rollout holds for a plan that a new one would mend. */
  readonly planOutdated?: boolean;
  /** Who holds back new applies, if anybody. */
  readonly paused: 'spec' | 'signal' | false;
  readonly frozen: boolean;
  /** Gateways that are back, new or changed since their last sync. */
  readonly outOfDate: readonly string[];
  readonly gateways: number;
  /** A person asked: try again what was given up. */
  readonly asked: boolean;
  /** A person asked for this gateway. */
  readonly retry: string | undefined;
  /** The back-off after a failure is over. */
  readonly backoffOver: boolean;
}

export type NextStep =
  | { readonly do: 'start'; readonly only?: readonly string[]; readonly why: string }
  | { readonly do: 'supersede'; readonly why: string }
  | { readonly do: 'wait'; readonly for: string };

/** Milliseconds to wait before the same failing input is tried again: 15 s doubling to 10 min. */
export function backoffMs(failures: number): number {
  return Math.min(600_000, 15_000 * 2 ** Math.min(10, Math.max(0, failures - 1)));
}

function same(a: Wanted, b: Wanted | undefined): boolean {
  return b !== undefined && a.commit === b.commit && a.contentHash === b.contentHash;
}

/** What the workflow of an object does next. A fix is never stuck behind the fault it fixes: a newer input ends a rollout in progress. */
export function nextStep(now: Situation): NextStep {
  if (now.running) {
    if (now.running.foreign) return { do: 'supersede', why: 'the rollout of the object that had this name before' };
    const again = now.planOutdated === true && !now.paused && !now.frozen;
    if (same(now.wanted, now.running))
      return again ? { do: 'supersede', why: 'gateways have said what is live: a new plan' } : { do: 'wait', for: 'the running rollout' };
    if (now.paused || now.frozen)
      return { do: 'wait', for: `${now.frozen ? 'resume' : endOfPause(now.paused === 'spec')}, then the newer revision` };
    return { do: 'supersede', why: 'a newer revision is wanted' };
  }
  if (now.frozen) return { do: 'wait', for: 'resume after the emergency stop' };
  if (now.paused) return { do: 'wait', for: `${endOfPause(now.paused === 'spec')} (the object is paused)` };
  if (now.gateways === 0) return { do: 'wait', for: 'a gateway: annotate pods with ignition-sync.io/inject: "true"' };
  const { settled } = now;
  if (!settled || !same(now.wanted, settled) || settled.state === 'Superseded') return { do: 'start', why: 'a new revision or spec' };
  // Only now: a gateway alone would be ahead of all others when something newer is wanted.
  if (now.retry !== undefined) return { do: 'start', only: [now.retry], why: `retry of ${now.retry}` };
  if (now.asked) return { do: 'start', why: 'asked for by hand' };
  switch (settled.state) {
    case 'Succeeded':
      return now.outOfDate.length > 0 ? { do: 'start', only: now.outOfDate, why: 'catch-up' } : { do: 'wait', for: '' };
    case 'Failed':
      if (settled.fault && !isRetryable(settled.fault.reason)) return { do: 'wait', for: 'a new commit or a changed object' };
      return now.backoffOver ? { do: 'start', why: 'tried again after a failure' } : { do: 'wait', for: 'the back-off after a failure' };
    case 'Rejected':
      return { do: 'wait', for: 'a new commit (this plan was rejected)' };
    case 'Aborted':
      return { do: 'wait', for: 'a new commit or syncNow (the rollout was aborted)' };
  }
}

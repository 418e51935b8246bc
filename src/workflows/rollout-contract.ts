import { type ObjectRef, type FinalRolloutState, isFinal } from '../domain/reports.ts';
import { textOf } from '../contract/messages.ts';
import type { Fault } from '../domain/errors.ts';

/** Everything a rollout goes by, frozen when it starts. */
export interface RolloutInput {
  readonly schema: 1;
  readonly object: ObjectRef;
  readonly n: number;
  readonly desired: string;
  readonly contentHash: string;
  readonly ref: string;
  readonly commit: string;
  readonly approval: { readonly required: boolean; readonly timeoutMs: number };
  readonly specPaused: boolean;
  readonly only?: readonly string[];
  readonly why: string;
  /** The rollout before, where it was superseded after a person had confirmed what its plan takes away. */
  readonly confirmedBefore?: number;
}

/** How a rollout ended. */
export interface RolloutResult {
  readonly state: FinalRolloutState;
  readonly fault?: Fault;
  readonly message: string;
  /** A person had confirmed what its plan takes away. */
  readonly confirmed?: boolean;
}

/** To the object's workflow: how its rollout ended. A signal, because the object's workflow may have been continued or reset meanwhile. */
export interface RolloutEnded extends RolloutResult {
  readonly n: number;
}

/** Whether a message says how a rollout ended. */
export function isRolloutEnded(payload: unknown): payload is RolloutEnded {
  return (
    typeof payload === 'object' && payload !== null && 'n' in payload && typeof payload.n === 'number' && isFinal(textOf(payload, 'state'))
  );
}

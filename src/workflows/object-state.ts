import type { Said } from '../contract/messages.ts';
import type { Settled } from '../domain/next-step.ts';

/** The rollout that this object runs. */
interface Running {
  readonly n: number;
  /** Of some gateways only: a catch-up or a retry by hand. */
  readonly only: boolean;
  readonly commit: string;
  readonly contentHash: string;
}

/** The same, to be changed in place. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What is carried over a continue-as-new. */
export interface Carried {
  readonly n: number;
  readonly running?: Running;
  readonly settled?: Settled;
  readonly pausedBySignal: boolean;
  readonly frozen?: { readonly by: string; readonly reason: string };
  /** A resume that the rollout has not been told yet. */
  readonly resumed?: Said;
  /** A person asked to try again what was given up. */
  readonly asked?: boolean;
  /** A gateway that a person asked for. */
  readonly retry?: string;
}

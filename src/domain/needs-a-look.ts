import type { Fault } from './errors.ts';

/**
 * What a person must look at before a plan goes ahead, as part of a sentence; empty when it is nothing.
 * @param confirmedBefore number of the rollout before, where somebody had confirmed the same kind of thing
 */
export function needsALook(holds: readonly Fault[], confirmedBefore?: number): string {
  if (holds.length === 0) return '';
  const anew =
    confirmedBefore === undefined ? '' : `. Held anew: what was confirmed for rollout ${confirmedBefore} counts for its plan only`;
  return `. Needs a look: ${holds.map(({ reason, message }) => `${reason}: ${message}`).join('; ')}${anew}`;
}

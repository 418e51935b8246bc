import type { PlannedGateway } from '../contract/source-activities.ts';
import type { Fault } from '../domain/errors.ts';

/** How often it is looked again whether people have closed what they had open once the first looks are over, milliseconds. */
const LOOK_MS = 30_000;
/** And how many looks there are at most to a whole wait: each costs history, and a hundred gateways may wait together. */
const LOOKS = 20;
const DEFAULT_WAIT_MS = 3_600_000;

/** Whether this fault is that of people whom the gateway's policy is to wait for. */
export function isWaitedFor({ reason }: Fault, { designers, perspective }: PlannedGateway): boolean {
  return (reason === 'DesignerOpen' && designers === 'wait') || (reason === 'PerspectiveOpen' && perspective === 'wait');
}

/**
 * When people are looked for again who were there, `waitedMs` after they were first seen.
 * @returns milliseconds; undefined when they were waited for long enough
 */
export function untilNextLookForPeople(
  { sessionWaitMs = DEFAULT_WAIT_MS }: PlannedGateway,
  wait: number,
  waitedMs: number,
): number | undefined {
  if (waitedMs >= sessionWaitMs) return undefined;
  const spread = Math.max(LOOK_MS, Math.ceil(sessionWaitMs / LOOKS));
  return Math.min(wait < LOOK_MS ? wait : spread, sessionWaitMs - waitedMs);
}

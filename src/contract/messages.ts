/**
 * Messages people and processes send to workflows. Signals are for the Temporal UI and `temporal workflow signal`; each takes at most
 * one JSON object. Every signal below is understood by `ignitionSync`, which hands on what concerns its running rollout,
 * and by `rollout`, which hands on what concerns its object.
 */
export const SIGNALS = {
  approve: 'approve',
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  abort: 'abort',
  emergencyStop: 'emergencyStop',
  syncNow: 'syncNow',
  retryGateway: 'retryGateway',
  /** From the operator and the relay: something that was read before may have changed. */
  desiredChanged: 'desiredChanged',
} as const;

/** The signal of this name, also where it is written in another case or with dashes: whoever types `emergencystop` at night must be heard. */
export function signalMeant(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[-_ ]/g, '');
  return Object.values(SIGNALS).find((signal) => signal.toLowerCase() === plain);
}

/** Who sent it and why, for the record; identity counts only where a SyncApproval proves it. */
export interface Said {
  readonly by?: string;
  readonly reason?: string;
}

const saidBy = (what: string, { by = 'somebody', reason = 'no reason given' }: Said): string => `${what} by ${by}: ${reason}`;

/** `emergency stop by ada: drill`. */
export function stopWords(said: Said): string {
  return saidBy('emergency stop', said);
}

/** `aborted by ada: the wrong commit`. */
export function abortWords(said: Said): string {
  return saidBy('aborted', said);
}

/** `rejected by ada: the wrong commit`. */
export function rejectWords(said: Said): string {
  return saidBy('rejected', said);
}

export interface Approve extends Said {
  /** When given, the approval counts for this plan only. */
  readonly planDigest?: string;
}

export interface DesiredChanged {
  readonly reason: string;
}

/** Longest text that is taken from a message. */
const LONGEST = 200;

function field(payload: unknown, name: string): unknown {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>)[name] : undefined;
}

/** A text field of a message; a message of another shape is taken as if it did not say this, and never stops a workflow. */
export function textOf(payload: unknown, name: string): string | undefined {
  const value = field(payload, name);
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST) : undefined;
}

/** A yes or no of a message, as `textOf`. */
export function flagOf(payload: unknown, name: string): boolean | undefined {
  const value = field(payload, name);
  return typeof value === 'boolean' ? value : undefined;
}

const APPROVE_FIELDS = ['by', 'reason', 'planDigest'];

/**
 * An approval, if the message is one beyond doubt: no payload, or an object of our fields only. Whoever means to pin a plan and
 * misspells it must not approve whatever is there.
 */
export function approvalIn(payload: unknown): Approve | undefined {
  if (payload === undefined || payload === null) return {};
  if (typeof payload !== 'object' || Array.isArray(payload) || Object.keys(payload).some((key) => !APPROVE_FIELDS.includes(key)))
    return undefined;
  const planDigest = textOf(payload, 'planDigest');
  if (planDigest === undefined && field(payload, 'planDigest') !== undefined) return undefined;
  return { ...saidIn(payload), planDigest };
}

/** Whether an approval is for this plan: any plan, its digest, or the first eight or more digits as status shows them. */
export function isFor({ planDigest }: Approve, plan: string): boolean {
  return planDigest === undefined || planDigest === plan || (planDigest.length >= 8 && plan.startsWith(planDigest));
}

/** Who sent it and why. */
export function saidIn(payload: unknown): Said {
  return { by: textOf(payload, 'by'), reason: textOf(payload, 'reason') };
}

/** The Query every workflow answers. */
export const PROGRESS_QUERY = 'progress';

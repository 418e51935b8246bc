import type { Fault } from './errors.ts';
import type { RolloutState } from './reports.ts';

/** One gateway that failed and what became of it. */
export interface FailedGateway {
  readonly gateway: string;
  readonly fault: Fault;
  readonly restored: boolean;
}

/** What a wave that did not go through asks for. */
export type Hold =
  | { readonly kind: 'failed'; readonly failed: readonly FailedGateway[] }
  | { readonly kind: 'canaryUnreachable'; readonly unreachable: readonly string[] };

/** What happened in a wave, as the rollout judges it. */
export interface WaveSummary {
  readonly synced: number;
  readonly failed: readonly FailedGateway[];
  readonly unreachable: readonly string[];
  readonly untouched: number;
}

/**
 * Whether a rollout may go on after a wave. One failed gateway holds it. Gateways that are away are passed over and catch up later,
 * except that a canary nobody answered has proved nothing.
 */
export function judgeWave(stage: string, wave: WaveSummary): Hold | undefined {
  if (wave.failed.length > 0) return { kind: 'failed', failed: wave.failed };
  if (stage === 'canary' && wave.synced === 0 && wave.unreachable.length > 0)
    return { kind: 'canaryUnreachable', unreachable: wave.unreachable };
  return undefined;
}

/** What an abort could not take back, a sentence for each gateway. */
export function notPutBack({ failed, unreachable }: Pick<WaveSummary, 'failed' | 'unreachable'>): string[] {
  const kept = failed.filter(({ restored }) => !restored).map(({ gateway, fault }) => `${gateway}: ${fault.message}`);
  return [...kept, ...unreachable.map((gateway) => `${gateway}: its agent is away`)];
}

/** Gateways that hold until a person has confirmed what they would lose. */
export function askingForConfirmation(hold: Hold): string[] {
  return hold.kind === 'failed' ? hold.failed.filter(({ fault }) => fault.reason === 'TooManyDeletes').map(({ gateway }) => gateway) : [];
}

/** Whether no gateway would take the same plan when it is tried again: something else is live than what the plan was made for. */
function needsNewPlan(hold: Hold): boolean {
  return hold.kind === 'failed' && hold.failed.every(({ fault }) => fault.reason === 'LivePreconditionFailed');
}

/** `1 gateway`, `3 gateways`. */
export function gatewaysOf(count: number): string {
  return `${count} gateway${count === 1 ? '' : 's'}`;
}

/** One sentence for status and the Temporal UI: what holds the rollout. */
export function holdMessage(hold: Hold): string {
  if (hold.kind === 'canaryUnreachable')
    return `the canary ${hold.unreachable.join(', ')} cannot be reached or has not come up, so nothing is proved yet`;
  const first = hold.failed[0];
  const more = hold.failed.length > 1 ? ` and ${hold.failed.length - 1} more` : '';
  const fate = first?.restored === true ? ' and was put back' : '';
  return `${first?.gateway ?? ''} failed${fate}${more}: ${first?.fault.reason ?? ''}: ${first?.fault.message ?? ''}`;
}

/** What ends a pause: the signal does not end what the spec says. */
export function endOfPause(bySpec: boolean): string {
  return bySpec ? 'spec.paused: false' : 'resume';
}

/** Who can end the wait of a rollout, and how. */
export function waitingFor(state: RolloutState, hold: Hold | undefined, pausedBySpec = false): string {
  switch (state) {
    case 'WaitingForApproval':
      return 'approve or reject';
    case 'Paused':
      return endOfPause(pausedBySpec);
    case 'Frozen':
      return 'resume after the emergency stop';
    case 'Holding':
      if (hold && needsNewPlan(hold)) return 'a new plan: abort and then syncNow, or a new commit';
      return hold?.kind === 'canaryUnreachable'
        ? `the agent of ${hold.unreachable.join(', ')}, or abort`
        : `${hold && askingForConfirmation(hold).length > 0 ? 'approve' : 'retryGateway'}, abort or a new commit`;
    default:
      return '';
  }
}

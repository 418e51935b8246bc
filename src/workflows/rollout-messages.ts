import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/common';
import { type Heard, hearOtherSpellings } from './other-spellings.ts';
import { type Approve, SIGNALS, type Said, approvalIn, flagOf, saidIn, textOf } from '../contract/messages.ts';

/** From the object's workflow to its running rollout: what only it knows. */
export interface RolloutControl {
  readonly supersede?: string;
  readonly specPaused?: boolean;
  /** The object asks for an approval of each plan, whatever it asked for when the rollout began. */
  readonly approvalRequired?: boolean;
  readonly agentIsBack?: boolean;
  /** The object was stopped: by whom, and why. */
  readonly stoppedBy?: string;
  readonly reason?: string;
  /** A stop or a pause by signal was lifted. */
  readonly resumed?: boolean;
}

export const rolloutControl = defineSignal<[RolloutControl]>('control');

/** From a wave that waits long: whether its rollout is still there. Nothing is done on it. */
export const stillThereSignal = defineSignal('stillThere');

export const approveSignal = defineSignal<[unknown?]>(SIGNALS.approve);
export const rejectSignal = defineSignal<[unknown?]>(SIGNALS.reject);
export const pauseSignal = defineSignal<[unknown?]>(SIGNALS.pause);
export const resumeSignal = defineSignal<[unknown?]>(SIGNALS.resume);
export const abortSignal = defineSignal<[unknown?]>(SIGNALS.abort);
export const emergencyStopSignal = defineSignal<[unknown?]>(SIGNALS.emergencyStop);
export const syncNowSignal = defineSignal<[unknown?]>(SIGNALS.syncNow);
export const retryGatewaySignal = defineSignal<[unknown?]>(SIGNALS.retryGateway);

/** What has been said to a rollout so far. */
export interface RolloutInbox {
  /** Whether the object asks for an approval, as far as is known. */
  approvalRequired: boolean;
  approvals: Approve[];
  rejected?: Said;
  aborted?: Said;
  superseded?: string;
  pausedBySignal: boolean;
  pausedBySpec: boolean;
  frozen?: Said;
  retries: string[];
  agentsBack: number;
  /** Grows with every message. */
  generation: number;
}

/** Registers the handlers. `onFreeze`, `onResume` and `onSyncNow` concern the whole object and are handed on to its workflow. */
export function openRolloutInbox(
  start: { readonly specPaused: boolean; readonly approvalRequired: boolean },
  handOn: (signal: 'emergencyStop' | 'resume' | 'syncNow', said: Said) => void,
): RolloutInbox {
  const inbox: RolloutInbox = {
    approvalRequired: start.approvalRequired,
    approvals: [],
    pausedBySignal: false,
    pausedBySpec: start.specPaused,
    retries: [],
    agentsBack: 0,
    generation: 0,
  };
  const on = (take: (payload: unknown) => void) => (payload?: unknown) => {
    take(payload);
    inbox.generation += 1;
  };
  const heard: Heard = new Map();
  const listen = (signal: SignalDefinition<[unknown?]>, take: (payload: unknown) => void): void => {
    setHandler(signal, on(take));
    heard.set(signal.name, on(take));
  };
  setHandler(stillThereSignal, () => undefined);
  listen(approveSignal, (payload) => {
    const approval = approvalIn(payload);
    if (approval) inbox.approvals.push(approval);
  });
  listen(rejectSignal, (payload) => void (inbox.rejected = saidIn(payload)));
  listen(pauseSignal, () => void (inbox.pausedBySignal = true));
  listen(resumeSignal, (payload) => {
    // A stop concerns the whole object: its workflow lifts it, after it has said whether a newer revision is wanted.
    if (inbox.frozen) handOn('resume', saidIn(payload));
    else inbox.pausedBySignal = false;
  });
  listen(abortSignal, (payload) => void (inbox.aborted = saidIn(payload)));
  listen(emergencyStopSignal, (payload) => {
    if (inbox.frozen) return;
    inbox.frozen = saidIn(payload);
    handOn('emergencyStop', inbox.frozen);
  });
  listen(syncNowSignal, (payload) => handOn('syncNow', saidIn(payload)));
  listen(retryGatewaySignal, (payload) => {
    const gateway = textOf(payload, 'gateway');
    if (gateway !== undefined) inbox.retries.push(gateway);
  });
  setHandler(
    rolloutControl,
    on((payload) => {
      inbox.superseded = textOf(payload, 'supersede') ?? inbox.superseded;
      inbox.pausedBySpec = flagOf(payload, 'specPaused') ?? inbox.pausedBySpec;
      inbox.approvalRequired ||= flagOf(payload, 'approvalRequired') === true;
      if (flagOf(payload, 'agentIsBack') === true) inbox.agentsBack += 1;
      const stoppedBy = textOf(payload, 'stoppedBy');
      if (stoppedBy !== undefined) inbox.frozen = { by: stoppedBy, reason: textOf(payload, 'reason') };
      if (flagOf(payload, 'resumed') !== true) return;
      inbox.pausedBySignal = false;
      inbox.frozen = undefined;
    }),
  );
  hearOtherSpellings(heard, () => undefined); // the log has it; what people read is the object's
  return inbox;
}

/** Whether gateways that have not begun shall wait. */
export function isPaused(inbox: RolloutInbox): boolean {
  return inbox.pausedBySignal || inbox.pausedBySpec;
}

/** Why a rollout must end although its work is not done. */
export function ending(inbox: RolloutInbox): 'Aborted' | 'Superseded' | undefined {
  if (inbox.aborted) return 'Aborted';
  return inbox.superseded === undefined ? undefined : 'Superseded';
}

/** Waits until something that was said makes `ready` true, or the rollout must end. False when the time ran out. */
export async function heard(inbox: RolloutInbox, ready: () => boolean, timeoutMs?: number): Promise<boolean> {
  const done = (): boolean => ready() || ending(inbox) !== undefined;
  if (timeoutMs !== undefined) return condition(done, timeoutMs);
  await condition(done);
  return true;
}

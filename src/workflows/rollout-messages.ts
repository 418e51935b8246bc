import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { type Approve, type RetryGateway, SIGNALS, type Said } from '../contract/messages.ts';

/** From the object's workflow to its running rollout: what only it knows. */
export interface RolloutControl {
  readonly supersede?: string;
  readonly specPaused?: boolean;
  readonly agentIsBack?: boolean;
}

export const rolloutControl = defineSignal<[RolloutControl]>('control');

export const approveSignal = defineSignal<[Approve?]>(SIGNALS.approve);
export const rejectSignal = defineSignal<[Said?]>(SIGNALS.reject);
export const pauseSignal = defineSignal<[Said?]>(SIGNALS.pause);
export const resumeSignal = defineSignal<[Said?]>(SIGNALS.resume);
export const abortSignal = defineSignal<[Said?]>(SIGNALS.abort);
export const emergencyStopSignal = defineSignal<[Said?]>(SIGNALS.emergencyStop);
export const syncNowSignal = defineSignal<[Said?]>(SIGNALS.syncNow);
export const retryGatewaySignal = defineSignal<[RetryGateway]>(SIGNALS.retryGateway);

/** What has been said to a rollout so far. */
export interface RolloutInbox {
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
  start: { specPaused: boolean },
  handOn: (signal: 'emergencyStop' | 'resume' | 'syncNow', said: Said) => void,
): RolloutInbox {
  const inbox: RolloutInbox = {
    approvals: [],
    pausedBySignal: false,
    pausedBySpec: start.specPaused,
    retries: [],
    agentsBack: 0,
    generation: 0,
  };
  const on =
    <T>(take: (said: T) => void) =>
    (said: T) => {
      take(said);
      inbox.generation += 1;
    };
  setHandler(
    approveSignal,
    on((said?: Approve) => void inbox.approvals.push(said ?? {})),
  );
  setHandler(
    rejectSignal,
    on((said?: Said) => void (inbox.rejected = said ?? {})),
  );
  setHandler(
    pauseSignal,
    on(() => void (inbox.pausedBySignal = true)),
  );
  setHandler(
    resumeSignal,
    on((said?: Said) => {
      inbox.pausedBySignal = false;
      if (!inbox.frozen) return;
      inbox.frozen = undefined;
      handOn('resume', said ?? {});
    }),
  );
  setHandler(
    abortSignal,
    on((said?: Said) => void (inbox.aborted = said ?? {})),
  );
  setHandler(
    emergencyStopSignal,
    on((said?: Said) => {
      if (inbox.frozen) return;
      inbox.frozen = said ?? {};
      handOn('emergencyStop', said ?? {});
    }),
  );
  setHandler(
    syncNowSignal,
    on((said?: Said) => handOn('syncNow', said ?? {})),
  );
  setHandler(
    retryGatewaySignal,
    on((said: RetryGateway) => void inbox.retries.push(said.gateway)),
  );
  setHandler(
    rolloutControl,
    on((said: RolloutControl) => {
      inbox.superseded = said.supersede ?? inbox.superseded;
      inbox.pausedBySpec = said.specPaused ?? inbox.pausedBySpec;
      if (said.agentIsBack === true) inbox.agentsBack += 1;
    }),
  );
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

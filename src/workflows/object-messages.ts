import type { SignalDefinition } from '@temporalio/common';
import { defineSignal, setHandler } from '@temporalio/workflow';
import { SIGNALS, saidIn, textOf } from '../contract/messages.ts';
import type { Carried, Mutable } from './object-state.ts';
import { type Heard, hearOtherSpellings } from './other-spellings.ts';
import {
  abortSignal,
  approveSignal,
  emergencyStopSignal,
  pauseSignal,
  rejectSignal,
  resumeSignal,
  retryGatewaySignal,
  rolloutControl,
  syncNowSignal,
} from './rollout-messages.ts';
import { type RolloutEnded, isRolloutEnded } from './rollout-contract.ts';

const desiredChangedSignal = defineSignal<[unknown?]>(SIGNALS.desiredChanged);
const rolloutEndedSignal = defineSignal<[unknown?]>('rolloutEnded');

/** What messages set in motion. */
export interface OnMessage {
  /** Something is new: look at what is wanted. */
  look(): void;
  toRollout<T extends unknown[]>(signal: SignalDefinition<T>, ...said: T): Promise<boolean>;
  ended(result: RolloutEnded): void;
  /** Something was asked for in vain. */
  notice(sentence: string): void;
  /** Writes the stop to status at once. */
  frozen(stop: { readonly by: string; readonly reason: string }): Promise<unknown>;
}

/** Registers the handlers of an object's workflow. A message of a wrong shape says nothing; it never stops the workflow. */
export function listenToMessages(state: Mutable<Carried>, on: OnMessage): void {
  const heard: Heard = new Map();
  const listen = (signal: SignalDefinition<[unknown?]>, handler: (payload?: unknown) => void | Promise<void>): void => {
    setHandler(signal, handler);
    heard.set(signal.name, handler);
  };
  for (const signal of [approveSignal, rejectSignal, abortSignal]) {
    listen(signal, async (payload) => {
      await on.toRollout(signal, payload);
    });
  }
  setHandler(desiredChangedSignal, async (payload) => {
    on.look();
    if (textOf(payload, 'reason')?.startsWith('hello') === true) await on.toRollout(rolloutControl, { agentIsBack: true });
  });
  setHandler(rolloutEndedSignal, (ended) => {
    if (isRolloutEnded(ended)) on.ended(ended);
  });
  listen(syncNowSignal, () => {
    state.asked = true;
    on.look();
  });
  listen(retryGatewaySignal, async (payload) => {
    if (await on.toRollout(retryGatewaySignal, payload)) return;
    state.retry = textOf(payload, 'gateway');
    if (state.retry === undefined) on.notice('retryGateway needs the name of a gateway: {"gateway":"…"}');
    on.look();
  });
  listen(pauseSignal, async (payload) => {
    state.pausedBySignal = true;
    state.pausedBy = saidIn(payload);
    state.resumed = undefined;
    on.look();
    await on.toRollout(pauseSignal, payload);
  });
  listen(emergencyStopSignal, async (payload) => {
    state.resumed = undefined;
    if (state.frozen) return;
    const { by = 'signal', reason = 'no reason given' } = saidIn(payload);
    const stop = { by, reason };
    state.frozen = stop;
    on.look();
    // Status reaches the relay, which then gives no tickets; the rollout is told at the same time.
    await Promise.all([on.frozen(stop), on.toRollout(rolloutControl, { stoppedBy: by, reason })]);
  });
  listen(resumeSignal, (payload) => {
    state.pausedBySignal = false;
    state.frozen = undefined;
    state.resumed = saidIn(payload);
    on.look();
  });
  hearOtherSpellings(heard, (sentence) => on.notice(sentence));
}

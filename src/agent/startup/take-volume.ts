import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '../../domain/errors.ts';
import { Agent } from '../agent.ts';
import type { Layout } from '../layout.ts';
import type { AgentOptions } from '../ports.ts';
import { readState } from '../state.ts';
import type { StartupGate } from './gate.ts';
import { platformBefore, platformNow, rememberPlatform, wasSeededOver } from './platform.ts';
import { isSetUp, isTorn, isUnseeded } from './set-up.ts';

const SEED_LOOK_MS = 250;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/** Hears what keeps the agent from its work, and `undefined` when nothing does any more. */
export type OnTrouble = (trouble: Fault | undefined) => void;

/**
 * Takes the data directory as soon as it can be taken, and tells the gate what was found. An empty volume stays empty until its image or chart
 * has seeded it. What cannot be opened or recovered now is tried again: a full disk is emptied, another agent ends.
 */
export async function takeVolume(
  options: AgentOptions,
  layout: Layout,
  gate: Pick<StartupGate, 'found' | 'mayHaveRunSince'>,
  onTrouble: OnTrouble,
  stopping: AbortSignal,
): Promise<Agent> {
  while (isUnseeded(layout)) {
    await gate.found({ kind: 'whole', setUp: false });
    onTrouble({ reason: 'GatewayCommissioning', message: 'the volume is empty: waits until the gateway or its chart has seeded it' });
    await sleep(SEED_LOOK_MS, undefined, { signal: stopping });
  }
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const agent = await Agent.open(options);
      await leaveLateSeeding(layout, gate);
      const mending = wasSeededOver(layout) ? { mending: 'a seeding of the volume wrote over the last sync, which is put right' } : {};
      await gate.found({ kind: 'whole', setUp: isSetUp(layout), ...mending }, readState(layout).seq);
      onTrouble(undefined);
      return agent;
    } catch (error) {
      stopping.throwIfAborted();
      const fault = toFault(error);
      onTrouble(fault);
      const { message } = fault;
      layout.volume.forgetAll();
      await gate.found(isTorn(layout) ? { kind: 'torn', message } : { kind: 'whole', setUp: isSetUp(layout), problem: message });
      await sleep(wait, undefined, { signal: stopping });
    }
  }
}

/** A seeding that the gateway has started with is left as it is: people may have worked on it since. */
async function leaveLateSeeding(layout: Layout, gate: Pick<StartupGate, 'mayHaveRunSince'>): Promise<void> {
  const { marker } = platformNow(layout);
  if (marker === null || !wasSeededOver(layout) || !gate.mayHaveRunSince(marker)) return;
  await rememberPlatform(layout, { ...platformNow(layout), settingUp: platformBefore(layout)?.settingUp ?? false });
}

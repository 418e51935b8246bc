import {
  CancellationScope,
  defineQuery,
  defineSignal,
  isCancellation,
  patched,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { PlannedGateway } from '../contract/source-activities.ts';
import { PROGRESS_QUERY, flagOf, textOf } from '../contract/messages.ts';
import type { Fault } from '../domain/errors.ts';
import { isComingUp } from '../domain/reasons.ts';
import type { GatewayReport } from '../domain/reports.ts';
import { control, source } from './activities.ts';
import { endWhenOrphaned, isOrphaned } from './orphans.ts';
import { type Reporter, createReporter, merge } from './reporter.ts';
import { Turns } from './turns.ts';
import { searchAttributes } from './search-attributes.ts';
import type { Gate, GatewayOutcome, WaveContext } from './sync-gateway.ts';
import { type SayFor, restartUnit, revertUnit, stageUnit, unitsIn } from './units.ts';

export interface WaveInput extends WaveContext {
  readonly schema: 1;
  readonly stage: string;
  readonly wave: number;
  /** `revert` takes the gateways of an earlier wave back to what they had, `restart` restarts those that wait for it. */
  readonly mode: 'sync' | 'revert' | 'restart';
  /** Only these gateways of the plan: a retry by hand. */
  readonly only?: readonly string[] | undefined;
  readonly paused: boolean;
  /** What ends the pause, in words. */
  readonly pausedFor?: string;
  /** How often a wave that waits asks whether its rollout is still there, milliseconds; every hour when absent. */
  readonly lookForRolloutMs?: number;
}

export interface WaveResult {
  readonly synced: number;
  readonly failed: readonly { readonly gateway: string; readonly fault: Fault; readonly restored: boolean }[];
  readonly unreachable: readonly string[];
  /** Gateways that this wave left as they were. */
  readonly untouched: number;
  /** Another rollout has taken over: nothing more may be done by this one. */
  readonly superseded: boolean;
  /** Gateways that wait for a restart which they may have. */
  readonly restarts?: readonly string[];
}

/** From the rollout to its running wave. */
export const waveControl = defineSignal<[{ readonly stop?: boolean; readonly paused?: boolean; readonly pausedFor?: string }]>('control');
const progress = defineQuery<Record<string, unknown>>(PROGRESS_QUERY);

/**
 * At most 100 gateways changed together. All of them stage before the first applies: a fault that staging can find
 * (no space, no content, wrong owner) is found while nothing has changed anywhere.
 */
export async function wave(input: WaveInput): Promise<WaveResult> {
  let { paused, pausedFor = 'resume' } = input;
  let stopped = false;
  let generation = 0;
  const phases = new Map<string, GatewayReport>();
  setHandler(waveControl, (said: unknown) => {
    stopped ||= flagOf(said, 'stop') === true;
    paused = flagOf(said, 'paused') ?? paused;
    pausedFor = textOf(said, 'pausedFor') ?? pausedFor;
    generation += 1;
  });
  setHandler(progress, () => ({
    stage: input.stage,
    wave: input.wave,
    mode: input.mode,
    paused,
    stopped,
    gateways: Object.fromEntries(phases),
  }));
  const gate: Gate = { stopped: () => stopped, paused: () => paused, pausedFor: () => pausedFor, generation: () => generation };

  const { object, n, planDigest, stage, only } = input;
  /** Whether its rollout is gone, so that nothing goes on by itself; and whether status takes reports of it. */
  const rollout = { gone: false, current: true };
  const reporter = createReporter((gateways) => {
    const told = control.reportStatus(
      { object, n, gateways, ...(rollout.gone && { left: true }) },
      gateways
        .map((g) => `${g.gateway} ${g.phase}`)
        .slice(0, 3)
        .join(', '),
    );
    told.then(
      (answer) => void (rollout.current = answer.current),
      () => undefined,
    );
    return told;
  });
  const gateways = await source.readWave({ planDigest, stage, wave: input.wave, only }, `${stage} wave ${input.wave + 1}`);
  upsertSearchAttributes(searchAttributes({ object, commit: input.commit, phase: input.mode, gateways: gateways.map((g) => g.gateway) }));

  const say = (planned: PlannedGateway) => (news: Omit<GatewayReport, 'gateway' | 'commit' | 'ref'>) => {
    const report = { gateway: planned.gateway, commit: input.commit, ref: input.ref, ...news };
    phases.set(planned.gateway, merge(phases.get(planned.gateway), report));
    reporter.report(report);
  };
  const work = { sync: syncAll, revert: revertAll, restart: restartAll }[input.mode];
  let over = false;
  const watched = endWhenOrphaned({
    isOver: () => over || stopped,
    isPaused: () => paused,
    isWaiting: () => [...phases.values()].some(({ phase }) => phase === 'Waiting'),
    lookMs: input.lookForRolloutMs,
    stop: () => {
      rollout.gone = true;
      stopped = true;
      generation += 1;
    },
  }).catch(() => undefined); // cancelled together with the wave
  let outcomes: GatewayOutcome[];
  try {
    outcomes = await work(input, gateways, gate, say);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => leave('it was cancelled by hand', phases, reporter));
    throw error;
  } finally {
    over = true;
  }
  await watched;
  outcomes.forEach((outcome) => {
    const planned = gateways.find(({ gateway }) => gateway === outcome.gateway);
    if (!planned || outcome.kind === 'synced' || outcome.kind === 'superseded') return;
    if (outcome.kind === 'untouched') {
      if (!rollout.gone) say(planned)({ phase: 'Pending', waitingFor: outcome.why });
    } else if (outcome.kind === 'unreachable') say(planned)(passedOver(outcome.fault));
    else say(planned)({ phase: outcome.restored ? 'Restored' : 'Failed', fault: outcome.fault });
  });
  await reporter.flush();
  if (!rollout.current && !rollout.gone && patched('orphans-say-how-they-end')) rollout.gone = await isOrphaned();
  const away = outcomes.flatMap(({ kind, gateway }) => (kind === 'unreachable' ? [gateway] : []));
  if (rollout.gone) await leave('its rollout was ended from outside', phases, reporter, away);
  return resultOf(outcomes);
}

/** A gateway that is not there, or has not come up: it catches up when its agent says so. */
function passedOver(fault: Fault): Pick<GatewayReport, 'phase' | 'fault' | 'waitingFor'> {
  return isComingUp(fault.reason) ? { phase: 'Waiting', fault, waitingFor: fault.message } : { phase: 'Unreachable', fault };
}

const SETTLED: readonly GatewayReport['phase'][] = ['Synced', 'Restored', 'Failed', 'Pending', 'Unreachable'];

/** Ended by hand: nothing goes on by itself on the gateways that were under way, and their status says so. Those that are away were passed over. */
async function leave(
  how: string,
  phases: ReadonlyMap<string, GatewayReport>,
  reporter: Reporter,
  away: readonly string[] = [],
): Promise<void> {
  for (const report of phases.values()) {
    const { gateway, phase, waitingFor } = report;
    const doing = waitingFor ? `${phase} (${waitingFor})` : phase;
    const message = `the wave ended, since ${how}, while this gateway was ${doing}: syncNow or a new commit goes on`;
    const isSettled = SETTLED.includes(phase) || away.includes(gateway);
    reporter.report({ ...report, ...(!isSettled && { phase: 'Failed', waitingFor: '', fault: { reason: 'Aborted', message } }) });
  }
  await reporter.flush();
}

async function syncAll(at: WaveContext, gateways: readonly PlannedGateway[], gate: Gate, say: SayFor): Promise<GatewayOutcome[]> {
  const staged = await Promise.all(unitsIn(gateways).map((unit) => stageUnit(at, unit, say)));
  const broken = staged.some((unit) => unit.broken);
  const outcomes = staged.map((unit) =>
    broken ? Promise.resolve(unit.leave('another gateway of its wave could not stage')) : unit.go(gate),
  );
  return (await Promise.all(outcomes)).flat();
}

async function revertAll(at: WaveContext, gateways: readonly PlannedGateway[], _gate: Gate, say: SayFor): Promise<GatewayOutcome[]> {
  return (await Promise.all(unitsIn(gateways).map((unit) => revertUnit(at, unit, say)))).flat();
}

async function restartAll(at: WaveInput, gateways: readonly PlannedGateway[], gate: Gate, say: SayFor): Promise<GatewayOutcome[]> {
  const turns = new Turns();
  const due = (gateway: string): boolean => at.only?.includes(gateway) ?? true;
  return (await Promise.all(unitsIn(gateways).map((unit) => restartUnit(at, unit, due, turns, gate, say)))).flat();
}

function resultOf(outcomes: readonly GatewayOutcome[]): WaveResult {
  return {
    synced: outcomes.filter((o) => o.kind === 'synced').length,
    failed: outcomes.flatMap((o) => (o.kind === 'failed' ? [{ gateway: o.gateway, fault: o.fault, restored: o.restored }] : [])),
    unreachable: outcomes.flatMap((o) => (o.kind === 'unreachable' ? [o.gateway] : [])),
    untouched: outcomes.filter((o) => o.kind === 'untouched').length,
    superseded: outcomes.some((o) => o.kind === 'superseded'),
    ...restartsOf(outcomes),
  };
}

function restartsOf(outcomes: readonly GatewayOutcome[]): Pick<WaveResult, 'restarts'> {
  const restarts = outcomes.flatMap((o) => (o.kind === 'synced' && o.restart ? [o.gateway] : []));
  return restarts.length > 0 ? { restarts } : {};
}

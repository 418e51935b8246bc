import { CancellationScope, condition, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { GatewayActivities, RestartInput, RestartResult } from '../contract/gateway-activities.ts';
import type { PlannedGateway } from '../contract/source-activities.ts';
import { gatewayTaskQueue, operationId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import { REFUSALS } from '../domain/reasons.ts';
import type { RestartPolicy } from '../domain/restart.ts';
import { short } from '../domain/revision.ts';
import { openingAt, windowText } from '../domain/windows.ts';
import { gatewayActivities } from './activities.ts';
import { faultOf, rethrowCancellation } from './faults.ts';
import { type Gate, type GatewayOutcome, type Recheck, type Say, type WaveContext, WAITS, gatewayStep } from './sync-gateway.ts';
import { isWaiting, scanWhenUp } from './scan-when-up.ts';
import type { Turns } from './turns.ts';

/** Windows in which a gateway could not be restarted, and in a row, until it has failed: a wait without end is none. */
const WINDOWS = 7;
/** How often a pause or a stop is looked for again, milliseconds. */
const LOOK_MS = 60_000;

/** A restart asked of an agent. `patient`: until its window closes, without costing history. */
function agentOf(at: WaveContext, { gateway }: PlannedGateway, patientMs?: number): Pick<GatewayActivities, 'restart'> {
  return proxyActivities<Pick<GatewayActivities, 'restart'>>({
    taskQueue: gatewayTaskQueue(at.object.namespace, gateway),
    summary: `${gateway}: restart for ${short(at.commit)}`,
    scheduleToStartTimeout: '30s',
    startToCloseTimeout: '2m',
    heartbeatTimeout: '10s',
    ...(patientMs === undefined ? {} : { scheduleToCloseTimeout: patientMs }),
    retry: {
      initialInterval: '1s',
      maximumInterval: '1m',
      ...(patientMs === undefined && { maximumAttempts: 3 }),
      nonRetryableErrorTypes: [...REFUSALS, ...(patientMs === undefined ? ['GatewayInUse', 'TicketRefused'] : [])],
    },
  });
}

/**
 * Restarts a gateway that waits for it: in its window, while nobody is in, when it has its turn; then proves that it came back with what
 * was changed. Files stay as they are whatever comes of it.
 * @param recheck asked directly before the gateway is: what it says ends this, with nothing restarted
 */
export async function restartGateway(
  at: WaveContext,
  planned: PlannedGateway,
  policy: RestartPolicy,
  turns: Turns,
  gate: Gate,
  say: Say,
  recheck?: Recheck,
): Promise<GatewayOutcome> {
  const { gateway } = planned;
  const untouched = (why: string): GatewayOutcome => ({ gateway, kind: 'untouched', why });
  const op = operationId({ uid: at.object.uid, n: at.n, gateway, step: 'restart', attempt: at.attempt });
  const step = { ...gatewayStep(at, planned), op, timeoutMs: policy.timeoutMs, ...(policy.whenInUse && { whenInUse: policy.whenInUse }) };
  const wait = (waitingFor: string): void => say({ phase: 'Waiting', waitingFor: `a restart: ${waitingFor}` });
  try {
    for (let missed = 0; ;) {
      if (gate.paused()) {
        wait(gate.pausedFor());
        await condition(() => !gate.paused() || gate.stopped());
      }
      if (gate.stopped()) return untouched('a restart: the rollout stopped before it');
      if (turns.broken) return untouched('a restart: that of another gateway failed');
      const now = openingAt(policy.windows, Date.now());
      if (!now.open) {
        wait(`its window ${windowText(now.window)}, which opens at ${new Date(now.opensAt).toISOString()}`);
        const seen = gate.generation();
        await condition(() => gate.generation() !== seen || gate.stopped(), now.opensAt - Date.now());
        continue;
      }
      const found = await look(at, planned, { ...step, step: 'look' }, now.closesAt, gate, wait);
      if (found === 'interrupted') continue;
      if (found === 'missed') {
        missed += 1;
        if (missed >= WINDOWS) return failed(gateway, tooLate());
        continue;
      }
      if (found.state === 'nothing') return await proved(at, planned, say, '');
      wait('its turn');
      if (!(await turns.take(() => gate.stopped() || gate.paused(), Math.max(1, now.closesAt - Date.now())))) continue;
      if (Date.now() >= now.closesAt && patched('restart-only-in-window')) {
        turns.give('unused');
        continue;
      }
      const obstacle = await recheck?.();
      if (obstacle) {
        turns.give('unused');
        return failed(gateway, obstacle);
      }
      const outcome = await restartNow(at, planned, { ...step, notAfter: now.closesAt }, gate, say).catch((error: unknown) => {
        turns.give('failed');
        throw error;
      });
      turns.give(outcome === undefined ? 'unused' : outcome.kind === 'synced' ? 'proved' : 'failed');
      if (outcome) return outcome;
    }
  } catch (error) {
    rethrowCancellation(error);
    const fault = faultOf(error);
    if (fault.reason === 'NotCurrentRollout') return { gateway, kind: 'superseded' };
    if (fault.reason === 'Unreachable') return { gateway, kind: 'unreachable', fault };
    return failed(gateway, fault);
  }
}

/** Looks whether a restart is due and nobody is in, as long as the window is open. A pause or a stop interrupts. */
async function look(
  at: WaveContext,
  planned: PlannedGateway,
  input: RestartInput,
  closesAt: number,
  gate: Gate,
  wait: (waitingFor: string) => void,
): Promise<RestartResult | 'interrupted' | 'missed'> {
  try {
    return await agentOf(at, planned).restart(input);
  } catch (error) {
    rethrowCancellation(error);
    const { reason, message } = faultOf(error);
    if (reason !== 'GatewayInUse' && reason !== 'GatewayNotRunning') throw error;
    wait(`${message} The window closes at ${new Date(closesAt).toISOString()}`);
  }
  const seen = gate.generation();
  const scope = new CancellationScope();
  const looking = scope.run(() => agentOf(at, planned, Math.max(1_000, closesAt - Date.now())).restart(input));
  void condition(() => gate.generation() !== seen || gate.stopped()).then(
    () => scope.cancel(),
    () => undefined,
  );
  try {
    return await looking;
  } catch (error) {
    if (Date.now() >= closesAt) return 'missed';
    if (isCancellation(error)) return 'interrupted';
    throw error;
  }
}

/** Asks for the restart, waits for the gateway, and proves it. Undefined = it could not be asked now. */
async function restartNow(
  at: WaveContext,
  planned: PlannedGateway,
  step: Omit<RestartInput, 'step'>,
  gate: Gate,
  say: Say,
): Promise<GatewayOutcome | undefined> {
  say({ phase: 'Restarting' });
  try {
    const { state } = await agentOf(at, planned).restart({ ...step, step: 'ask' });
    if (state === 'nothing') return await proved(at, planned, say, '');
  } catch (error) {
    rethrowCancellation(error);
    const { reason, message } = faultOf(error);
    if (reason === 'GatewayInUse') return undefined; // somebody came meanwhile
    if (!WAITS.includes(reason)) throw error;
    say({ phase: 'Waiting', waitingFor: `a restart: ${message}` });
    const seen = gate.generation();
    await condition(() => gate.generation() !== seen || gate.stopped(), LOOK_MS);
    return undefined;
  }
  // Asked for: whatever is said to the rollout now, it is seen to its end.
  return CancellationScope.nonCancellable(async () => {
    const began = Date.now();
    // The agent ends this wait; the time here is for an agent that does not.
    const settled = await agentOf(at, planned, 2 * step.timeoutMs + 300_000)
      .restart({ ...step, step: 'settle' })
      .catch((error: unknown) => faultOf(error));
    if ('reason' in settled)
      return failed(
        planned.gateway,
        settled.reason === 'RestartFailed' ? settled : { reason: 'RestartFailed', message: notHeard(settled) },
      );
    return proved(at, planned, say, `restarted in ${Math.round((Date.now() - began) / 1000)} s`);
  });
}

/** Proves what is live after a restart. */
async function proved(at: WaveContext, planned: PlannedGateway, say: Say, how: string): Promise<GatewayOutcome> {
  const { gateway, target } = planned;
  const scans = { config: false, projects: false, newProject: false };
  say({ phase: 'Scanning' });
  const scan = { ...gatewayStep(at, planned), scans };
  const first = await gatewayActivities(at.object.namespace, gateway)
    .scan(scan, `${gateway}: proof after the restart`)
    .catch((error: unknown) => faultOf(error));
  const proof = isWaiting(first) ? await scanWhenUp(at.object.namespace, scan, first, say) : first;
  if ('reason' in proof) return failed(gateway, { reason: proof.reason, message: `After the restart: ${proof.message}` });
  const unproved = proof.outcome === 'Loaded' ? '' : `${proof.outcome}: ${proof.message}`;
  say({
    phase: 'Synced',
    live: target,
    confirmed: { manifest: target, outcome: proof.outcome },
    restartPending: proof.restart ?? [],
    note: [unproved, how].filter(Boolean).join('. '),
  });
  return { gateway, kind: 'synced' };
}

function failed(gateway: string, fault: Fault): GatewayOutcome {
  return { gateway, kind: 'failed', restored: false, fault };
}

function tooLate(): Fault {
  const message = `The gateway waits for a restart and was in use, or did not run, in all of ${WINDOWS} windows. Restart it by hand, then retryGateway; or widen restart.windows, or set restart.whenInUse: proceed in the profile.`;
  return { reason: 'RestartFailed', message };
}

function notHeard({ message }: Fault): string {
  return `The gateway was asked to restart, and what came of it is not known: ${message}. When it runs, retryGateway.`;
}

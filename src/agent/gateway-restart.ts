import type { IgnitionClient } from '../clients/ignition/client.ts';
import type { RestartInput, RestartResult } from '../contract/gateway-activities.ts';
import { SyncError } from '../domain/errors.ts';
import { listSome } from '../domain/plan/text.ts';
import type { Reason } from '../domain/reasons.ts';
import { whoIsIn } from './in-use.ts';
import type { Layout } from './layout.ts';
import type { Clock, Doing } from './ports.ts';
import { guardLive } from './precondition.ts';
import { readRestart, writeRestart, type RestartRecord } from './restart-record.ts';
import { readState, type State } from './state.ts';
import { onVolume } from './volume-error.ts';

/** How often it is looked again whether everybody has left, and whether a gateway is back. Milliseconds. */
const LOOK_FOR_PEOPLE_MS = 60_000;
const LOOK_FOR_GATEWAY_MS = 5_000;
/** A gateway goes on for some seconds after it was asked: one that was never seen down counts as back only after this. Milliseconds. */
const GRACE_MS = 20_000;
/** Answers that leave no doubt that the gateway does not restart. */
const REFUSED: readonly Reason[] = ['GatewayAuthFailed', 'GatewayIncompatible', 'TlsUntrusted'];
const NAMED = 5;

/** What restarting is made with. */
export interface RestartWith {
  readonly client: IgnitionClient;
  readonly layout: Layout;
  readonly clock: Clock;
  /** Asks the relay whether this step may be done now. */
  readonly permit: (state: State) => Promise<() => void>;
}

/**
 * One step of a restart: `look` whether it is due and nobody is in; `ask` the gateway for it; `settle`: has it come back? A restart is
 * recorded before the gateway is asked, so that one and the same is never asked for twice, whenever this process dies.
 * @throws SyncError LivePreconditionFailed, GatewayInUse, GatewayNotRunning (both to be asked again), RestartFailed, TicketRefused when the window has
 *   closed, what the relay refuses a ticket with
 */
export async function restartGateway(make: RestartWith, input: RestartInput, doing: Doing): Promise<RestartResult> {
  return onVolume('restarting', () => oneStep(make, input, doing));
}

async function oneStep(make: RestartWith, input: RestartInput, doing: Doing): Promise<RestartResult> {
  guardLive(readState(make.layout), input);
  const record = readRestart(make.layout);
  if (input.step === 'settle') return settle(make, record, input, doing);
  if (record.asked?.op === input.op) return { state: record.asked.back ? 'back' : 'asked' };
  const { asked } = record;
  const isUnderWay = asked !== undefined && !asked.back && ageOf(asked, make.clock) < input.timeoutMs;
  if (isUnderWay) return wait(`another restart of this gateway was asked for at ${asked.at} and is not over`);
  const due = await whatIsDue(make, record, doing);
  if (due.length === 0) return { state: 'nothing' };
  if (input.whenInUse !== 'proceed') {
    const people = await whoIsIn(make.client, doing.signal);
    if (people.length > 0)
      throw new SyncError(
        'GatewayInUse',
        `The gateway waits for a restart (${listSome(due, NAMED)}) and is in use: ${people.join('; ')}. It is restarted when they have left; or set restart.whenInUse: proceed in the profile.`,
        { retryAfterMs: LOOK_FOR_PEOPLE_MS },
      );
  }
  return input.step === 'look' ? { state: 'due' } : ask(make, record, due, input, doing);
}

async function ask(
  make: RestartWith,
  record: RestartRecord,
  due: readonly string[],
  input: RestartInput,
  doing: Doing,
): Promise<RestartResult> {
  const stillPermitted = await make.permit(readState(make.layout));
  const asked = { op: input.op, at: make.clock.now().toISOString(), for: due, down: false, back: false };
  await writeRestart(make.layout, { ...record, asked });
  const forget = (): Promise<void> => writeRestart(make.layout, record);
  try {
    doing.signal.throwIfAborted();
    stillPermitted();
    guardWindow(input, make.clock);
  } catch (error) {
    await forget();
    throw error;
  }
  try {
    if (await make.client.restart(doing.signal)) return { state: 'asked' };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    // An answer that got lost may have been a yes: whether it restarts is seen when it settles.
    if (!REFUSED.includes(error.reason)) return { state: 'asked' };
    await forget();
    throw error;
  }
  await forget();
  throw new SyncError(
    'RestartFailed',
    'The gateway was asked to restart and says no. Look at its log, restart it by hand, then retryGateway.',
  );
}

/** Whatever lay between the decision and this moment: queues, retries, a slow ticket. */
function guardWindow({ notAfter }: RestartInput, clock: Clock): void {
  if (notAfter === undefined || clock.now().getTime() < notAfter) return;
  throw new SyncError(
    'TicketRefused',
    `The window for restarts closed at ${new Date(notAfter).toISOString()}, before the gateway could be asked. It is asked in the next one.`,
  );
}

async function settle(make: RestartWith, record: RestartRecord, input: RestartInput, doing: Doing): Promise<RestartResult> {
  const { asked } = record;
  if (asked?.op !== input.op) return { state: 'nothing' };
  if (asked.back) return { state: 'back' };
  const age = ageOf(asked, make.clock);
  const note = (news: Partial<typeof asked>): Promise<void> => writeRestart(make.layout, { ...record, asked: { ...asked, ...news } });
  const state = await make.client.state(doing.signal);
  if (state !== 'Running') {
    if (!asked.down) await note({ down: true });
    if (age < input.timeoutMs) return wait(`the gateway was asked to restart at ${asked.at} and is ${state.toLowerCase()}`);
    throw new SyncError(
      'RestartFailed',
      `The gateway was asked to restart at ${asked.at} and has not come back: it is ${state.toLowerCase()}. Look at its log and its pod; when it runs, retryGateway. Its files are whole.`,
    );
  }
  const left = (await make.client.pendingRestart(doing.signal)).filter((name) => asked.for.includes(name));
  if (left.length === 0 && (asked.down || age >= Math.min(GRACE_MS, input.timeoutMs))) {
    await note({ back: true });
    return { state: 'back' };
  }
  if (age < input.timeoutMs) return wait(`the gateway was asked to restart at ${asked.at} and has not yet`);
  throw new SyncError(
    'RestartFailed',
    `The gateway was asked to restart at ${asked.at}, runs, and still lists ${listSome(left, NAMED)} as waiting for a restart. It is not asked again by itself: restart it by hand, then retryGateway.`,
  );
}

/** What waits for a restart because of us. */
async function whatIsDue({ client }: RestartWith, { owed }: RestartRecord, { signal }: Doing): Promise<string[]> {
  const state = await client.state(signal);
  if (state !== 'Running') return wait(`the gateway waits for a restart and is ${state.toLowerCase()}`);
  return (await client.pendingRestart(signal)).filter((name) => owed.includes(name));
}

function ageOf({ at }: { readonly at: string }, clock: Clock): number {
  return clock.now().getTime() - Date.parse(at);
}

function wait(what: string): never {
  throw new SyncError('GatewayNotRunning', `${what.slice(0, 1).toUpperCase()}${what.slice(1)}.`, { retryAfterMs: LOOK_FOR_GATEWAY_MS });
}

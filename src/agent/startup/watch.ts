import type { GatewayConnection } from '../../contract/gateway-activities.ts';
import type { HelloResponse } from '../../contract/relay.ts';
import type { Fault } from '../../domain/errors.ts';
import type { Agent } from '../agent.ts';
import { pause } from '../pause.ts';
import type { Boot } from './boot.ts';
import type { StartupGate } from './gate.ts';
import type { Mender } from './mender.ts';

/** Milliseconds between two looks: soon at first, then later while something is awaited, and seldom when nothing is. */
const PACE = { soon: 250, later: 5_000, seldom: 10_000 };

export interface WatchWith {
  readonly agent: Pick<Agent, 'hello'>;
  readonly boot: Pick<Boot, 'look'>;
  readonly gate: Pick<StartupGate, 'closed' | 'told'>;
  readonly mender: Pick<Mender, 'look'>;
  readonly pace?: typeof PACE;
  /** Hears each new reason why the relay could not be told or the volume not be put right, once. */
  readonly onError: (error: unknown) => void;
}

/**
 * Says hello for a gateway that comes up: until the relay knows this agent, while the gate is closed, and when what kept the gateway from being
 * synced is over, which starts its catch-up.
 */
export class BootWatch {
  readonly #with: WatchWith;
  readonly #greeted = Promise.withResolvers<HelloResponse>();
  #known: HelloResponse | undefined;
  #connection: GatewayConnection | undefined;
  /** What kept the gateway from being synced when the relay was told last. */
  #told: Fault | undefined;
  #complaint = '';

  constructor(make: WatchWith) {
    this.#with = make;
  }

  /** Resolves when the relay knows this agent. */
  greeted(): Promise<HelloResponse> {
    return this.#greeted.promise;
  }

  /** Tells the relay what is live and what keeps the gateway; hears what the gateway may expect. */
  async hello(signal: AbortSignal): Promise<HelloResponse> {
    const { agent, boot, gate } = this.#with;
    const { comingUp } = this.#connection ? await boot.look(this.#connection, signal) : {};
    const answer = await agent.hello(signal, comingUp);
    this.#connection = answer.startup?.connection ?? this.#connection;
    this.#told = comingUp;
    this.#known = answer;
    await gate.told(answer.startup);
    this.#greeted.resolve(answer);
    return answer;
  }

  /** Looks as long as the process lives. */
  async run(stopping: AbortSignal): Promise<void> {
    const { soon, later, seldom } = this.#with.pace ?? PACE;
    for (let wait = soon; !stopping.aborted; wait = Math.min(2 * wait, later)) {
      try {
        await this.#look(stopping);
        this.#complaint = '';
      } catch (error) {
        if (isStopping(stopping)) break;
        const complaint = error instanceof Error ? error.message : String(error);
        if (complaint !== this.#complaint) this.#with.onError(error);
        this.#complaint = complaint;
      }
      const isBusy = this.#known === undefined || this.#with.gate.closed !== undefined || this.#told !== undefined;
      if (!isBusy) wait = seldom;
      await pause(wait, stopping).catch(() => undefined);
      if (!isBusy) wait = soon / 2;
    }
    this.#greeted.reject(stopping.reason);
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#known === undefined || this.#with.gate.closed !== undefined) await this.hello(signal);
    if (this.#known === undefined || this.#connection === undefined) return;
    const { state, comingUp } = await this.#with.boot.look(this.#connection, signal);
    if (comingUp && this.#told === undefined) this.#told = comingUp; // nothing to be told: the relay takes nobody for back who says so
    if (comingUp?.reason !== this.#told?.reason) await this.hello(signal);
    await this.#with.mender.look(this.#known.gateway, this.#connection, state, signal);
  }
}

/** Read anew: the process may have been asked to stop during the call. */
function isStopping(signal: AbortSignal): boolean {
  return signal.aborted;
}

import type { GatewayConnection } from '../../contract/activities.ts';
import type { HelloResponse } from '../../contract/relay.ts';
import type { Fault } from '../../domain/errors.ts';
import type { Agent } from '../agent.ts';
import { pause } from '../pause.ts';
import type { Boot } from './boot.ts';
import type { StartupGate } from './gate.ts';

/** Milliseconds between two looks: soon at first, then later while something is awaited, and seldom when nothing is. */
const SOON_MS = 250;
const LATER_MS = 5_000;
const SELDOM_MS = 10_000;

export interface WatchWith {
  readonly agent: Pick<Agent, 'hello'>;
  readonly boot: Pick<Boot, 'look'>;
  readonly gate: Pick<StartupGate, 'closed' | 'told'>;
  /** Hears each new reason why the relay could not be told, once. */
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
    const comingUp = this.#connection && (await boot.look(this.#connection, signal));
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
    for (let wait = SOON_MS; !stopping.aborted; wait = Math.min(2 * wait, LATER_MS)) {
      try {
        if (await this.#hasNews(stopping)) await this.hello(stopping);
        this.#complaint = '';
      } catch (error) {
        if (stopping.aborted) break;
        const complaint = error instanceof Error ? error.message : String(error);
        if (complaint !== this.#complaint) this.#with.onError(error);
        this.#complaint = complaint;
      }
      const isBusy = this.#known === undefined || this.#with.gate.closed !== undefined || this.#told !== undefined;
      if (!isBusy) wait = SELDOM_MS;
      await pause(wait, stopping).catch(() => undefined);
      if (!isBusy) wait = SOON_MS;
    }
    this.#greeted.reject(stopping.reason);
  }

  async #hasNews(signal: AbortSignal): Promise<boolean> {
    if (this.#known === undefined || this.#with.gate.closed !== undefined) return true;
    const now = this.#connection && (await this.#with.boot.look(this.#connection, signal));
    if (now && this.#told === undefined) this.#told = now; // nothing to be told: the relay takes nobody for back who says so
    return now?.reason !== this.#told?.reason;
  }
}

import type { IgnitionClient } from '../clients/ignition/client.ts';
import type { GatewayConnection } from '../contract/gateway-activities.ts';
import { MAX_RESTARTS_NAMED, MAX_RESTART_NAME } from '../contract/relay.ts';
import type { Layout } from './layout.ts';
import { noteStillPending, readRestart } from './restart-record.ts';
import type { Watched } from './tell-changes.ts';

/** How often it is looked whether what waited for a restart still does, milliseconds. */
const LOOK_MS = 10_000;

/** What restarts are watched with. */
interface WatchWith {
  readonly layout: Layout;
  readonly open: (connection: GatewayConnection) => IgnitionClient;
  /** Does this when nobody else writes on the volume. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
}

/** Whether what waits for a restart because of us still does, and what was told of that: a person may have restarted the gateway. */
export class RestartWatch implements Watched {
  readonly complaint = 'the gateway could not be asked what waits for a restart';
  readonly #make: WatchWith;
  #connection: GatewayConnection | undefined;
  #told: string | undefined;

  constructor(make: WatchWith) {
    this.#make = make;
  }

  /** From now on the gateway can be asked. */
  reach(connection: GatewayConnection | undefined): void {
    this.#connection = connection ?? this.#connection;
  }

  /** Asks the gateway, where something waits. @returns whether there is something to tell that was not told yet */
  async look(signal?: AbortSignal): Promise<boolean> {
    const { owed } = readRestart(this.#make.layout);
    if (owed.length > 0 && this.#connection) await this.#ask(this.#connection, owed, signal);
    return JSON.stringify(this.report()) !== this.#told;
  }

  async #ask(connection: GatewayConnection, owed: readonly string[], signal?: AbortSignal): Promise<void> {
    const { layout, open, alone } = this.#make;
    const client = open(connection);
    try {
      if ((await client.state(signal)) !== 'Running') return; // whether it was restarted is seen when it is back
      const pending = await client.pendingRestart(signal);
      if (!owed.every((name) => pending.includes(name))) await alone(() => noteStillPending(layout, pending));
    } finally {
      await client.close();
    }
  }

  paceMs(): number {
    return LOOK_MS;
  }

  /** What waits, in the gateway's words, no longer than a hello may be. */
  report(): readonly string[] {
    const { owed } = readRestart(this.#make.layout);
    return owed.slice(0, MAX_RESTARTS_NAMED).map((name) => name.slice(0, MAX_RESTART_NAME));
  }

  told(report: readonly string[]): void {
    this.#told = JSON.stringify(report);
  }
}

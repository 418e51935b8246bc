import type { GatewayState, IgnitionClient } from '../../clients/ignition/client.ts';
import type { GatewayConnection } from '../../contract/gateway-activities.ts';
import { SyncError, type Fault } from '../../domain/errors.ts';
import type { Clock } from '../ports.ts';

/** Milliseconds that a gateway which is down is taken for one that is coming up, where a kubelet starts it again and again. */
const BOOT_MS = 900_000;
/** Milliseconds after its first-time setup in which a gateway may refuse a key that it knew before [seen: 403 for a while]. */
const SETTLING_MS = 600_000;
const SOONEST_MS = 500;
const LATEST_MS = 10_000;

/** What is known of a gateway that may not have come up. */
export interface BootOptions {
  readonly ignition: (connection: GatewayConnection) => IgnitionClient;
  readonly clock: Clock;
  /** Whether the gateway has been through its first-time setup, as its volume says. */
  readonly isSetUp: () => boolean;
  /** Whether somebody starts the gateway again whenever it ends: then one that is down is on its way. */
  readonly keptRunning: boolean;
}

type Named = Fault & { readonly reason: 'GatewayStarting' | 'GatewayCommissioning' | 'ApiKeyNotLoaded' };

/** Watches one gateway come up: nothing is written before its first-time setup, nothing is proved before it runs. */
export class Boot {
  readonly #options: BootOptions;
  /** Since when it does not run, as far as this process has seen; and when it was last seen in its first-time setup. */
  #downSince: number | undefined;
  #settingUp: number | undefined;
  #refused = false;

  constructor(options: BootOptions) {
    this.#options = options;
  }

  /** How the gateway is, and what keeps it from being synced now, if that will be over by itself. */
  async look(
    connection: GatewayConnection,
    signal: AbortSignal,
  ): Promise<{ state?: GatewayState | undefined; comingUp?: Named | undefined }> {
    const state = await this.#state(connection, signal);
    if (state === undefined) return {};
    if (state !== 'Running') return { state, comingUp: this.#beforeWriting(state) };
    return { state, comingUp: this.#refused ? await this.#askWithKey(connection, signal) : undefined };
  }

  /** @throws SyncError GatewayCommissioning, GatewayStarting: nothing may be written to the gateway's files yet */
  async guardWriting(connection: GatewayConnection, signal: AbortSignal): Promise<void> {
    const state = await this.#state(connection, signal);
    const fault = state === undefined || state === 'Running' ? undefined : this.#beforeWriting(state);
    if (fault) throw this.#later(fault);
  }

  /** @throws SyncError GatewayCommissioning, GatewayStarting: a scan proves nothing yet */
  async guardProof(connection: GatewayConnection, signal: AbortSignal): Promise<void> {
    const state = await this.#state(connection, signal);
    if (state === 'Commissioning') throw this.#later(COMMISSIONING);
    if (state === 'Starting') throw this.#later(STARTING);
    if (state === 'Down' && this.#options.keptRunning && this.#forMs() < BOOT_MS) throw this.#later(STARTING);
  }

  /**
   * A key that a gateway refuses may be one that it has not loaded yet, or whose right its first-time setup has just taken away.
   * @param onDisk what the gateway's files say for it, in words; undefined when they do not know it either
   */
  refusedKey(error: unknown, onDisk: string | undefined): unknown {
    if (!(error instanceof SyncError) || error.reason !== 'GatewayAuthFailed') return error;
    const settling = this.#settingUp !== undefined && this.#options.clock.monotonicMs() - this.#settingUp < SETTLING_MS;
    if (onDisk === undefined && !settling) return error;
    this.#refused = true;
    const why = onDisk ?? 'the gateway has just ended its first-time setup, which may take the right of an API key away for a while';
    return this.#later({ reason: 'ApiKeyNotLoaded', message: `${error.message} ${capital(why)}.` });
  }

  async #state(connection: GatewayConnection, signal: AbortSignal): Promise<GatewayState | undefined> {
    const client = this.#options.ignition(connection);
    try {
      const state = await client.state(signal);
      const now = this.#options.clock.monotonicMs();
      this.#downSince = state === 'Running' ? undefined : (this.#downSince ?? now);
      if (state === 'Commissioning') this.#settingUp = now;
      return state;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SyncError) return undefined; // the step itself says what is wrong with the answer
      throw error;
    } finally {
      await client.close();
    }
  }

  #beforeWriting(state: GatewayState): Named | undefined {
    if (state === 'Commissioning') return COMMISSIONING;
    if (this.#options.isSetUp()) return undefined;
    return {
      reason: 'GatewayStarting',
      message: 'The gateway has not come up for the first time yet: nothing is written before, the sync follows.',
    };
  }

  async #askWithKey(connection: GatewayConnection, signal: AbortSignal): Promise<Named | undefined> {
    const client = this.#options.ignition(connection);
    try {
      await client.gatewayInfo(signal);
      this.#refused = false;
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SyncError) || error.reason !== 'GatewayAuthFailed') return undefined;
      return { reason: 'ApiKeyNotLoaded', message: error.message };
    } finally {
      await client.close();
    }
  }

  #forMs(): number {
    return this.#downSince === undefined ? 0 : this.#options.clock.monotonicMs() - this.#downSince;
  }

  #later({ reason, message }: Named): SyncError {
    return new SyncError(reason, message, { retryAfterMs: Math.min(LATEST_MS, Math.max(SOONEST_MS, this.#forMs() / 4)) });
  }
}

const STARTING: Named = { reason: 'GatewayStarting', message: 'The gateway is starting: the scan follows when it runs.' };
const COMMISSIONING: Named = {
  reason: 'GatewayCommissioning',
  message:
    'The gateway waits for its first-time setup (commissioning): finish it in its web page, or give its image the variables for it; the sync follows by itself.',
};

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

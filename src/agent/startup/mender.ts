import type { GatewayConnection, GatewayStep } from '../../contract/activities.ts';
import { SECURITY } from '../key-guard.ts';
import { NO_MANIFEST } from '../../domain/manifest.ts';
import type { Agent } from '../agent.ts';
import type { Layout } from '../layout.ts';
import type { Clock, Doing } from '../ports.ts';
import { NO_SCANS, readState } from '../state.ts';
import type { StartupGate } from './gate.ts';
import { platformBefore, platformNow, rememberPlatform, wasSeededOver } from './platform.ts';
import { isTorn } from './set-up.ts';

const RETAIN_SNAPSHOTS = 5;
const MENDED = 'mend/';

export interface MenderOptions {
  readonly agent: Pick<Agent, 'mend' | 'scan'>;
  readonly layout: Layout;
  readonly gate: Pick<StartupGate, 'closed' | 'found'>;
  readonly clock: Clock;
  /** Hears what was put right, and why. */
  readonly onMended: (why: string, paths: readonly string[]) => void;
}

/**
 * Puts right what the gateway's platform wrote over: a chart that seeds its volume once more, and the first-time setup, which rewrites who may do
 * what. Neither is a person's change. What people change is never touched by this.
 */
export class Mender {
  readonly #options: MenderOptions;

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /**
   * One look; does what is due.
   * @param state of the gateway, as it has just been seen
   * @throws SyncError when it cannot be put right now: the next look tries again
   */
  async look(gateway: string, connection: GatewayConnection, state: string | undefined, signal: AbortSignal): Promise<void> {
    const { layout, gate, agent } = this.#options;
    const before = platformBefore(layout);
    const settingUp = state === 'Commissioning' || (before?.settingUp === true && state !== 'Running');
    const now = { ...platformNow(layout), settingUp };
    const doing: Doing = { signal, onProgress: () => undefined };
    // A gateway that waits for a change to be ended must not wait for the next sync, which may never come: every step ends it first.
    if (gate.closed !== undefined && isTorn(layout))
      await agent.mend({ ...this.#step(gateway, connection, MENDED), target: NO_MANIFEST }, () => false, doing);
    if (wasSeededOver(layout)) {
      await this.#mend('the volume was seeded over the last sync', () => true, gateway, connection, doing);
      await gate.found({ kind: 'whole', setUp: true });
    }
    if (before?.settingUp === true && !settingUp)
      await this.#mend('the first-time setup rewrote it', (path) => SECURITY.test(path), gateway, connection, doing);
    if (before?.marker !== now.marker || before.settingUp !== now.settingUp) await rememberPlatform(layout, now);
    const { op, owed } = readState(layout);
    if (state === 'Running' && op.startsWith(MENDED) && (owed.config || owed.projects))
      await agent.scan({ ...this.#step(gateway, connection, op), scans: NO_SCANS }, doing);
  }

  async #mend(
    why: string,
    concerns: (path: string) => boolean,
    gateway: string,
    connection: GatewayConnection,
    doing: Doing,
  ): Promise<void> {
    const { agent, layout, clock, onMended } = this.#options;
    const op = `${MENDED}${gateway}/${readState(layout).seq + 1}/${clock.now().toISOString()}`;
    const paths = await agent.mend(this.#step(gateway, connection, op), concerns, doing);
    if (paths.length > 0) onMended(why, paths);
  }

  #step(gateway: string, connection: GatewayConnection, op: string): GatewayStep {
    const { live } = readState(this.#options.layout);
    const nobody = { namespace: '', name: '', uid: '' };
    return {
      object: nobody,
      gateway,
      rollout: '',
      planDigest: '',
      target: live,
      expectLive: live,
      op,
      connection,
      retainSnapshots: RETAIN_SNAPSHOTS,
    };
  }
}

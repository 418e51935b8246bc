import type { GatewayConnection, GatewayStep } from '../../contract/gateway-activities.ts';
import { SyncError } from '../../domain/errors.ts';
import { SECURITY } from '../key-guard.ts';
import { NO_MANIFEST } from '../../domain/manifest.ts';
import type { Agent } from '../agent.ts';
import type { Layout } from '../layout.ts';
import type { Mending } from '../mend.ts';
import type { Clock, Doing } from '../ports.ts';
import { NO_SCANS, readState } from '../state.ts';
import type { StartupGate } from './gate.ts';
import { platformBefore, platformNow, rememberPlatform, wasSeededOver } from './platform.ts';
import { isTorn } from './set-up.ts';

/** Where nobody has said how many, none is removed: the next sync says it. */
const ALL_SNAPSHOTS = Number.MAX_SAFE_INTEGER;
const MENDED = 'mend/';
/** Milliseconds after the first-time setup was last seen in which what it rewrote is put right: later somebody may be at work. */
const SETUP_ENDED_MS = 600_000;
/** Milliseconds by which the time of a file may lie behind the clock: the kernel stamps it with its last tick. */
const TICK_MS = 10;

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
 * what. Neither is a person's change. What people change is never touched by this: a seeding is put right only before the gateway has been let
 * start, a setup only by the process that saw it end, and only files that were written since. All else stays, as a local change.
 */
export class Mender {
  readonly #options: MenderOptions;
  /** When this process saw the first-time setup: first, epoch milliseconds, and last, milliseconds of the steady clock. */
  #setup: { readonly since: number; readonly last: number } | undefined;

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /**
   * One look; does what is due.
   * @param state of the gateway, as it has just been seen
   * @throws SyncError when it cannot be put right now: the next look tries again
   */
  async look(gateway: string, connection: GatewayConnection, state: string | undefined, signal: AbortSignal): Promise<void> {
    const { layout, gate, agent, clock } = this.#options;
    const before = platformBefore(layout);
    const settingUp = state === 'Commissioning' || (before?.settingUp === true && state !== 'Running');
    if (state === 'Commissioning') this.#setup = { since: this.#setup?.since ?? clock.now().getTime(), last: clock.monotonicMs() };
    const now = { ...platformNow(layout), settingUp };
    const doing: Doing = { signal, onProgress: () => undefined };
    // A gateway that waits for a change to be ended must not wait for the next sync, which may never come: every step ends it first.
    if (gate.closed !== undefined && isTorn(layout))
      await agent.mend(
        { ...this.#step(gateway, connection, MENDED), target: NO_MANIFEST },
        { concerns: () => false, guard: () => undefined },
        doing,
      );
    if (wasSeededOver(layout) && gate.closed !== undefined) {
      const mending = { why: 'the volume was seeded over the last sync', concerns: since(layout, now.marker ?? Infinity) };
      if (!(await this.#mend({ ...mending, guard: () => guardClosed(gate) }, gateway, connection, doing))) return;
      await gate.found({ kind: 'whole', setUp: true });
    }
    const setup = this.#setup;
    if (setup && !settingUp) {
      const rewritten = since(layout, setup.since - TICK_MS);
      const concerns = (path: string): boolean => SECURITY.test(path) && rewritten(path);
      const mending = { why: 'the first-time setup rewrote it', concerns, guard: () => undefined };
      const isDue = clock.monotonicMs() - setup.last < SETUP_ENDED_MS;
      if (isDue && !(await this.#mend(mending, gateway, connection, doing))) return;
      this.#setup = undefined;
    }
    if (before?.marker !== now.marker || before.settingUp !== now.settingUp) await rememberPlatform(layout, now);
    const { op, owed } = readState(layout);
    if (state === 'Running' && op.startsWith(MENDED) && (owed.config || owed.projects))
      await agent.scan({ ...this.#step(gateway, connection, op), scans: NO_SCANS }, doing);
  }

  /** @returns whether it was looked at: a sync that came first leaves that to the next look */
  async #mend(
    { why, ...mending }: Mending & { readonly why: string },
    gateway: string,
    connection: GatewayConnection,
    doing: Doing,
  ): Promise<boolean> {
    const { agent, layout, clock, onMended } = this.#options;
    const op = `${MENDED}${gateway}/${readState(layout).seq + 1}/${clock.now().toISOString()}`;
    const paths = await agent.mend(this.#step(gateway, connection, op), mending, doing);
    if (paths && paths.length > 0) onMended(why, paths);
    return paths !== undefined;
  }

  #step(gateway: string, connection: GatewayConnection, op: string): GatewayStep {
    const { live, retain } = readState(this.#options.layout);
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
      retainSnapshots: retain?.count ?? ALL_SNAPSHOTS,
      ...(retain?.bytes !== undefined && { retainSnapshotBytes: retain.bytes }),
    };
  }
}

/** Whether a file was written, or its like put there, since a moment, in epoch milliseconds: no tool that copies can set this time back. */
function since({ volume }: Layout, moment: number): (path: string) => boolean {
  return (path) => {
    const standing = volume.look(path);
    return standing.kind === 'file' && standing.stat.ctimeMs >= moment;
  };
}

/** @throws SyncError LocalChange once the gateway has been let start: what lies there may be a person's work from now on */
function guardClosed(gate: Pick<StartupGate, 'closed'>): void {
  if (gate.closed !== undefined) return;
  throw new SyncError('LocalChange', 'The gateway has been let start: what the seeding of its volume wrote stays as it is.');
}

import { decideGate, type VolumeState } from '../../domain/startup-gate.ts';
import type { Startup } from '../../contract/relay.ts';
import { Layout } from '../layout.ts';
import type { Clock } from '../ports.ts';
import type { VolumeFs } from '../volume-fs.ts';
import { hasLivedSince, readRecord, writeRecord, type StartupRecord } from './record.ts';
import { isTorn } from './set-up.ts';

/** What a gate is made of. */
export interface GateOptions {
  readonly volume: VolumeFs;
  /** See `sandboxOf`; absent where nobody waits for this gate: the gateway starts without us. */
  readonly sandbox: string | undefined;
  /** Until the relay has spoken. */
  readonly graceSeconds: number;
  readonly clock: Clock;
  /** Hears each decision, once. */
  readonly onDecision: (open: boolean, why: string) => void;
}

/**
 * The startup gate of one gateway: the kubelet starts the gateway's container when it is open. Once open it stays open for this life of the
 * pod, also for an agent that has been started again: its startup probe must not take a running gateway from its Service.
 */
export class StartupGate {
  readonly #options: GateOptions;
  readonly #layout: Layout;
  readonly #startedMs: number;
  #record: StartupRecord | undefined;
  #volume: VolumeState = { kind: 'recovering' };
  #startup: Startup | undefined;
  #applied = false;
  /** Why it is open; undefined while it is closed. */
  #opened: string | undefined;
  #closed = '';
  #told = '';
  #kept: Promise<void> = Promise.resolve();

  constructor(options: GateOptions) {
    this.#options = options;
    const { sandbox, volume, clock } = options;
    this.#layout = new Layout(volume);
    this.#startedMs = clock.monotonicMs();
    this.#record = sandbox === undefined ? undefined : readRecord(volume, sandbox);
    this.#opened = sandbox === undefined ? 'nobody waits for it' : this.#record?.opened;
    this.#judge();
  }

  /** Why the gateway may not start yet; undefined when it may. */
  get closed(): string | undefined {
    this.#judge();
    return this.#opened === undefined ? this.#closed : undefined;
  }

  /** Whether the gateway may have run since a moment, in epoch milliseconds, beside another pod or this one. */
  mayHaveRunSince(moment: number): boolean {
    return this.closed === undefined || (this.#record === undefined && hasLivedSince(this.#options.volume, moment));
  }

  /** What became of the look at the volume; `seq` counts its changes, once they can be read. */
  async found(state: VolumeState, seq?: number): Promise<void> {
    this.#volume = state;
    if (this.#record && seq !== undefined) this.#applied ||= seq > this.#record.seq;
    this.#judge();
    const { sandbox, clock } = this.#options;
    if (sandbox !== undefined && seq !== undefined && !this.#record) {
      const opened = this.#opened === undefined ? {} : { opened: this.#opened };
      this.#keep({ version: 1, sandbox, since: clock.now().toISOString(), seq, ...opened });
    }
    await this.#kept;
  }

  /** The relay has spoken. */
  async told(startup: Startup | undefined): Promise<void> {
    this.#startup = startup;
    this.#judge();
    await this.#kept;
  }

  /** The wanted commit is live. */
  async applied(): Promise<void> {
    this.#applied = true;
    this.#judge();
    await this.#kept;
  }

  #judge(): void {
    const { graceSeconds, clock, onDecision } = this.#options;
    const since = this.#record === undefined ? Infinity : Date.parse(this.#record.since);
    const { open, why } = decideGate({
      opened: this.#opened,
      volume: this.#volumeNow(),
      applied: this.#applied,
      expected: this.#startup,
      elapsedMs: Math.max(clock.monotonicMs() - this.#startedMs, clock.now().getTime() - since),
      graceMs: (this.#startup?.graceSeconds ?? graceSeconds) * 1_000,
    });
    const said = why.replace(/\d+ s more/, '');
    if (said !== this.#told) onDecision(open, why);
    this.#told = said;
    this.#closed = why;
    if (!open || this.#opened !== undefined) return;
    this.#opened = why;
    if (this.#record) this.#keep({ ...this.#record, opened: why });
  }

  /** What was whole when it was looked at may be in the middle of a change since. */
  #volumeNow(): VolumeState {
    if (this.#opened !== undefined || this.#volume.kind !== 'whole' || !isTorn(this.#layout)) return this.#volume;
    return { kind: 'torn', message: `${this.#layout.journal} lies on the volume` };
  }

  /** What cannot be written down is judged anew after a restart: a volume that is full keeps no gateway down. */
  #keep(record: StartupRecord): void {
    this.#record = record;
    this.#kept = this.#kept.then(() => writeRecord(this.#options.volume, record)).catch(() => undefined);
  }
}

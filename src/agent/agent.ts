import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { IgnitionClient, ScanKind } from '../clients/ignition/client.ts';
import type { ApplyResult, GatewayStep, RestoreInput, RestoreResult, ScanInput, ScanResult, StageResult } from '../contract/activities.ts';
import type { HelloResponse } from '../contract/relay.ts';
import { SyncError } from '../domain/errors.ts';
import type { Digest, ManifestText } from '../domain/manifest.ts';
import { guardEdge, proveAccess } from './access.ts';
import { countChanges, scansFor } from './change.ts';
import { guardDesigners } from './designer-guard.ts';
import { Identity } from './identity.ts';
import { guardKey } from './key-guard.ts';
import { Layout } from './layout.ts';
import { obtainManifest } from './manifests.ts';
import { Mutex } from './mutex.ts';
import { guardLive, guardPrecondition } from './precondition.ts';
import { prepare } from './prepare.ts';
import type { AgentOptions, Clock, Doing } from './ports.ts';
import { restoreFromSnapshot } from './restore.ts';
import { scanGateway } from './scan.ts';
import { holdScans, kindsOf, letGo } from './scan-locks.ts';
import { volumeSpace } from './space.ts';
import { NO_CHANGES, NO_SCANS, mergeScans, readState, writeState } from './state.ts';
import { recover, transact, type Bench } from './transact.ts';
import { onVolume } from './volume-error.ts';
import { WriterLock } from './writer-lock.ts';

const SYSTEM_CLOCK: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const SCAN_TIMEOUT_MS = 60_000;
/** Paths named in an answer. */
const REPLACED_NAMED = 5;

/** What is live on the volume, and what made it so. */
export interface Inspection {
  readonly live: Digest;
  readonly liveOp: string;
}

/** The engine beside one gateway: makes manifests live there, whole or not at all, and puts back what was. Knows nothing of Temporal. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #bench: Bench;
  readonly #layout: Layout;
  readonly #lock: WriterLock;
  readonly #identity: Identity;
  /** One writer of scratch, one of the gateway's files; where both are needed, in this order. Scans need neither. */
  readonly #staging = new Mutex();
  readonly #writing = new Mutex();

  private constructor(options: AgentOptions, bench: Bench, lock: WriterLock) {
    this.#options = options;
    this.#bench = bench;
    this.#layout = bench.layout;
    this.#lock = lock;
    this.#identity = new Identity(options.relay, bench.clock, options.version);
  }

  /**
   * Takes the data directory and ends whatever an earlier process was interrupted in.
   * @throws SyncError AnotherWriter, VolumeFailed, InsufficientSpace
   */
  static async open(options: AgentOptions): Promise<Agent> {
    const layout = new Layout(options.dataDir);
    const bench: Bench = { layout, clock: options.clock ?? SYSTEM_CLOCK, onStep: options.onStep };
    return onVolume('starting', async () => {
      for (const folder of [layout.own, layout.manifests, layout.staging, layout.snapshots])
        mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lock = await WriterLock.take(layout.lock);
      rmSync(layout.proof, { recursive: true, force: true });
      try {
        await recover(bench);
      } catch (error) {
        await lock.release();
        throw error;
      }
      return new Agent(options, bench, lock);
    });
  }

  /** Waits for the writer at work, then lets go of the data directory. */
  async close(): Promise<void> {
    await this.#staging.run(undefined, () => this.#writing.run(undefined, () => this.#lock.release()));
  }

  async inspect(): Promise<Inspection> {
    const { live, op } = await readState(this.#layout);
    return { live, liveOp: op };
  }

  /** Tells the relay what is live here. The answer names this gateway and its Task Queue. */
  async hello(signal?: AbortSignal): Promise<HelloResponse> {
    return this.#identity.hello(await readState(this.#layout), signal);
  }

  /**
   * Brings the target's content to scratch, if the gateway will take it. Changes nothing that the gateway reads, and needs no ticket.
   * @throws SyncError GatewayAuthFailed, GatewayIncompatible, InvalidProfile, TlsUntrusted, LivePreconditionFailed, LocalChange, LinkInTheWay, InTheWay, InsufficientSpace, ContentUnavailable, RelayUnreachable …
   */
  async stage(step: GatewayStep, doing: Doing): Promise<StageResult> {
    return this.#staging.run(doing.signal, () =>
      onVolume('staging', async () => {
        await this.#writing.run(doing.signal, () => this.#recover());
        const state = await readState(this.#layout);
        if (state.live === step.target) return { live: state.live, fetchedFiles: 0, fetchedBytes: 0, changes: NO_CHANGES };
        guardPrecondition(state, step);
        const access = await this.#withClient(step, (client) => proveAccess(client, doing));
        const { survey, fetched } = await prepare(this.#preparing(), state, step, doing);
        guardEdge(access, survey.changes);
        guardKey(access.key, survey.changes, this.#layout.dataDir, join(this.#layout.stagingFor(step.target), 'tree'));
        return { live: state.live, fetchedFiles: fetched.files, fetchedBytes: fetched.bytes, changes: countChanges(survey.changes) };
      }),
    );
  }

  /**
   * Makes the target live: finishes or undoes what was interrupted, looks at every path once more, asks for a ticket, commits.
   * @throws SyncError as `stage`, and what the relay refuses the ticket with; then nothing has changed
   */
  async apply(step: GatewayStep, doing: Doing): Promise<ApplyResult> {
    const commit = async (): Promise<ApplyResult> => {
      await this.#recover();
      const state = await readState(this.#layout);
      if (state.live === step.target) {
        const changes = state.op === step.op ? state.changes : NO_CHANGES;
        return { live: state.live, wrote: false, changes, visibleMs: 0, scans: state.owed };
      }
      guardPrecondition(state, step);
      const { survey } = await prepare(this.#preparing(), state, step, doing);
      doing.onProgress({ doing: 'applying', files: 0, of: survey.changes.length });
      const { changes, visibleMs } = await this.#holdingScans(step, kindsOf(scansFor(survey.changes)), doing, (hold) =>
        transact(this.#bench, state, {
          kind: 'apply',
          op: step.op,
          from: state.live,
          to: step.target,
          survey,
          scratch: step.target,
          keepFolders: new Set(),
          retainSnapshots: step.retainSnapshots,
          permit: async () => {
            await this.#withClient(step, (client) => guardDesigners(client, step.designers, survey.changes, doing.signal));
            await hold();
            const stillValid = await this.#identity.ticket(state, step, doing);
            return () => {
              this.#lock.check();
              doing.signal.throwIfAborted();
              stillValid();
            };
          },
        }),
      );
      const { owed } = await readState(this.#layout);
      return { live: step.target, wrote: survey.changes.length > 0, changes, takenOver: survey.takenOver, visibleMs, scans: owed };
    };
    return this.#staging.run(doing.signal, () => this.#writing.run(doing.signal, () => onVolume('applying', commit)));
  }

  /**
   * Puts back, from the snapshot and without a ticket, what `expectLive` replaced.
   * @throws SyncError RestoreFailed without a snapshot of exactly that; LivePreconditionFailed
   */
  async restore(step: RestoreInput, doing: Doing): Promise<RestoreResult> {
    return this.#writing.run(doing.signal, () =>
      onVolume('restoring', async () => {
        await this.#recover();
        const state = await readState(this.#layout);
        if (state.live === step.target) return { live: state.live, wrote: false };
        guardPrecondition(state, step);
        const replaced = await this.#holdingScans(step, ['config', 'projects'], doing, async (hold) => {
          await hold();
          return restoreFromSnapshot(this.#bench, state, step, doing, () => {
            this.#lock.check();
            doing.signal.throwIfAborted();
          });
        });
        return { live: step.target, wrote: true, ...(replaced.length > 0 && { replaced: replaced.slice(0, REPLACED_NAMED) }) };
      }),
    );
  }

  /** Tells the gateway to look at its files, and proves what it can. Holds up no writer. */
  async scan(input: ScanInput, doing: Doing): Promise<ScanResult> {
    const before = await readState(this.#layout);
    guardLive(before, input);
    const live = await obtainManifest(this.#layout, this.#options.relay, before.live, doing.signal);
    const change = { before: await this.#manifestOr(input.expectLive, live, doing), live };
    return this.#withClient(input, async (client) => {
      const { dataDir, proof: scratch } = this.#layout;
      const timeoutMs = this.#options.scanTimeoutMs ?? SCAN_TIMEOUT_MS;
      const make = { client, clock: this.#bench.clock, timeoutMs, dataDir, scratch };
      const { told, ...result } = await scanGateway(make, mergeScans(before.owed, input.scans), change, doing);
      if (told) await this.#settleScans(before.seq);
      guardLive(await readState(this.#layout), input); // another rollout may have put it back meanwhile: then nothing is proved
      return result;
    });
  }

  /** A record that may be gone by now. */
  async #manifestOr(digest: Digest, otherwise: ManifestText, { signal }: Doing): Promise<ManifestText> {
    try {
      return await obtainManifest(this.#layout, this.#options.relay, digest, signal);
    } catch (error) {
      if (error instanceof SyncError && (error.reason === 'ContentUnavailable' || error.reason === 'RelayUnreachable')) return otherwise;
      throw error;
    }
  }

  /** Changes files with the gateway's scans held off, from `hold` on; those for which no scan will be asked are let go at the end. */
  async #holdingScans<T>(
    step: GatewayStep,
    kinds: readonly ScanKind[],
    doing: Doing,
    change: (hold: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    let held: readonly ScanKind[] = [];
    let owed: readonly ScanKind[] = [];
    try {
      const result = await change(async () => {
        held = await this.#withClient(step, (client) => holdScans(client, kinds, doing.signal));
      });
      owed = kindsOf((await readState(this.#layout)).owed);
      return result;
    } finally {
      const rest = held.filter((kind) => !owed.includes(kind));
      if (rest.length > 0) await this.#withClient(step, (client) => letGo(client, rest));
    }
  }

  async #withClient<T>({ connection }: GatewayStep, use: (client: IgnitionClient) => Promise<T>): Promise<T> {
    const client = this.#options.ignition(connection);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  /** What was scanned is owed no more, unless something changed meanwhile. */
  async #settleScans(seq: number): Promise<void> {
    await this.#writing.run(undefined, () =>
      onVolume('recording the scan', async () => {
        const state = await readState(this.#layout);
        if (state.seq === seq && (state.owed.config || state.owed.projects)) await writeState(this.#layout, { ...state, owed: NO_SCANS });
      }),
    );
  }

  async #recover(): Promise<void> {
    this.#lock.check();
    await recover(this.#bench);
    rmSync(join(this.#layout.staging, 'restore'), { recursive: true, force: true });
  }

  #preparing(): Parameters<typeof prepare>[0] {
    return { layout: this.#layout, relay: this.#options.relay, space: this.#options.space ?? volumeSpace };
  }
}

import { join } from 'node:path';
import type { IgnitionClient } from '../clients/ignition/client.ts';
import type {
  ApplyInput,
  ApplyResult,
  GatewayStep,
  RestartInput,
  RestartResult,
  RestoreInput,
  RestoreResult,
  ScanInput,
  ScanResult,
  StageResult,
} from '../contract/activities.ts';
import type { HelloResponse } from '../contract/relay.ts';
import type { Fault } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import type { SessionsSeen } from '../domain/sessions.ts';
import { guardEdge, proveAccess } from './access.ts';
import { countChanges, scansFor } from './change.ts';
import { findDrift, type Depth, type Drift } from './drift.ts';
import { removeAll } from './durable.ts';
import { restartGateway } from './gateway-restart.ts';
import { Identity } from './identity.ts';
import { readJournal } from './journal.ts';
import { guardKey } from './key-guard.ts';
import type { Layout } from './layout.ts';
import { Lists } from './long-list.ts';
import { open } from './opening.ts';
import { manifestOr, obtainManifest } from './manifests.ts';
import { mendLive } from './mend.ts';
import { Mutex } from './mutex.ts';
import { guardLive, guardPrecondition } from './precondition.ts';
import { prepare } from './prepare.ts';
import type { AgentOptions, Doing } from './ports.ts';
import { noteOwed, readRestart } from './restart-record.ts';
import { restoreFromSnapshot } from './restore.ts';
import { scanGateway } from './scan.ts';
import { guardSessions } from './session-guard.ts';
import { holdScans, holdingScans, kindsOf, letGo, type HeldScans } from './scan-locks.ts';
import { volumeSpace } from './space.ts';
import { NO_CHANGES, NO_SCANS, mergeScans, readState, writeState, type State } from './state.ts';
import { someOf, takenBy } from './taken.ts';
import { unlessSavedMeanwhile } from './meanwhile.ts';
import { recover, transact, type Bench } from './transact.ts';
import { onVolume } from './volume-error.ts';
import type { WriterLock } from './writer-lock.ts';

const SCAN_TIMEOUT_MS = 60_000;
/** Paths named in an answer. */
const REPLACED_NAMED = 5;

/** What is live on the volume, and what made it so. */
export interface Inspection {
  readonly live: Digest;
  readonly liveOp: string;
  /** How the gateway's files differ from that; absent when nobody asked, before the first sync, or when one was under way. */
  readonly drift?: Drift;
}

/** The engine beside one gateway: makes manifests live there, whole or not at all, and puts back what was. Knows nothing of Temporal. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #bench: Bench;
  readonly #layout: Layout;
  readonly #lock: WriterLock;
  readonly #identity: Identity;
  #drift: { readonly live: Digest; readonly drift: Drift } | undefined;
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
   * @throws SyncError AnotherWriter, OwnerMismatch, VolumeFailed, InsufficientSpace
   */
  static async open(options: AgentOptions): Promise<Agent> {
    const { bench, lock } = await open(options);
    return new Agent(options, bench, lock);
  }

  /** Waits for the writer at work, then lets go of the data directory. */
  async close(): Promise<void> {
    await this.#staging.run(undefined, () =>
      this.#writing.run(undefined, async () => {
        try {
          await this.#lock.release();
        } finally {
          this.#layout.volume[Symbol.dispose]();
        }
      }),
    );
  }

  /**
   * What is live, and how far the gateway's files have drifted from it if `depth` asks for that. Holds up no writer; a sync that comes in
   * between makes the answer worthless, so there is none then.
   */
  async inspect(depth?: Depth, signal?: AbortSignal): Promise<Inspection> {
    return onVolume('inspecting', async () => {
      const before = readState(this.#layout);
      const { live, op: liveOp } = before;
      if (depth === undefined || live === NO_MANIFEST || readJournal(this.#layout)) return { live, liveOp };
      const manifest = await obtainManifest(this.#layout, this.#options.relay, live, signal);
      const drift = await findDrift(this.#layout, manifest, depth, this.#bench.clock.now().getTime(), { signal });
      const { seq } = readState(this.#layout);
      if (seq !== before.seq || readJournal(this.#layout)) return { live, liveOp };
      this.#drift = { live, drift };
      return { live, liveOp, drift };
    });
  }

  /** Tells the relay what is live here, and the drift that was found last. The answer names this gateway and its Task Queue. */
  async hello(signal?: AbortSignal, comingUp?: Fault): Promise<HelloResponse> {
    const state = readState(this.#layout);
    return this.#identity.hello(state, this.#drift?.live === state.live ? this.#drift.drift : undefined, signal, comingUp);
  }

  /**
   * Brings the target's content to scratch, if the gateway will take it. Changes nothing that the gateway reads, and needs no ticket.
   * @throws SyncError GatewayAuthFailed, GatewayIncompatible, InvalidProfile, TlsUntrusted, LivePreconditionFailed, LocalChange, AnotherWriter,
   *   TooManyDeletes, LinkInTheWay, InTheWay, InsufficientSpace, ContentUnavailable, RelayUnreachable …
   */
  async stage(step: ApplyInput, doing: Doing): Promise<StageResult> {
    return this.#staging.run(doing.signal, () =>
      onVolume('staging', async () => {
        await this.#writing.run(doing.signal, () => this.#recover());
        const state = readState(this.#layout);
        if (state.live === step.target) return { live: state.live, fetchedFiles: 0, fetchedBytes: 0, changes: NO_CHANGES };
        guardPrecondition(state, step);
        const access = await this.#withClient(step, (client) => proveAccess(client, doing));
        using lists = new Lists(this.#layout);
        const { survey, fetched } = await prepare(this.#preparing(), state, step, 'stage', lists, doing);
        guardEdge(access, survey.changes);
        guardKey(access, survey.changes, this.#layout.volume, join(this.#layout.stagingFor(step.target), 'tree'));
        const foreign = someOf(survey.foreign);
        const overwrites = someOf([...survey.replaced, ...survey.revived]);
        return {
          live: state.live,
          fetchedFiles: fetched.files,
          fetchedBytes: fetched.bytes,
          changes: countChanges(survey.changes),
          ...(foreign && { foreign }),
          ...(overwrites && { overwrites }),
        };
      }),
    );
  }

  /**
   * Makes the target live: finishes or undoes what was interrupted, looks at every path once more, asks for a ticket, commits.
   * @throws SyncError as `stage`, and what the relay refuses the ticket with; then nothing has changed
   */
  async apply(step: ApplyInput, doing: Doing): Promise<ApplyResult> {
    const commit = async (): Promise<ApplyResult> => {
      await this.#recover();
      const state = readState(this.#layout);
      if (state.live === step.target) {
        const same = state.op === step.op;
        const changes = same ? state.changes : NO_CHANGES;
        return { live: state.live, wrote: false, changes, ...(same && state.taken), visibleMs: 0, scans: state.owed };
      }
      guardPrecondition(state, step);
      return this.#makeLive(state, step, doing);
    };
    return this.#staging.run(doing.signal, () =>
      this.#writing.run(doing.signal, () => onVolume('applying', () => unlessSavedMeanwhile(step, commit))),
    );
  }

  async #makeLive(state: State, step: ApplyInput, doing: Doing): Promise<ApplyResult> {
    using lists = new Lists(this.#layout);
    const { survey, contested } = await prepare(this.#preparing(), state, step, 'apply', lists, doing);
    const taken = takenBy(survey, state.live === NO_MANIFEST);
    doing.onProgress({ doing: 'applying', files: 0, of: survey.changes.length });
    let sessions: readonly SessionsSeen[] = [];
    const { changes, visibleMs } = await holdingScans(this.#scansOf(step, doing), kindsOf(scansFor(survey.changes)), (hold) =>
      transact(this.#bench, state, {
        kind: 'apply',
        op: step.op,
        from: state.live,
        to: step.target,
        revision: step.revision,
        survey,
        scratch: step.target,
        keepFolders: new Set(),
        retainSnapshots: step.retainSnapshots,
        retainSnapshotBytes: step.retainSnapshotBytes,
        ...(Object.keys(taken).length > 0 && { taken }),
        ...(Object.keys(contested).length > 0 && { contested }),
        permit: async () => {
          sessions = await this.#withClient(step, (client) => guardSessions(client, step, survey.changes, doing.signal));
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
    const { owed } = readState(this.#layout);
    const wrote = survey.changes.length + survey.prune.length > 0;
    return { live: step.target, wrote, changes, ...taken, ...(sessions.length > 0 && { sessions }), visibleMs, scans: owed };
  }

  /**
   * Puts back, from the snapshot and without a ticket, what `expectLive` replaced.
   * @throws SyncError RestoreFailed without a snapshot of exactly that; LivePreconditionFailed
   */
  async restore(step: RestoreInput, doing: Doing): Promise<RestoreResult> {
    return this.#writing.run(doing.signal, () =>
      onVolume('restoring', async () => {
        await this.#recover();
        const state = readState(this.#layout);
        if (state.live === step.target) return { live: state.live, wrote: false };
        guardPrecondition(state, step);
        const replaced = await holdingScans(this.#scansOf(step, doing), ['config', 'projects'], async (hold) => {
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

  /** Writes the step's target anew where it has been written over, if it is live; see `mendLive`. */
  async mend(step: GatewayStep, concerns: (path: string) => boolean, doing: Doing): Promise<readonly string[]> {
    const mend = async (): Promise<readonly string[]> => {
      await this.#recover();
      const state = readState(this.#layout);
      if (state.live === NO_MANIFEST || state.live !== step.target) return [];
      return mendLive(this.#bench, this.#preparing(), state, step, concerns, () => this.#lock.check(), doing);
    };
    return this.#staging.run(doing.signal, () => this.#writing.run(doing.signal, () => onVolume('putting right', mend)));
  }

  /** Tells the gateway to look at its files, and proves what it can. Holds up no writer. */
  async scan(input: ScanInput, doing: Doing): Promise<ScanResult> {
    const before = readState(this.#layout);
    guardLive(before, input);
    const live = await obtainManifest(this.#layout, this.#options.relay, before.live, doing.signal);
    const change = { before: await manifestOr(this.#layout, this.#options.relay, input.expectLive, live, doing.signal), live };
    return this.#withClient(input, async (client) => {
      const { volume, proof: scratch } = this.#layout;
      const timeoutMs = this.#options.scanTimeoutMs ?? SCAN_TIMEOUT_MS;
      const make = { client, clock: this.#bench.clock, timeoutMs, volume, scratch, owedRestart: readRestart(this.#layout).owed };
      const { told, ...result } = await scanGateway(make, mergeScans(before.owed, input.scans), change, doing);
      if (told) await this.#settleScans(before.seq);
      if (told) await noteOwed(this.#layout, result.restart);
      guardLive(readState(this.#layout), input); // another rollout may have put it back meanwhile: then nothing is proved
      return result;
    });
  }

  /** One step of a restart of the gateway; see `restartGateway`. No files change meanwhile. */
  async restart(input: RestartInput, doing: Doing): Promise<RestartResult> {
    const make = { layout: this.#layout, clock: this.#bench.clock, permit: (state: State) => this.#identity.ticket(state, input, doing) };
    return this.#writing.run(doing.signal, () => this.#withClient(input, (client) => restartGateway({ ...make, client }, input, doing)));
  }

  /** The scans of a step's gateway. */
  #scansOf(step: GatewayStep, { signal }: Doing): HeldScans {
    return {
      hold: (kinds) => this.#withClient(step, (client) => holdScans(client, kinds, signal)),
      letGo: (kinds) => this.#withClient(step, (client) => letGo(client, kinds)),
      owed: () => kindsOf(readState(this.#layout).owed),
    };
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
        const state = readState(this.#layout);
        if (state.seq === seq && (state.owed.config || state.owed.projects)) await writeState(this.#layout, { ...state, owed: NO_SCANS });
      }),
    );
  }

  async #recover(): Promise<void> {
    this.#layout.volume.forgetAll();
    this.#lock.check();
    await recover(this.#bench);
    await removeAll(this.#layout.volume, join(this.#layout.staging, 'restore'));
  }

  #preparing(): Parameters<typeof prepare>[0] {
    return { layout: this.#layout, relay: this.#options.relay, space: this.#options.space ?? volumeSpace };
  }
}

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
} from '../contract/gateway-activities.ts';
import type { HelloResponse } from '../contract/relay.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import type { Fault } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import { guardEdge, proveAccess } from './access.ts';
import { countChanges, scansFor, type Change } from './change.ts';
import type { Depth, Drift } from './drift.ts';
import { removeAll } from './durable.ts';
import { restartGateway } from './gateway-restart.ts';
import { Identity } from './identity.ts';
import { inspect, type Inspection } from './inspect.ts';
import { guardKey } from './key-guard.ts';
import type { Layout } from './layout.ts';
import { Lists } from './long-list.ts';
import { open } from './opening.ts';
import { mendLive, type Mending } from './mend.ts';
import { Mutex } from './mutex.ts';
import { guardPrecondition } from './precondition.ts';
import { prepare, type PreparingWith } from './prepare.ts';
import type { AgentOptions, Doing } from './ports.ts';
import { recordScan } from './record-scan.ts';
import { noteBefore } from './restart-record.ts';
import { RestartWatch } from './restart-watch.ts';
import { guardNode, guardPeerKnown, guardRevert, readNode } from './redundancy/node.ts';
import { NodeWatch } from './redundancy/node-watch.ts';
import { proveStill } from './redundancy/pairing.ts';
import { restoreFromSnapshot } from './restore.ts';
import { restartsOf } from './scan.ts';
import { scanLive } from './scan-live.ts';
import { guardSessions } from './session-guard.ts';
import { holdScans, holdingScans, kindsOf, letGo, type HeldScans } from './scan-locks.ts';
import { volumeSpace } from './space.ts';
import { isTorn } from './startup/set-up.ts';
import { NO_CHANGES, readState, type State } from './state.ts';
import { someOf, takenBy } from './taken.ts';
import { unlessSavedMeanwhile } from './meanwhile.ts';
import { recover, transact, type Bench } from './transact.ts';
import { onVolume } from './volume-error.ts';
import type { WriterLock } from './writer-lock.ts';

const SCAN_TIMEOUT_MS = 60_000;
/** Paths named in an answer. */
const REPLACED_NAMED = 5;

/** The engine beside one gateway: makes manifests live there, whole or not at all, and puts back what was. Knows nothing of Temporal. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #bench: Bench;
  readonly #layout: Layout;
  readonly #lock: WriterLock;
  readonly #identity: Identity;
  /** The gateway's part in a redundant pair. */
  readonly node: NodeWatch;
  /** What its gateway runs only after a restart. */
  readonly restarts: RestartWatch;
  #drift: { readonly live: Digest; readonly drift: Drift } | undefined;
  /** One writer of scratch, one of the gateway's files; where both are needed, in this order. Scans need neither. */
  readonly #staging = new Mutex();
  readonly #writing = new Mutex();

  private constructor(options: AgentOptions, bench: Bench, lock: WriterLock) {
    this.#options = options;
    this.#bench = bench;
    this.#layout = bench.layout;
    this.#lock = lock;
    this.node = new NodeWatch(options.ignition);
    const alone = (work: () => Promise<void>): Promise<void> => this.#writing.run(undefined, () => onVolume('noting a restart', work));
    this.restarts = new RestartWatch({ layout: this.#layout, open: options.ignition, alone });
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
    const make = { ...this.#preparing(), counts: (path: string) => this.node.owns(path) };
    const found = await onVolume('inspecting', () => inspect(make, depth, signal));
    if (found.drift) this.#drift = { live: found.live, drift: found.drift };
    return found;
  }

  /** Tells the relay what is live here, and the drift that was found last. The answer names this gateway and its Task Queue. */
  async hello(signal?: AbortSignal, comingUp?: Fault): Promise<HelloResponse> {
    const state = readState(this.#layout);
    const drift = this.#drift?.live === state.live ? this.#drift.drift : undefined;
    const node = this.node.report();
    const restartPending = this.restarts.report();
    const answer = await this.#identity.hello(state, { drift, node, restartPending, comingUp }, signal);
    this.node.told(node);
    this.restarts.told(restartPending);
    this.restarts.reach(answer.startup?.connection);
    this.node.reach(answer.startup?.connection, answer.redundant === true);
    return answer;
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
        if (state.live === step.target) {
          const found = step.redundancy && { node: await this.#withClient(step, (client) => readNode(client, doing.signal)) };
          return { live: state.live, fetchedFiles: 0, fetchedBytes: 0, changes: NO_CHANGES, ...found };
        }
        guardPrecondition(state, step);
        const access = await this.#withClient(step, (client) => proveAccess(client, doing));
        guardPeerKnown(step, access.node);
        using lists = new Lists(this.#layout);
        const { survey, fetched } = await prepare(this.#preparing(access.node), state, step, 'stage', lists, doing);
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
          ...(step.redundancy && { node: access.node ?? { running: true } }),
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
        await proveStill(this.#preparing(), step, doing);
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
    const { survey, contested, standsIn } = await prepare(this.#preparing(), state, step, 'apply', lists, doing);
    const taken = takenBy(survey, state.live === NO_MANIFEST);
    doing.onProgress({ doing: 'applying', files: 0, of: survey.changes.length });
    let sessions: NonNullable<ApplyResult['sessions']> = [];
    const { changes, visibleMs } = await holdingScans(this.#scansOf(step, doing), kindsOf(scansFor(survey.changes)), (hold) =>
      transact(this.#bench, state, {
        kind: 'apply',
        op: step.op,
        from: state.live,
        to: step.target,
        revision: step.revision,
        recordLost: standsIn,
        survey,
        scratch: step.target,
        keepFolders: new Set(),
        retainSnapshots: step.retainSnapshots,
        retainSnapshotBytes: step.retainSnapshotBytes,
        ...(Object.keys(taken).length > 0 && { taken }),
        ...(Object.keys(contested).length > 0 && { contested }),
        permit: async () => {
          let pending: readonly string[] | undefined;
          [sessions, , pending] = await this.#withClient(step, (client) =>
            Promise.all([
              guardSessions(client, step, survey.changes, doing.signal),
              guardNode(client, step, doing.signal),
              restartsOf({ client }, doing),
            ]),
          );
          if (pending) await noteBefore(this.#layout, state.seq + 1, pending, state.seq);
          await hold();
          const stillValid = await this.#identity.ticket(state, step, doing);
          return () => {
            this.#check(doing);
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
          const mayCommit = (): void => this.#check(doing);
          const changes = (all: Iterable<Change>) => this.#withClient(step, (client) => guardRevert(client, step, all, doing.signal));
          return restoreFromSnapshot(this.#bench, state, step, doing, { changes, mayCommit });
        });
        return { live: step.target, wrote: true, ...(replaced.length > 0 && { replaced: replaced.slice(0, REPLACED_NAMED) }) };
      }),
    );
  }

  /** Writes the step's target anew where it has been written over; see `mendLive`. Undefined: it is live no more, so nobody has looked. */
  async mend(step: GatewayStep, { concerns, guard }: Mending, doing: Doing): Promise<readonly string[] | undefined> {
    const mend = async (): Promise<readonly string[] | undefined> => {
      await this.#recover();
      const state = readState(this.#layout);
      if (state.live !== step.target) return undefined;
      if (state.live === NO_MANIFEST) return [];
      const ours: Mending = {
        concerns: (path) => this.node.owns(path) && concerns(path),
        guard: () => {
          this.#lock.check();
          guard();
        },
      };
      return mendLive(this.#bench, this.#preparing(), state, step, ours, doing);
    };
    return this.#staging.run(doing.signal, () => this.#writing.run(doing.signal, () => onVolume('putting right', mend)));
  }

  /** Tells the gateway to look at its files, and proves what it can. Holds up no writer. */
  async scan(input: ScanInput, doing: Doing): Promise<ScanResult> {
    const { relay, scanTimeoutMs: timeoutMs = SCAN_TIMEOUT_MS } = this.#options;
    const record = (seq: number, restart: readonly string[] | undefined): Promise<void> =>
      this.#writing.run(undefined, () => onVolume('recording the scan', () => recordScan(this.#layout, seq, restart)));
    const waitedBefore = (seq: number, pending: readonly string[]): Promise<readonly string[]> =>
      this.#writing.run(doing.signal, () => onVolume('recording the scan', () => noteBefore(this.#layout, seq, pending)));
    const make = { layout: this.#layout, relay, clock: this.#bench.clock, timeoutMs, waitedBefore, record };
    return onVolume('scanning', () => this.#withClient(input, (client) => scanLive({ ...make, client }, input, doing)));
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
      torn: () => isTorn(this.#layout),
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

  /** @throws when this process is the volume's writer no more, or its work is not wanted any more */
  #check({ signal }: Doing): void {
    this.#lock.check();
    signal.throwIfAborted();
  }

  async #recover(): Promise<void> {
    this.#layout.volume.forgetAll();
    this.#lock.check();
    await recover(this.#bench);
    await removeAll(this.#layout.volume, join(this.#layout.staging, 'restore'));
  }

  #preparing(node?: NodeState): PreparingWith {
    const { relay, space = volumeSpace } = this.#options;
    return { layout: this.#layout, relay, space, clock: this.#bench.clock, node };
  }
}

import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { defaultPayloadConverter } from '@temporalio/common';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { heartbeat } from '@temporalio/activity';
import { type InjectedSinks, NativeConnection, Worker } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';
import type { IgnitionGatewayStatus } from '../../src/api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../../src/api/v1alpha1/ignition-sync.ts';
import { createControlActivities } from '../../src/activities/control/index.ts';
import type { ApplyResult, GatewayActivities, GatewayStep, StageResult } from '../../src/contract/gateway-activities.ts';
import type { PlannedGateway, SourceActivities } from '../../src/contract/source-activities.ts';
import {
  CONTROL_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  SOURCE_TASK_QUEUE,
  gatewayTaskQueue,
  ignitionSyncWorkflowId,
  rolloutWorkflowId,
  waveWorkflowId,
} from '../../src/contract/names.ts';
import type { Desired } from '../../src/domain/desired.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { NO_MANIFEST } from '../../src/domain/manifest.ts';
import type { Reason } from '../../src/domain/reasons.ts';
import { isFinal } from '../../src/domain/reports.ts';
import { cachedWorkflowBundle } from '../../src/workers/bundle.ts';
import { FailureInterceptor } from '../../src/workers/interceptors/failure.ts';
import { type Recorded, keepHistories, replayAll } from './histories.ts';
import { MemoryObjects } from './memory-objects.ts';
import type { PairModel } from './pair-model.ts';
import { testStack } from './stack.ts';

type Step = 'stage' | 'apply' | 'scan' | 'restore' | 'restart' | 'settle';

/** One gateway of the fleet: what is live on it, and what it was made to do. */
export interface ModelGateway {
  live: string;
  /** Every apply and restore that changed what is live: `from>to`. */
  readonly writes: string[];
  /** Every restart that it was asked for. */
  readonly restarts: string[];
}

/** A place where a step of a gateway waits until the test lets it go on. */
export interface Halt {
  /** Resolves when the step has got there. */
  readonly reached: Promise<void>;
  release(): void;
}

const NAMESPACE = 'test';

/** Of all fleets of this test file. */
const recorded: Recorded[] = [];
afterAll(async () => {
  expect(await replayAll(recorded)).toEqual([]);
});

/**
 * Three workflows on the real Temporal server, with the real control activities; the gateways, git and the objects are models in
 * memory, so that a test can stop each step where it wants. Every history is replayed when the tests of the file have ended.
 */
export class Fleet {
  readonly name: string;
  readonly objects = new MemoryObjects();
  readonly gateways = new Map<string, ModelGateway>();
  readonly client: Client;
  readonly #connection: NativeConnection;
  readonly #workers = new Map<string, { worker: Worker; running: Promise<void> }>();
  readonly #events = new EventEmitter();
  readonly #halts = new Map<string, { reached: () => void; released: Promise<void> }>();
  readonly #failures = new Map<string, Reason>();
  readonly #plans = new Map<string, Record<string, PlannedGateway[]>>();
  readonly #temporalNamespace: string;
  #commit = 'c1'.padEnd(40, '0');
  #gitFault: Reason | undefined;
  #spec: Record<string, unknown> = {};
  readonly #asking = new Set<string>();
  /** What each gateway says that a sync takes from others. */
  taken: { staged: Partial<StageResult>; applied: Partial<ApplyResult> } = { staged: {}, applied: {} };
  holds: { reason: Reason; message: string }[] = [];
  /** A redundant pair among its gateways. */
  pair: PairModel | undefined;
  /** The policies for open projects and restarts that plans say. */
  people: Pick<PlannedGateway, 'designers' | 'perspective' | 'sessionWaitMs' | 'restart'> = {};
  /** What happens while the git host is asked what the ref names. */
  whileResolving: () => Promise<void> = () => Promise.resolve();
  /** Whether plans go by what status said of the gateways when the rollout began, as real ones do, not by what is live by now. */
  plansByStatus = false;
  /** Everything that was frozen by digest. */
  readonly #documents = new Map<string, Desired>();
  /** What happens at the very moment the source is asked for a plan. */
  whilePlanning: () => Promise<void> | void = () => undefined;
  /** What workflows have logged, `info rollout 1 of …`. */
  readonly log: string[] = [];
  /** Gateways that wait for a restart. */
  readonly restartDue = new Set<string>();

  private constructor(name: string, client: Client, connection: NativeConnection, temporalNamespace: string) {
    this.name = name;
    this.client = client;
    this.#connection = connection;
    this.#temporalNamespace = temporalNamespace;
    this.#events.setMaxListeners(0);
    this.objects.onChange(() => this.#events.emit('change'));
  }

  /** A fleet with its own object and these gateways; every worker runs. */
  static async start(gateways: readonly string[] = ['a', 'b', 'c'], spec: Record<string, unknown> = {}): Promise<Fleet> {
    const stack = testStack();
    namespaceOfThisFile ??= ownNamespace(stack.temporal.address);
    const temporalNamespace = await namespaceOfThisFile;
    const connection = await NativeConnection.connect({ address: stack.temporal.address });
    const client = new Client({ connection: await Connection.connect({ address: stack.temporal.address }), namespace: temporalNamespace });
    const fleet = new Fleet(`sync-${randomUUID().slice(0, 8)}`, client, connection, temporalNamespace);
    fleet.setSpec(spec);
    for (const gateway of gateways) {
      fleet.gateways.set(gateway, { live: NO_MANIFEST, writes: [], restarts: [] });
      fleet.objects.putGateway(fleet.name, gateway);
    }
    await fleet.startControl();
    await Promise.all(gateways.map((gateway) => fleet.startAgent(gateway)));
    return fleet;
  }

  /** Three gateways that all run the commit `c1`. */
  static async startOnCommit1(spec: Record<string, unknown> = {}): Promise<Fleet> {
    const fleet = await Fleet.start(['a', 'b', 'c'], spec);
    await fleet.push('c1');
    await fleet.rollout(1, 'Succeeded');
    return fleet;
  }

  setSpec(spec: Record<string, unknown>): void {
    this.#spec = { ...this.#spec, ...spec };
    const git = { repo: 'https://git.example/plant.git', ref: 'main' };
    this.objects.putSync(this.name, {
      git,
      gateway: { apiKeySecretRef: { name: 'key', key: 'key' } },
      polling: { interval: '1h' },
      ...this.#spec,
    });
  }

  async startControl(): Promise<void> {
    const documents = {
      putDocument: (document: unknown) => {
        const digest = createHash('sha256').update(JSON.stringify(document)).digest('hex');
        this.#documents.set(digest, document as Desired);
        return Promise.resolve(digest);
      },
    };
    const control = createControlActivities({
      objects: this.objects,
      documents,
      announcer: { announce: () => Promise.resolve(), announceGateway: () => Promise.resolve() },
      now: () => new Date(),
    });
    const workflowBundle = { codePath: await cachedWorkflowBundle() };
    await this.#startWorker('control', { taskQueue: CONTROL_TASK_QUEUE, activities: control, workflowBundle });
    await this.#startWorker('source', { taskQueue: SOURCE_TASK_QUEUE, activities: this.#source() });
  }

  async startAgent(gateway: string): Promise<void> {
    await this.#startWorker(gateway, { taskQueue: gatewayTaskQueue(NAMESPACE, gateway), activities: this.#agent(gateway) });
  }

  /** Ends one process: `control`, `source` or a gateway's agent. */
  async stop(name: string): Promise<void> {
    const held = this.#workers.get(name);
    this.#workers.delete(name);
    held?.worker.shutdown();
    await held?.running;
  }

  /** Lines of workflows go to `log` instead of standard error. */
  get #loggerSink(): InjectedSinks<Sinks> {
    const into = (level: string) => ({ fn: (_: unknown, message: string) => void this.log.push(`${level} ${message}`) });
    const nowhere = { fn: () => undefined };
    return { defaultWorkerLogger: { trace: nowhere, debug: nowhere, info: into('info'), warn: into('warn'), error: into('error') } };
  }

  async #startWorker(
    name: string,
    options: { taskQueue: string; activities: object; workflowBundle?: { codePath: string } },
  ): Promise<void> {
    const worker = await Worker.create({
      connection: this.#connection,
      namespace: this.#temporalNamespace,
      interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
      maxCachedWorkflows: 50,
      sinks: this.#loggerSink,
      ...options,
    });
    this.#workers.set(name, { worker, running: worker.run() });
  }

  #source(): SourceActivities {
    return {
      resolveRevision: async () => {
        await this.whileResolving();
        if (this.#gitFault) throw new SyncError(this.#gitFault, 'the git host said no');
        return { ref: 'main', commit: this.#commit };
      },
      fetch: () => Promise.resolve({ subject: 'a change', author: 'somebody' }),
      plan: async ({ commit, only, rollout, desired }) => {
        await this.whilePlanning();
        const known = this.#documents.get(desired)?.gateways;
        const live = (name: string): string =>
          (this.plansByStatus ? known?.find((g) => g.name === name)?.live : undefined) ?? this.#gateway(name).live;
        const stored = (await this.objects.gateways()).filter((g) => g.spec.syncRef.name === this.name).map((g) => g.metadata);
        const target = `m-${commit.slice(0, 2)}`.padEnd(64, '0');
        const all = stored
          .filter((g) => only === undefined || only.includes(g.name) || (this.pair?.has(g.name) && only.includes(this.pair.peer(g.name))))
          .map((g) => ({
            gateway: g.name,
            target,
            expectLive: live(g.name),
            ...this.people,
            ...this.pair?.planned(g.name),
          }))
          .sort((x, y) => (x.gateway < y.gateway ? -1 : 1));
        const differs = (g: string): boolean => only !== undefined || live(g) !== target;
        const changed = all.filter((g) => differs(g.gateway) || (g.pair && differs(g.pair.peer)));
        const canary = changed.filter((g) => g === changed[0] || g.gateway === changed[0]?.pair?.peer);
        const rest = changed.filter((g) => !canary.includes(g));
        const planDigest = `plan-${rollout}-${commit.slice(0, 2)}`;
        const waves = [canary, rest].filter((wave) => wave.length > 0);
        this.#plans.set(planDigest, {
          canary,
          rest,
          unchanged: all.filter((g) => !changed.includes(g)),
        });
        const stages = waves.map((wave, i) => ({ name: i === 0 ? 'canary' : 'rest', waves: 1, gateways: wave.length }));
        const files = { added: 1, modified: 0, deleted: 0 };
        return {
          planDigest,
          stages,
          changed: changed.length,
          unchanged: all.length - changed.length,
          files,
          notes: [],
          holds: this.holds,
          connection: { port: 1, tls: false },
          retainSnapshots: 5,
        };
      },
      readWave: ({ planDigest, stage, only }) => {
        const plan = this.#plans.get(planDigest) ?? {};
        const gateways = only ? Object.values(plan).flat() : (plan[stage] ?? []);
        return Promise.resolve(gateways.filter((g) => only?.some((name) => name === g.gateway || name === g.pair?.peer) ?? true));
      },
    };
  }

  #agent(name: string): GatewayActivities {
    const gateway = this.#gateway(name);
    const change = async (step: GatewayStep, kind: 'apply' | 'restore'): Promise<boolean> => {
      if (gateway.live === step.target) return false;
      if (gateway.live !== step.expectLive) throw new SyncError('LivePreconditionFailed', `live is ${gateway.live}`);
      if (kind === 'apply') await this.#ticket(step);
      const writes = this.pair?.apply(name, step) ?? true;
      if (writes) gateway.writes.push(`${step.expectLive.slice(0, 4)}>${step.target.slice(0, 4)}`);
      gateway.live = step.target;
      this.#events.emit('change');
      return true;
    };
    const changes = { added: 1, modified: 0, deleted: 0 };
    const scans: ApplyResult['scans'] = { config: true, projects: true, newProject: false };
    return {
      stage: async (step) => {
        await this.#at(name, 'stage');
        if (this.#asking.has(name) && step.deletesConfirmed !== true)
          throw new SyncError('TooManyDeletes', '30 of 40 files would be deleted');
        return { live: gateway.live, fetchedFiles: 1, fetchedBytes: 1, changes, ...this.taken.staged, ...this.pair?.node(name) };
      },
      apply: async (step) => {
        await this.#at(name, 'apply');
        const wrote = await change(step, 'apply');
        return { live: step.target, wrote, changes, visibleMs: 1, scans, ...this.taken.applied };
      },
      scan: async () => {
        await this.#at(name, 'scan');
        return this.restartDue.has(name)
          ? {
              outcome: 'AppliedUnverified',
              message: 'It runs all of it only after a restart.',
              scanMs: 1,
              restart: ['modules'],
              ...this.pair?.node(name),
            }
          : { outcome: 'Loaded', message: '', scanMs: 1, ...this.pair?.node(name) };
      },
      restart: async ({ step, op }) => {
        await this.#at(name, step === 'settle' ? 'settle' : 'restart');
        if (step === 'settle') return { state: gateway.restarts.includes(op) ? 'back' : 'nothing' };
        if (!this.restartDue.has(name)) return { state: 'nothing' };
        if (step === 'look') return { state: 'due' };
        this.restartDue.delete(name);
        gateway.restarts.push(op);
        this.#events.emit('change');
        return { state: 'asked' };
      },
      restore: async (step) => {
        await this.#at(name, 'restore');
        return { live: step.target, wrote: await change(step, 'restore') };
      },
    };
  }

  /** The relay's rule, on the model's objects: no ticket for a stop, a pause, a missing approval or an old rollout. */
  async #ticket(step: GatewayStep): Promise<void> {
    const sync = await this.objects.sync(NAMESPACE, this.name);
    const rollout = sync?.status?.rollout;
    const refuse = (reason: Reason): never => {
      throw new SyncError(reason, `no ticket: ${reason}`);
    };
    if (!sync || rollout?.id !== step.rollout || isFinal(rollout.state)) refuse('NotCurrentRollout');
    if (sync?.status?.frozen) refuse('Frozen');
    if ((sync?.spec as { paused?: boolean }).paused === true) refuse('Paused');
    if (rollout?.approvalRequired === true && rollout.approvedPlan !== step.planDigest) refuse('ApprovalPending');
  }

  async #at(gateway: string, step: Step): Promise<void> {
    const halt = this.#halts.get(`${gateway}/${step}`);
    if (halt) {
      // As the real agent does: the server must not take a halted step for a dead agent.
      const beating = setInterval(() => heartbeat(), 1_000);
      halt.reached();
      await halt.released;
      clearInterval(beating);
    }
    const reason = this.#failures.get(`${gateway}/${step}`);
    if (reason) throw new SyncError(reason, `${gateway} cannot ${step}`);
  }

  #gateway(name: string): ModelGateway {
    const gateway = this.gateways.get(name);
    if (!gateway) throw new Error(`no gateway ${name}`);
    return gateway;
  }

  /** The next time this gateway comes to this step, it waits there. */
  halt(gateway: string, step: Step): Halt {
    const key = `${gateway}/${step}`;
    const events = new EventEmitter();
    const released = once(events, 'released').then(() => undefined);
    this.#halts.set(key, { reached: () => void events.emit('reached'), released });
    return {
      reached: once(events, 'reached').then(() => undefined),
      release: () => {
        this.#halts.delete(key);
        events.emit('released');
      },
    };
  }

  /** Pushes a commit and resolves when its rollout stands still at this step of this gateway. */
  async pushUntil(commit: string, gateway: string, step: Step): Promise<Halt> {
    const halt = this.halt(gateway, step);
    await this.push(commit);
    await halt.reached;
    return halt;
  }

  failing(gateway: string, step: Step, reason: Reason = 'ScanFailed'): void {
    this.#failures.set(`${gateway}/${step}`, reason);
  }

  /** This gateway stages only when a person has confirmed what it would lose. */
  asksBeforeDeleting(gateway: string): void {
    this.#asking.add(gateway);
  }

  mend(gateway: string, step: Step): void {
    this.#failures.delete(`${gateway}/${step}`);
  }

  gitFault(reason: Reason | undefined): void {
    this.#gitFault = reason;
  }

  /** A commit arrives on the branch; the name is two characters. */
  async push(commit: string): Promise<void> {
    this.#commit = commit.padEnd(40, '0');
    await this.changed();
  }

  /** What the operator does when an object changed. */
  async changed(reason = 'object changed'): Promise<void> {
    await this.client.workflow.signalWithStart('ignitionSync', {
      workflowId: ignitionSyncWorkflowId(NAMESPACE, this.name),
      taskQueue: CONTROL_TASK_QUEUE,
      args: [{ namespace: NAMESPACE, name: this.name }],
      signal: 'desiredChanged',
      signalArgs: [{ reason }],
    });
  }

  /** The workflow of its rollout `n`; without `n`, of its object. */
  workflow(n?: number): WorkflowHandle {
    const id = n === undefined ? ignitionSyncWorkflowId(NAMESPACE, this.name) : rolloutWorkflowId(NAMESPACE, this.name, n);
    return this.client.workflow.getHandle(id);
  }

  /** Sends a signal as the Temporal UI does. */
  async signal(signal: string, said?: object, to: 'object' | number = 'object'): Promise<void> {
    const handle = this.workflow(to === 'object' ? undefined : to);
    await (said === undefined ? handle.signal(signal) : handle.signal(signal, said));
  }

  /** Tells a running wave of a rollout to stop, as only its rollout does. */
  async stopWave(n: number, name: string): Promise<void> {
    const id = waveWorkflowId(rolloutWorkflowId(NAMESPACE, this.name, n), name, 0);
    await this.client.workflow.getHandle(id).signal('control', { stop: true });
  }

  /** Ends a rollout as `terminate` does, and has its wave begin anew without it, with this input besides. */
  async orphanWave(n: number, name: string, more: object): Promise<void> {
    const rollout = rolloutWorkflowId(NAMESPACE, this.name, n);
    const wave = this.client.workflow.getHandle(waveWorkflowId(rollout, name, 0));
    const [started] = (await wave.fetchHistory()).events ?? [];
    const [input] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const args = [{ ...defaultPayloadConverter.fromPayload<object>(input ?? {}), ...more }];
    await wave.terminate('test');
    await this.client.workflow.getHandle(rollout).terminate('test');
    await this.rollout(n, 'Aborted');
    await this.client.workflow.start('wave', { workflowId: wave.workflowId, taskQueue: CONTROL_TASK_QUEUE, args });
  }

  async progress(n?: number): Promise<Record<string, unknown>> {
    return this.workflow(n).query('progress');
  }

  async status(): Promise<IgnitionSyncStatus> {
    return (await this.objects.sync(NAMESPACE, this.name))?.status ?? {};
  }

  /** Resolves as soon as the object's status is as wanted. */
  async until(wanted: (status: IgnitionSyncStatus) => boolean): Promise<IgnitionSyncStatus> {
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      await once(this.#events, 'change', { signal: AbortSignal.timeout(40_000) }).catch(() => {
        throw new Error(`the status never came about; it is ${JSON.stringify(status, undefined, 1)}`);
      });
    }
  }

  /** Resolves as soon as the status of a gateway is as wanted. */
  async untilGateway(name: string, wanted: (status: IgnitionGatewayStatus) => boolean): Promise<IgnitionGatewayStatus> {
    for (;;) {
      const { status = {} } = (await this.objects.gateway(NAMESPACE, name)) ?? {};
      if (wanted(status)) return status;
      await once(this.#events, 'change', { signal: AbortSignal.timeout(40_000) }).catch(() => {
        throw new Error(`the status of ${name} never came about; it is ${JSON.stringify(status, undefined, 1)}`);
      });
    }
  }

  /** Resolves when rollout `n` is in this state. */
  async rollout(n: number, state: string): Promise<IgnitionSyncStatus> {
    return this.until((s) => s.rollout?.number === n && s.rollout.state === state);
  }

  /** Gateway → how often it was restarted. */
  restarts(): Record<string, number> {
    return Object.fromEntries([...this.gateways].map(([name, { restarts }]) => [name, restarts.length]));
  }

  /** Gateway → first two characters of the commit that is live on it, or `--`. */
  live(): Record<string, string> {
    return Object.fromEntries([...this.gateways].map(([name, g]) => [name, g.live === NO_MANIFEST ? '--' : g.live.slice(2, 4)]));
  }

  writes(): Record<string, number> {
    return Object.fromEntries([...this.gateways].map(([name, g]) => [name, g.writes.length]));
  }

  /** Workflow IDs of this fleet's runs. */
  async workflowIds(): Promise<string[]> {
    const n = (await this.status()).rollout?.number ?? 0;
    const ids = [ignitionSyncWorkflowId(NAMESPACE, this.name)];
    for (let i = 1; i <= n; i += 1) {
      const rollout = rolloutWorkflowId(NAMESPACE, this.name, i);
      ids.push(rollout);
      for (const wave of ['canary', 'rest', 'restart-2', 'restart-3', 'restart-4']) ids.push(waveWorkflowId(rollout, wave, 0));
    }
    return ids;
  }

  /** Stops its processes, ends what its workflows left, and keeps every history it made for the replay at the end of the file. */
  async end(): Promise<void> {
    const ids = await this.workflowIds();
    await Promise.all([...this.#workers.keys()].map((name) => this.stop(name)));
    const kept = await Promise.all(
      ids.map(async (workflowId) => {
        const workflow = this.client.workflow.getHandle(workflowId);
        const history = await workflow.fetchHistory().catch(() => undefined);
        // The next fleet of this file serves the same Task Queues.
        if (history) await workflow.terminate('its test has ended').catch(() => undefined);
        return history === undefined ? [] : [{ workflowId, history }];
      }),
    );
    const histories = kept.flat();
    keepHistories(histories);
    const test = expect.getState().currentTestName ?? '';
    recorded.push(...histories.map(({ workflowId, history }) => ({ workflowId: `${test}: ${workflowId}`, history })));
    await this.client.connection.close();
    await this.#connection.close();
  }
}

/** Task Queue names are constants of the product, so test files that run at the same time keep apart by Temporal namespace. */
let namespaceOfThisFile: Promise<string> | undefined;

async function ownNamespace(address: string): Promise<string> {
  const namespace = `workflows-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 } as never });
  const searchAttributes = Object.fromEntries(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, type === 'Keyword' ? 2 : 7]));
  for (let attempt = 0; ; attempt += 1) {
    try {
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
      break;
    } catch (error) {
      if (attempt > 100) throw error; // the frontend learns of a new namespace with its next cache refresh
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await connection.close();
  return namespace;
}

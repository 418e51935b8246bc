import {
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/common';
import type { DesiredSummary, ObjectRef, Revision } from '../contract/activities.ts';
import { type DesiredChanged, PROGRESS_QUERY, SIGNALS } from '../contract/messages.ts';
import { rolloutWorkflowId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import type { StatusReport } from '../domain/reports.ts';
import { backoffMs, nextStep } from '../domain/next-step.ts';
import { objectDetails } from '../domain/details.ts';
import { isFinal } from '../domain/reports.ts';
import { short } from '../domain/revision.ts';
import { control, source } from './activities.ts';
import { faultOf, rethrowCancellation } from './faults.ts';
import {
  abortSignal,
  approveSignal,
  emergencyStopSignal,
  pauseSignal,
  rejectSignal,
  resumeSignal,
  retryGatewaySignal,
  rolloutControl,
  syncNowSignal,
} from './rollout-messages.ts';
import type { Carried, Mutable } from './object-state.ts';
import { type RolloutEnded, rollout as rolloutWorkflow } from './rollout.ts';
import { searchAttributes } from './search-attributes.ts';

export interface IgnitionSyncInput {
  readonly namespace: string;
  readonly name: string;
  /** What is carried over a continue-as-new. */
  readonly carried?: Carried;
}

type Present = Extract<DesiredSummary, { exists: true }>;

const desiredChangedSignal = defineSignal<[DesiredChanged?]>(SIGNALS.desiredChanged);
const rolloutEndedSignal = defineSignal<[RolloutEnded]>('rolloutEnded');
const progress = defineQuery<Record<string, unknown>>(PROGRESS_QUERY);

/** Continue-as-new well below the history the design allows. */
const HISTORY_EVENTS = 3_000;
/** How often a repository or object that has a fault is looked at without being asked, where it is not polled more often anyway. */
const POLL_WHILE_STALLED_MS = 15_000;

/** As long as the object lives: watches for what is wanted, and serialises everything that happens to its gateways. */
export async function ignitionSync(input: IgnitionSyncInput): Promise<void> {
  await new ObjectRun(input).live();
}

/** Sets one object's course: what is wanted, what runs, what was said. Every decision is `nextStep`'s. */
class ObjectRun {
  readonly #at: { readonly namespace: string; readonly name: string };
  readonly #state: Mutable<Carried>;
  #desired: Present | undefined;
  #retry: string | undefined;
  #asked = false;
  #backoffOver = false;
  #handledRequest: string | undefined;
  #specPaused = false;
  /** Grows with everything that makes another look worthwhile. */
  #news = 1;
  #told = '';
  #step = '';
  #fault: Fault | undefined;
  #revision: Revision | undefined;

  constructor({ namespace, name, carried }: IgnitionSyncInput) {
    this.#at = { namespace, name };
    this.#state = { n: 0, pausedBySignal: false, ...carried };
    if (this.#state.settled?.state === 'Failed') this.#wakeAfter(backoffMs(this.#state.settled.failures));
    this.#listen();
    upsertSearchAttributes(searchAttributes({ object: this.#at, phase: 'Watching' }));
  }

  async live(): Promise<void> {
    for (;;) {
      const seen = this.#news;
      const desired = await this.#look();
      if (desired && !desired.exists) return this.#leave();
      await condition(
        () => this.#news !== seen,
        desired?.pollMs ?? Math.min(this.#desired?.pollMs ?? POLL_WHILE_STALLED_MS, POLL_WHILE_STALLED_MS),
      );
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      if (historyLength < HISTORY_EVENTS && !continueAsNewSuggested) continue;
      await condition(allHandlersFinished);
      await continueAsNew<typeof ignitionSync>({ ...this.#at, carried: this.#state });
    }
  }

  /** One look at what is wanted, and the step that follows from it. */
  async #look(): Promise<DesiredSummary | undefined> {
    try {
      const read = await this.#read();
      if (read) await this.#act(read.desired, read.revision);
      return read?.desired ?? { exists: false };
    } catch (error) {
      rethrowCancellation(error);
      this.#fault = faultOf(error);
      this.#step = `${this.#fault.reason} to be mended; looked at again by itself`;
      await this.#tell({
        observedGeneration: this.#desired?.generation,
        fault: this.#fault,
        ...(this.#state.running ? {} : { waitingFor: `${this.#fault.reason} to be mended` }),
      });
      return undefined;
    }
  }

  /** Reads what is wanted and asks the git host at the same time, as the input was last time: most looks are for a new commit. */
  async #read(): Promise<{ desired: Present; revision: Revision } | undefined> {
    const guess = this.#desired;
    const early = guess && source.resolveRevision({ object: guess.object, desired: guess.desired }, `${guess.ref} → commit`);
    early?.catch(() => undefined); // of interest only if the guess was right
    const desired = await control.readDesired(this.#at, 'what is wanted');
    if (!desired.exists) return undefined;
    this.#desired = desired;
    this.#learn(desired);
    const { object, desired: digest, ref } = desired;
    if (early && digest === guess.desired) return { desired, revision: await early };
    return { desired, revision: await source.resolveRevision({ object, desired: digest }, `${ref} → commit`) };
  }

  /** After a reset or a lost signal status knows more than this run: numbers never go back, and what has ended has ended. */
  #learn({ rollout: known, requestedSync, handledSync }: Present): void {
    if (requestedSync !== undefined && requestedSync !== handledSync && requestedSync !== this.#handledRequest) {
      this.#handledRequest = requestedSync;
      this.#asked = true;
    }
    if (!known) return;
    const { running, settled } = this.#state;
    this.#state.n = Math.max(this.#state.n, known.n);
    if (!isFinal(known.state) || known.n !== this.#state.n) return;
    if (running?.n === known.n) this.#state.running = undefined;
    if (this.#state.running ?? (settled?.commit === known.commit && settled.contentHash === known.contentHash)) return;
    this.#state.settled = { commit: known.commit, contentHash: known.contentHash, state: known.state, failures: 1 };
  }

  async #act(desired: Present, revision: Revision): Promise<void> {
    const { running, settled, frozen, pausedBySignal } = this.#state;
    this.#revision = revision;
    const paused = desired.paused || pausedBySignal;
    if (desired.paused !== this.#specPaused) {
      this.#specPaused = desired.paused;
      await this.#toRollout(rolloutControl, { specPaused: desired.paused });
    }
    const step = nextStep({
      wanted: { commit: revision.commit, contentHash: desired.contentHash },
      running,
      settled,
      paused,
      frozen: frozen !== undefined,
      outOfDate: desired.outOfDate,
      gateways: desired.gateways,
      asked: this.#asked,
      retry: this.#retry,
      backoffOver: this.#backoffOver,
    });
    this.#fault = undefined;
    this.#step = step.do === 'wait' ? step.for : step.why;
    if (step.do === 'start') await this.#start(desired, revision, step);
    if (step.do === 'supersede') await this.#toRollout(rolloutControl, { supersede: `${short(revision.commit)} is wanted now` });
    await this.#tell({
      observedGeneration: desired.generation,
      revision,
      paused,
      fault: null,
      ...(running || step.do === 'start' ? {} : { waitingFor: this.#step }),
      ...(this.#handledRequest === undefined ? {} : { handledSyncRequest: this.#handledRequest }),
    });
  }

  async #start(desired: Present, revision: Revision, step: { readonly only?: readonly string[]; readonly why: string }): Promise<void> {
    const { object, contentHash, approval } = desired;
    const { ref, commit } = revision;
    const n = (this.#state.n += 1);
    this.#state.running = { n, commit, contentHash, only: step.only !== undefined };
    this.#asked = false;
    this.#retry = undefined;
    this.#backoffOver = false;
    const child = await startChild(rolloutWorkflow, {
      workflowId: rolloutWorkflowId(object.namespace, object.name, n),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON, // a rollout outlives this run: continue-as-new, reset, termination
      staticSummary: `rollout ${n}: ${ref}@${short(commit)} (${step.why})`,
      typedSearchAttributes: searchAttributes({ object, commit, phase: 'Planning' }),
      args: [
        {
          schema: 1,
          object,
          n,
          desired: desired.desired,
          contentHash,
          ref,
          commit,
          approval,
          specPaused: desired.paused,
          only: step.only,
          why: step.why,
        },
      ],
    });
    child.result().then(
      (result) => this.#ended({ n, ...result }),
      (error: unknown) => this.#ended({ n, state: 'Failed', message: faultOf(error).message, fault: faultOf(error) }),
    );
  }

  #ended(result: RolloutEnded): void {
    const { running, settled: before } = this.#state;
    if (running?.n !== result.n) return;
    const { commit, contentHash } = running;
    const again = before?.state === 'Failed' && before.commit === commit && before.contentHash === contentHash;
    this.#state.running = undefined;
    this.#news += 1;
    if (result.fault?.reason === 'NoGateways' && running.only) return; // a retry of a gateway that does not exist settles nothing
    const failures = result.state === 'Failed' ? (again ? before.failures + 1 : 1) : 0;
    this.#state.settled = { commit, contentHash, state: result.state, fault: result.fault, failures };
    if (failures > 0) this.#wakeAfter(backoffMs(failures));
  }

  #wakeAfter(ms: number): void {
    void sleep(ms).then(() => {
      this.#backoffOver = true;
      this.#news += 1;
    });
  }

  /** The object is gone: its rollout ends, gateways keep what they have. */
  async #leave(): Promise<void> {
    await this.#toRollout(rolloutControl, { supersede: 'the object was deleted' });
    await condition(allHandlersFinished);
  }

  /** Says something to the running rollout, if there is one. It may end this very moment: then there is nobody to tell. */
  async #toRollout<T extends unknown[]>(signal: SignalDefinition<T>, ...said: T): Promise<void> {
    const { running } = this.#state;
    if (!running) return;
    const rollout = getExternalWorkflowHandle(rolloutWorkflowId(this.#at.namespace, this.#at.name, running.n));
    await rollout.signal(signal, ...said).catch((error: unknown) => log.info('the rollout could not be told', { ...faultOf(error) }));
  }

  #object(): ObjectRef {
    return this.#desired?.object ?? { ...this.#at, uid: '' };
  }

  /** Writes status, but only news: what was said last time is not said again. */
  async #tell(news: Omit<StatusReport, 'object'>): Promise<void> {
    const object = this.#object();
    const { running, frozen } = this.#state;
    setCurrentDetails(objectDetails({ wanted: this.#revision, running: running?.n, frozen, fault: this.#fault, next: this.#step }));
    const key = JSON.stringify(news);
    if (key === this.#told) return;
    this.#told = key;
    await control.reportStatus({ object, ...news }, this.#fault ? `fault: ${this.#fault.reason}` : this.#step || 'in sync');
  }

  #listen(): void {
    const state = this.#state;
    const look = (): void => void (this.#news += 1);
    setHandler(progress, () => ({ ...this.#at, ...state, wanted: this.#revision, fault: this.#fault, next: this.#step }));
    setHandler(desiredChangedSignal, async (said) => {
      look();
      if (said?.reason.startsWith('hello') === true) await this.#toRollout(rolloutControl, { agentIsBack: true });
    });
    setHandler(rolloutEndedSignal, (result: RolloutEnded) => this.#ended(result));
    setHandler(syncNowSignal, () => {
      this.#asked = true;
      look();
    });
    setHandler(approveSignal, (said) => this.#toRollout(approveSignal, said));
    setHandler(rejectSignal, (said) => this.#toRollout(rejectSignal, said));
    setHandler(abortSignal, (said) => this.#toRollout(abortSignal, said));
    setHandler(retryGatewaySignal, async (said) => {
      if (state.running) return this.#toRollout(retryGatewaySignal, said);
      this.#retry = said.gateway;
      look();
    });
    setHandler(pauseSignal, async (said) => {
      state.pausedBySignal = true;
      look();
      await this.#toRollout(pauseSignal, said);
    });
    setHandler(emergencyStopSignal, async (said) => {
      if (state.frozen) return;
      state.frozen = { by: said?.by ?? 'signal', reason: said?.reason ?? 'no reason given' };
      look();
      // Status first reaches the relay, which then gives no tickets; the rollout is told at the same time.
      await Promise.all([
        control.reportStatus({ object: this.#object(), frozen: state.frozen }, 'EMERGENCY STOP'),
        this.#toRollout(emergencyStopSignal, said),
      ]);
    });
    setHandler(resumeSignal, async (said) => {
      const wasFrozen = state.frozen !== undefined;
      state.pausedBySignal = false;
      state.frozen = undefined;
      look();
      if (wasFrozen) await control.reportStatus({ object: this.#object(), frozen: null }, 'emergency stop lifted');
      await this.#toRollout(resumeSignal, said);
    });
  }
}

import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type SignalDefinition, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { DesiredSummary } from '../contract/control-activities.ts';
import type { ObjectRef, Resolution, Revision, StatusReport } from '../domain/reports.ts';
import { PROGRESS_QUERY } from '../contract/messages.ts';
import { rolloutWorkflowId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import { backoffMs, nextStep } from '../domain/next-step.ts';
import { objectDetails } from '../domain/details.ts';
import { short } from '../domain/revision.ts';
import { control, source } from './activities.ts';
import { faultOf, rethrowCancellation } from './faults.ts';
import { rolloutControl } from './rollout-messages.ts';
import { listenToMessages } from './object-messages.ts';
import type { Carried, IgnitionSyncInput, Mutable, Present } from './object-state.ts';
import { confirmation, forgetObject, learnFromStatus, settle } from './object-state.ts';
import { sayGone, startRollout } from './object-rollout.ts';
import { tell } from './tell.ts';
import { InOrder } from './in-order.ts';
import { untilNextLook } from './next-look.ts';
import type { RolloutEnded } from './rollout-contract.ts';
import { searchAttributes } from './search-attributes.ts';

const progress = defineQuery<Record<string, unknown>>(PROGRESS_QUERY);

/** Continue-as-new well below the history the design allows. */
const HISTORY_EVENTS = 3_000;

/** As long as the object lives: watches for what is wanted, and serialises everything that happens to its gateways. */
export async function ignitionSync(input: IgnitionSyncInput): Promise<void> {
  await new ObjectRun(input).live();
}

/** Sets one object's course: what is wanted, what runs, what was said. Every decision is `nextStep`'s. */
class ObjectRun {
  readonly #at: { readonly namespace: string; readonly name: string };
  readonly #state: Mutable<Carried>;
  #desired: Present | undefined;
  #backoffOver = false;
  /** Whether a rollout ended since what is wanted was last read. */
  #endedSinceRead = false;
  #handledRequest: string | undefined;
  /** Whether this run has yet to learn from status what was said to an earlier one. */
  #fresh: boolean;
  /** Whether the running rollout is a child of this very run, which then hears of its end in any case. */
  #child = false;
  /** The rollout that knows that the object asks for an approval. */
  #approvalTold: number | undefined;
  /** Whether what is wanted was read after `resume` was said: the rollout goes on with what the object asks for by then. */
  #liftable = false;
  /** What the running rollout was last told of spec.paused; unknown to a new run. */
  #specPaused: boolean | undefined;
  /** Stops and resumes reach status in their order, also when the apiserver is away in between. */
  readonly #stops = new InOrder();
  #byClockMs: number | undefined; // set when nothing but the clock caused this look, after so long
  /** Grows with everything that makes another look worthwhile. */
  #news = 1;
  #told = ''; // the last report, so that only news are reported
  /** The gateway that a person asked for, once it is known that there is one of that name. */
  #retryable: string | undefined;
  #notice = ''; // what was asked for in vain
  #step = '';
  #fault: Fault | undefined;
  #revision: Resolution | undefined;

  constructor({ namespace, name, carried }: IgnitionSyncInput) {
    this.#at = { namespace, name };
    this.#state = { n: 0, pausedBySignal: false, ...carried };
    this.#fresh = carried === undefined;
    if (this.#state.settled?.state === 'Failed') this.#wakeAfter(backoffMs(this.#state.settled.failures));
    listenToMessages(this.#state, {
      look: () => void (this.#news += 1),
      toRollout: (signal, ...said) => this.#toRollout(signal, ...said),
      ended: (result) => this.#ended(result),
      notice: (sentence) => {
        this.#notice = sentence;
        this.#news += 1;
      },
      frozen: (frozen) => this.#writeStop(frozen),
    });
    setHandler(progress, () => ({ ...this.#at, ...this.#state, wanted: this.#revision, fault: this.#fault, next: this.#step }));
    upsertSearchAttributes(searchAttributes({ object: this.#at, phase: 'Watching' }));
  }

  async live(): Promise<void> {
    for (;;) {
      const seen = this.#news;
      const desired = await this.#look();
      if (desired && !desired.exists) return this.#leave();
      const ms = untilNextLook((desired ?? this.#desired)?.pollMs, !desired);
      this.#byClockMs = (await condition(() => this.#news !== seen, ms)) ? undefined : ms;
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      if (historyLength < HISTORY_EVENTS && !continueAsNewSuggested) continue;
      await condition(allHandlersFinished);
      await continueAsNew<typeof ignitionSync>({ ...this.#at, carried: this.#state });
    }
  }

  /** One look at what is wanted, and the step that follows from it. */
  async #look(): Promise<DesiredSummary | undefined> {
    this.#liftable = this.#state.resumed !== undefined;
    try {
      const read = await this.#read();
      if (read) await this.#act(read.desired, read.revision);
      return read?.desired ?? { exists: false };
    } catch (error) {
      rethrowCancellation(error);
      this.#fault = faultOf(error);
      this.#step = `${this.#fault.reason} to be mended; looked at again by itself`;
      if (this.#desired) await this.#tellPause(this.#desired.paused);
      await this.#tellApproval(this.#desired?.approval.required === true);
      await this.#lift();
      await this.#tell({
        observedGeneration: this.#desired?.generation,
        fault: this.#fault,
        paused: this.#pause(this.#desired?.paused ?? false),
        ...(this.#state.running ? {} : { waitingFor: `${this.#fault.reason} to be mended` }),
      });
      return undefined;
    }
  }

  /** Reads what is wanted and asks the git host at the same time, as the input was last time: most looks are for a new commit. */
  async #read(): Promise<{ desired: Present; revision: Resolution } | undefined> {
    this.#endedSinceRead = false;
    const guess = this.#desired;
    const early = guess && this.#resolve(guess);
    early?.catch(() => undefined); // of interest only if the guess was right
    const { retry } = this.#state;
    const desired = await control.readDesired({ ...this.#at, ...(retry === undefined ? {} : { retry }) }, 'what is wanted');
    if (!desired.exists) return undefined;
    this.#desired = desired;
    if (this.#state.uid !== undefined && this.#state.uid !== desired.object.uid && patched('another-object')) await this.#beginAnew();
    this.#state.uid = desired.object.uid;
    this.#retryable = desired.retryKnown === true ? retry : undefined;
    if (retry !== undefined && desired.retryKnown === false) {
      this.#notice = `retryGateway "${retry}": no gateway of that name belongs to this object`;
      if (this.#state.retry === retry) this.#state.retry = undefined;
    }
    await this.#learn(desired);
    return { desired, revision: await (early && desired.desired === guess.desired ? early : this.#resolve(desired)) };
  }

  /** The object was deleted and made anew while nobody looked: this one has been told nothing yet. */
  async #beginAnew(): Promise<void> {
    forgetObject(this.#state);
    this.#fresh = true;
    this.#told = '';
    this.#revision = undefined;
    this.#handledRequest = undefined;
    if (this.#state.frozen) await this.#writeStop(this.#state.frozen);
  }

  #resolve({ object, desired, ref, tag: seen }: Present): Promise<Resolution> {
    const tag = this.#revision ? this.#revision.tag : seen;
    const maxAgeMs = this.#byClockMs && Math.round(this.#byClockMs / 2);
    return source.resolveRevision({ object, desired, ...(tag && { tag }), ...(maxAgeMs && { maxAgeMs }) }, `${ref} → commit`);
  }

  /** What only status can tell: requests by annotation, and what an earlier run was told or has started. */
  async #learn({ rollout: known, requestedSync, handledSync, frozen, pausedBySignal }: Present): Promise<void> {
    if (requestedSync !== undefined && requestedSync !== handledSync && requestedSync !== this.#handledRequest) {
      this.#handledRequest = requestedSync;
      this.#state.asked = true;
    }
    if (this.#fresh) {
      this.#fresh = false;
      // A resume that was said to this run came after what status knows; it is lifted there in a moment.
      const lifted = this.#state.resumed !== undefined && patched('resume-said-first');
      if (!lifted) this.#state.frozen ??= frozen;
      if (!lifted) this.#state.pausedBySignal ||= pausedBySignal === true;
    }
    const before = this.#state.settled;
    if (known) learnFromStatus(this.#state, known, this.#child);
    const { running, settled } = this.#state;
    if (settled !== before && settled?.state === 'Failed' && patched('backs-off-from-status')) this.#wakeAfter(backoffMs(settled.failures));
    if (!running || this.#child || (!known && !patched('older-rollout-ends-first'))) return;
    if (await this.#toRollout(rolloutControl, {})) return;
    // A rollout that was terminated, or that an earlier run started, cannot say how it ended: whoever cannot be told anything runs no more.
    const { n, commit, contentHash } = running;
    this.#state.running = undefined;
    this.#state.settled = { n, commit, contentHash, state: 'Superseded', failures: 0 };
  }

  async #act(desired: Present, revision: Resolution): Promise<void> {
    const { running, settled, frozen } = this.#state;
    this.#revision = revision;
    if (desired.paused) await this.#tellPause(true);
    const step = nextStep({
      wanted: { commit: revision.commit, contentHash: desired.contentHash },
      running,
      planOutdated: desired.planOutdated === true && desired.rollout?.n === running?.n,
      settled,
      paused: this.#pause(desired.paused),
      frozen: frozen !== undefined,
      outOfDate: this.#endedSinceRead ? [] : desired.outOfDate, // read while the rollout was still changing them
      gateways: desired.gateways,
      asked: this.#state.asked === true,
      retry: this.#retryable === this.#state.retry ? this.#retryable : undefined, // one that was asked for since is looked up first
      backoffOver: this.#backoffOver,
    });
    // What is live was read before that end: a plan that expects it fails. The end is news, so the next look follows at once.
    if (step.do === 'start' && this.#endedSinceRead && patched('reads-anew-after-an-end')) return;
    this.#fault = undefined;
    this.#step = step.do === 'wait' ? step.for : step.why;
    if (step.do === 'start') await this.#start(desired, revision, step);
    if (step.do === 'supersede') {
      const newer = desired.planOutdated ? step.why : `${short(revision.commit)} is wanted now`;
      await this.#toRollout(rolloutControl, { supersede: running?.foreign ? 'the object was made anew' : newer });
    }
    // Only now, so that gateways that waited go straight to the newer revision and not to the one that was stopped.
    await this.#tellPause(desired.paused);
    await this.#tellApproval(desired.approval.required);
    await this.#lift();
    await this.#tell({
      observedGeneration: desired.generation,
      revision,
      contentHash: desired.contentHash,
      paused: this.#pause(desired.paused),
      ...(this.#state.pausedBySignal && this.#state.pausedBy && { pausedBy: this.#state.pausedBy }),
      fault: null,
      ...((running && !running.foreign) || step.do === 'start'
        ? {}
        : { waitingFor: [this.#step, this.#notice].filter(Boolean).join('; ') }),
      ...(this.#handledRequest === undefined ? {} : { handledSyncRequest: this.#handledRequest }),
    });
  }

  /** Hands spec.paused on to the running rollout when it has turned, and to one that an earlier run started in any case. */
  async #tellPause(specPaused: boolean): Promise<void> {
    const before = this.#specPaused;
    this.#specPaused = specPaused;
    const inherited = before === undefined && this.#state.running !== undefined && patched('pause-told-by-each-run');
    if (specPaused === (before ?? false) && !inherited) return;
    await this.#toRollout(rolloutControl, { specPaused });
  }

  /** Tells the running rollout, once, that the object asks for an approval: it may have begun before the object did. */
  async #tellApproval(required: boolean): Promise<void> {
    const { running } = this.#state;
    if (!required || !running || this.#approvalTold === running.n || !patched('approval-told')) return;
    this.#approvalTold = running.n;
    await this.#toRollout(rolloutControl, { approvalRequired: true });
  }

  /** What `resume` asked for: status first, for the relay gives no tickets before; then the rollout. */
  async #lift(): Promise<void> {
    if (!this.#state.resumed || (!this.#liftable && patched('lift-after-a-read'))) return;
    this.#state.resumed = undefined;
    await this.#writeStop(null);
    const { frozen } = this.#state;
    // Stopped again while status was being written: the newer stop holds.
    if (frozen) await this.#writeStop(frozen);
    else if (!this.#state.pausedBySignal) await this.#toRollout(rolloutControl, { resumed: true });
  }

  #writeStop(frozen: { readonly by: string; readonly reason: string } | null): Promise<unknown> {
    return this.#stops.run(() => control.reportStatus({ object: this.#object(), frozen }, frozen ? 'EMERGENCY STOP' : 'resume'));
  }

  #pause(specPaused: boolean): 'spec' | 'signal' | false {
    return specPaused ? 'spec' : this.#state.pausedBySignal && 'signal';
  }

  async #start(desired: Present, revision: Revision, step: { readonly only?: readonly string[]; readonly why: string }): Promise<void> {
    const { object, desired: digest, contentHash, approval, paused: specPaused } = desired;
    const { ref, commit } = revision;
    const asked = { only: step.only, why: step.why, ...confirmation(this.#state) };
    this.#notice = '';
    const n = (this.#state.n += 1);
    this.#state.running = { n, commit, contentHash, only: step.only !== undefined };
    this.#child = true;
    if (approval.required) this.#approvalTold = n;
    this.#specPaused ??= specPaused;
    this.#state.asked = false;
    this.#state.retry = undefined;
    this.#backoffOver = false;
    const input = { schema: 1, object, n, desired: digest, contentHash, ref, commit, approval, specPaused, ...asked } as const;
    const child = await startRollout(input).catch((error: unknown) => this.#notStarted(n, error));
    child?.result().then(
      (result) => this.#ended({ n, ...result }),
      async (error: unknown) => {
        const foreign = this.#state.running?.foreign === true;
        this.#ended(await sayGone(this.#object(), n, revision, contentHash, faultOf(error), foreign));
      },
    );
  }

  /** A rollout of an object that had this name before may still run under this number: it is waited for. */
  #notStarted(n: number, error: unknown): undefined {
    if (!patched('older-rollout-ends-first')) throw error;
    this.#child = false;
    this.#state.running = undefined;
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    this.#state.running = { n, commit: '', contentHash: '', only: false, foreign: true };
    this.#news += 1;
  }

  #ended(result: RolloutEnded): void {
    const failures = settle(this.#state, result);
    if (failures === undefined) return;
    this.#child = false;
    this.#endedSinceRead = true;
    this.#news += 1;
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

  /** Says something to the running rollout. False when there is nobody to hear it: none runs, or it has just ended. */
  async #toRollout<T extends unknown[]>(signal: SignalDefinition<T>, ...said: T): Promise<boolean> {
    const { running } = this.#state;
    if (!running) return false;
    return tell(rolloutWorkflowId(this.#at.namespace, this.#at.name, running.n), signal, ...said);
  }

  #object(): ObjectRef {
    return this.#desired?.object ?? { ...this.#at, uid: '' };
  }

  /** Writes status, but only news: what was said last time is not said again. */
  async #tell(news: Omit<StatusReport, 'object'>): Promise<void> {
    const object = this.#object();
    const { running, frozen } = this.#state;
    setCurrentDetails(objectDetails({ wanted: this.#revision, running: running?.n, frozen, fault: this.#fault, next: this.#step }));
    const key = JSON.stringify([news, this.#desired?.standing]);
    if (key === this.#told) return;
    this.#told = key;
    await control.reportStatus({ object, ...news }, this.#fault ? `fault: ${this.#fault.reason}` : this.#step || 'in sync');
  }
}

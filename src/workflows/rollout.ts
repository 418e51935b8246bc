import {
  CancellationScope,
  condition,
  defineQuery,
  getExternalWorkflowHandle,
  log,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { PlanResult } from '../contract/source-activities.ts';
import { PROGRESS_QUERY, SIGNALS, abortWords, stopWords } from '../contract/messages.ts';
import { ignitionSyncWorkflowId, rolloutWorkflowId } from '../contract/names.ts';
import type { Fault } from '../domain/errors.ts';
import { type FinalRolloutState, type RolloutState, isFinal } from '../domain/reports.ts';
import { MAX_WAVE } from '../domain/plan/stages.ts';
import { short } from '../domain/revision.ts';
import { type FailedGateway, type Hold, gatewaysOf, judgeWave, notPutBack, waitingFor } from '../domain/rollout-state.ts';
import { control, source } from './activities.ts';
import { forgetApprovals, untilApproved } from './approval-gate.ts';
import { confirmUnchanged } from './confirm-unchanged.ts';
import { faultOf } from './faults.ts';
import { untilHoldEnds, untilTriedAgain } from './hold.ts';
import { InOrder } from './in-order.ts';
import { type RolloutInbox, ending, isPaused, openRolloutInbox } from './rollout-messages.ts';
import { rolloutReport } from './rollout-report.ts';
import type { RolloutInput, RolloutResult } from './rollout-contract.ts';
import { runWave } from './run-wave.ts';
import { searchAttributes } from './search-attributes.ts';
import { Story } from './story.ts';
import type { WaveInput, WaveResult } from './wave.ts';

/** After all others. */
const RESTART_STAGE = 'restart';

const progress = defineQuery<Record<string, unknown>>(PROGRESS_QUERY);

/** One commit, one plan: fetch, plan, ask whoever must approve, then wave by wave; ends when every gateway is done or somebody ends it. */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const run = new RolloutRun(input);
  const result = await run.execute();
  await getExternalWorkflowHandle(ignitionSyncWorkflowId(input.object.namespace, input.object.name))
    .signal('rolloutEnded', { n: input.n, ...result })
    .catch(() => undefined); // the object may be gone
  return result;
}

class RolloutRun {
  readonly #input: RolloutInput;
  readonly #id: string;
  readonly #inbox: RolloutInbox;
  readonly #story: Story;
  #plan: PlanResult | undefined;
  #state: RolloutState = 'Planning';
  #stage = '';
  #hold: Hold | undefined;
  #message = '';
  #approved: { plan: string; by: string } | undefined;
  #waves = 0;
  /** Gateways that wait for a restart: all files go first, so that one window holds nobody else. */
  readonly #restarts = new Set<string>();
  /** Reports follow each other, also those that nobody waits for. */
  readonly #reports = new InOrder();
  readonly #done: { stage: string; wave: number }[] = [];

  constructor(input: RolloutInput) {
    const { namespace, name } = input.object;
    this.#input = input;
    this.#story = new Story(input);
    this.#id = rolloutWorkflowId(namespace, name, input.n);
    const { specPaused, approval } = input;
    this.#inbox = openRolloutInbox({ specPaused, approvalRequired: approval.required }, (signal, said) => {
      getExternalWorkflowHandle(ignitionSyncWorkflowId(namespace, name))
        .signal(SIGNALS[signal], said)
        .catch((error: unknown) => log.warn('the object could not be told', { signal, ...faultOf(error) }));
    });
    setHandler(progress, () => this.#progress());
    upsertSearchAttributes(searchAttributes({ object: input.object, commit: input.commit, phase: 'Planning' }));
  }

  async execute(): Promise<RolloutResult> {
    try {
      return await this.#rollOut();
    } catch (error) {
      // Also when this workflow was cancelled: gateways in their commit end whole, and status says how the rollout ended.
      return CancellationScope.nonCancellable(() => this.#endFailed(faultOf(error)));
    }
  }

  async #rollOut(): Promise<RolloutResult> {
    const { object, desired, commit, ref, only } = this.#input;
    const announced = this.#report('Planning', `${this.#input.why}: planning ${short(commit)}`);
    await source.fetch({ object, desired, commit }, `${ref}@${short(commit)}`);
    this.#plan = await source.plan(
      { object, desired, commit, ref, rollout: this.#id, only },
      only ? `plan for ${only.slice(0, 3).join(', ')}` : 'plan for every gateway',
    );
    forgetApprovals(this.#inbox);
    if (!(await announced)) return this.#finish('Superseded', 'a newer rollout is under way');
    if (this.#plan.changed === 0) {
      await confirmUnchanged(this.#input, this.#plan);
      return this.#finish('Succeeded', `nothing to change: ${gatewaysOf(this.#plan.unchanged)} had it already`);
    }

    const refused = await this.#throughGate(this.#plan);
    if (refused) return refused;
    for (const stage of this.#plan.stages) {
      for (let wave = 0; wave < stage.waves; wave += 1) {
        const ended = await this.#throughWave(stage.name, wave);
        if (ended) return ended;
      }
    }
    const restarts = [...this.#restarts];
    for (let first = 0; first < restarts.length; first += MAX_WAVE) {
      const ended = await this.#throughWave(RESTART_STAGE, first / MAX_WAVE, restarts.slice(first, first + MAX_WAVE));
      if (ended) return ended;
    }
    await confirmUnchanged(this.#input, this.#plan);
    return this.#finish(
      'Succeeded',
      `${short(commit)} is live on ${gatewaysOf(this.#plan.changed)}, ${this.#plan.unchanged} had it already`,
    );
  }

  /** Asks until nothing is left to be asked. Returns a result when the rollout ends here. */
  async #throughGate(plan: PlanResult): Promise<RolloutResult | undefined> {
    do {
      const refused = this.#needsApproval() && (await this.#approval(plan));
      if (refused) return refused;
      this.#stage = plan.stages[0]?.name ?? '';
      const current = await this.#report(this.#running(), `changing ${gatewaysOf(plan.changed)}`);
      if (!current) return this.#finish('Superseded', 'a newer rollout is under way');
    } while (this.#needsApproval()); // the object was edited meanwhile
    return undefined;
  }

  /** What the object asks for counts until the first gateway has changed: a plan is approved as a whole or not at all. */
  #asksForApproval(): boolean {
    const isOpen = this.#approved !== undefined || this.#done.length === 0;
    return (this.#inbox.approvalRequired && isOpen) || (this.#plan?.holds.length ?? 0) > 0;
  }

  #needsApproval(): boolean {
    return this.#asksForApproval() && this.#approved === undefined;
  }

  /** Waits for a person. Returns a result when that ends the rollout. */
  async #approval(plan: PlanResult): Promise<RolloutResult | undefined> {
    const { commit, approval, confirmedBefore } = this.#input;
    const answer = await untilApproved(plan, { commit, timeoutMs: approval.timeoutMs, confirmedBefore }, this.#inbox, (message) =>
      this.#report('WaitingForApproval', message),
    );
    if (answer.kind === 'rejected') return this.#finish('Rejected', answer.message);
    if (answer.kind === 'ending') return this.#end();
    this.#approved = { plan: plan.planDigest, by: answer.by };
    return undefined;
  }

  /** Runs one wave, of all its gateways or of these, until it has gone through, holding as often as needed. Returns a result when the rollout ends here. */
  async #throughWave(stage: string, wave: number, all?: readonly string[]): Promise<RolloutResult | undefined> {
    let only = all;
    let deletesConfirmed: readonly string[] | undefined;
    let failed: readonly FailedGateway[] = [];
    let idle = 0;
    for (this.#stage = stage; ;) {
      await this.#waitWhileFrozen();
      if (ending(this.#inbox)) return this.#end();
      const refused = this.#needsApproval() && (await this.#throughGate(this.#plan as PlanResult));
      if (refused) return refused;
      // Nothing waits for this report: the ticket looks at the rollout, not at its stage.
      if (this.#waves > 0) void this.#report(this.#running(), `${stage}: wave ${wave + 1}`).catch(() => undefined);
      const result = await this.#runWave(stage, wave, stage === RESTART_STAGE ? 'restart' : 'sync', { only, deletesConfirmed });
      for (const gateway of result.restarts ?? []) this.#restarts.add(gateway);
      // Also a gateway that could not be put back runs the new files.
      if (stage !== RESTART_STAGE && (result.synced > 0 || result.failed.some((f) => !f.restored))) this.#note(stage, wave);
      if (result.superseded) return this.#finish('Superseded', 'another rollout has taken over');
      if (ending(this.#inbox)) return this.#end();
      failed = [...(only ? failed.filter((f) => !only?.includes(f.gateway)) : []), ...result.failed];
      this.#hold = judgeWave(stage, { ...result, failed });
      if (this.#hold) {
        const { planDigest } = this.#plan as PlanResult;
        const retry = await untilHoldEnds(this.#hold, planDigest, this.#inbox, (message) => this.#report('Holding', message));
        only = retry.only;
        if (retry.confirmed) deletesConfirmed = [...(deletesConfirmed ?? []), ...(only ?? [])];
      } else if (only === all && result.untouched === 0) return undefined;
      else {
        // The rest of the wave waited for the stop to be lifted, or for the gateway that was retried.
        idle = only === all && !this.#inbox.frozen ? idle + 1 : 0;
        if (idle > 1 && patched('idle-waves-wait'))
          await untilTriedAgain(idle - 2, this.#inbox, (message) => this.#report(this.#running(), `${stage}: ${message}`));
        only = all;
      }
    }
  }

  async #waitWhileFrozen(): Promise<void> {
    const inbox = this.#inbox;
    while (inbox.frozen && inbox.superseded === undefined) {
      const { aborted } = inbox;
      await this.#report('Frozen', `${stopWords(inbox.frozen)}${aborted ? '; the abort follows after resume' : ''}`);
      await condition(() => inbox.frozen === undefined || inbox.superseded !== undefined || (!aborted && inbox.aborted !== undefined));
    }
  }

  async #runWave(
    stage: string,
    wave: number,
    mode: WaveInput['mode'],
    again: Pick<WaveInput, 'only' | 'deletesConfirmed'> = {},
  ): Promise<WaveResult> {
    const { object, n, commit, ref } = this.#input;
    const { planDigest, connection, retainSnapshots, retainSnapshotBytes } = this.#plan as PlanResult;
    const attempt = this.#waves;
    this.#waves += 1;
    const result = await runWave(
      {
        schema: 1,
        object,
        rollout: this.#id,
        n,
        planDigest,
        commit,
        ref,
        attempt,
        connection,
        retainSnapshots,
        retainSnapshotBytes,
        ...again,
        stage,
        wave,
        mode,
        paused: false,
      },
      {
        inbox: this.#inbox,
        mustStop: () => this.#needsApproval(),
        onMet: () => this.#note(stage, wave),
        onPaused: async (paused) => {
          await this.#report(this.#running(), paused ? 'paused: gateways that have not begun wait' : `${stage}: going on`);
        },
      },
    );
    this.#story.wave({ stage, wave, mode }, result);
    return result;
  }

  #running(): RolloutState {
    return isPaused(this.#inbox) ? 'Paused' : 'Progressing';
  }

  #note(stage: string, wave: number): void {
    if (!this.#done.some((d) => d.stage === stage && d.wave === wave)) this.#done.push({ stage, wave });
  }

  /** A failure does not undo that somebody asked for the abort: the same commit must not be tried again by itself. */
  async #endFailed(fault: Fault): Promise<RolloutResult> {
    if (fault.reason === 'Aborted') return this.#finish('Aborted', fault.message, fault);
    if (this.#inbox.aborted && patched('abort-outlives-failure')) {
      const ended = await this.#end().catch((error: unknown) => faultOf(error));
      if ('state' in ended) return ended;
    }
    return this.#finish('Failed', fault.message, fault);
  }

  /** Ends as asked: an abort first puts back what this rollout changed, newest wave first. */
  async #end(): Promise<RolloutResult> {
    if (ending(this.#inbox) !== 'Aborted')
      return this.#finish('Superseded', `${this.#inbox.superseded ?? 'a newer revision'}; gateways not yet changed go straight to it`);
    if (this.#done.length > 0) await this.#waitWhileFrozen(); // a stop is a stop: putting back changes gateways too
    if (this.#inbox.frozen && this.#inbox.superseded !== undefined) return this.#finish('Superseded', this.#inbox.superseded);
    const said = abortWords(this.#inbox.aborted ?? {});
    const current = await this.#report('Aborting', `${said}; putting back what was changed`);
    // Such as after a reset: what a newer rollout made live is not this one's to take back.
    if (!current) return this.#finish('Superseded', 'a newer rollout is under way, or this one had ended');
    const left: string[] = [];
    for (const { stage, wave } of [...this.#done].reverse()) left.push(...notPutBack(await this.#runWave(stage, wave, 'revert')));
    return this.#finish('Aborted', `${said}${left.length === 0 ? '' : `; NOT put back: ${left.slice(0, 5).join('; ')}`}`);
  }

  async #finish(state: FinalRolloutState, message: string, fault?: Fault): Promise<RolloutResult> {
    await this.#report(state, message, fault);
    const confirmed = this.#approved !== undefined && (this.#plan?.holds.length ?? 0) > 0;
    return { state, message, fault, ...(confirmed && { confirmed }) };
  }

  /** Writes the rollout's state to status, in order. False when status knows a newer rollout: this one must stop. */
  #report(state: RolloutState, message: string, fault?: Fault): Promise<boolean> {
    this.#state = state;
    this.#message = message;
    this.#story.state(state, message);
    const { object, n, commit, ref } = this.#input;
    const waits = waitingFor(state, this.#hold, this.#inbox.pausedBySpec);
    upsertSearchAttributes(searchAttributes({ phase: state }));
    setCurrentDetails(`**${state}** ${ref}@${short(commit)}\n\n${message}${waits ? `\n\nWaiting for: ${waits}` : ''}`);
    const approvalRequired = this.#asksForApproval();
    const rollout = rolloutReport(this.#input, this.#id, this.#plan, {
      state,
      stage: this.#stage,
      message,
      reason: fault?.reason,
      waitingFor: waits,
      approvalRequired,
      approved: this.#approved,
    });
    const said = this.#reports.run(() => control.reportStatus({ object, n, rollout }, `${state}: ${message}`.slice(0, 100)));
    said.catch((error: unknown) => log.warn('status report failed', { ...faultOf(error) }));
    return said.then(({ current, approvalRequired }) => {
      this.#inbox.approvalRequired ||= approvalRequired === true;
      return current || isFinal(state);
    });
  }

  #progress(): Record<string, unknown> {
    const { n, commit, ref, why } = this.#input;
    return {
      rollout: n,
      why,
      ref,
      commit,
      state: this.#state,
      stage: this.#stage,
      message: this.#message,
      waitingFor: waitingFor(this.#state, this.#hold, this.#inbox.pausedBySpec),
      plan: this.#plan,
      waves: this.#waves,
      approved: this.#approved,
      hold: this.#hold,
    };
  }
}

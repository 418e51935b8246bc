import {
  type ChildWorkflowHandle,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  condition,
  isCancellation,
  patched,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { endOfPause } from '../domain/rollout-state.ts';
import { waveWorkflowId } from '../contract/names.ts';
import { short } from '../domain/revision.ts';
import { type RolloutInbox, ending, isPaused } from './rollout-messages.ts';
import { searchAttributes } from './search-attributes.ts';
import { tell } from './tell.ts';
import { type WaveInput, type WaveResult, wave, waveControl } from './wave.ts';

/** A wave's name under its rollout: a stage's own wave, a retry of some of its gateways, or its taking back. */
function waveName({ stage, mode, only, attempt }: WaveInput): string {
  if (mode === 'restart') return `restart-${attempt}`;
  if (mode === 'revert') return `${stage}-revert`;
  return only ? `${stage}-retry-${attempt}` : stage;
}

/** What a rollout has to do with its running wave. */
export interface Steering {
  readonly inbox: RolloutInbox;
  /** Whether it must let nobody else begin, besides what the inbox says. */
  readonly mustStop: () => boolean;
  readonly onPaused: (paused: boolean) => Promise<void>;
  /** The wave ran already, as after a reset of the rollout: what it has changed is this rollout's. */
  readonly onMet: () => void;
}

/** Runs one wave as a child, and hands on to it what is said to the rollout meanwhile. */
export async function runWave(input: WaveInput, steering: Steering): Promise<WaveResult> {
  const { inbox } = steering;
  const begun = { generation: inbox.generation, paused: input.mode !== 'revert' && isPaused(inbox) };
  const child = await startWave(input, begun.paused, steering);
  const running = { over: false };
  const result = child.result().finally(() => {
    running.over = true;
  });
  try {
    if (input.mode !== 'revert') await steer(child, running, begun, steering);
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  return result; // also when cancelled: the wave is cancelled too, and first says where it leaves its gateways
}

/** How often it is looked whether a wave that runs already has ended, milliseconds. */
const OLD_WAVE_MS = 2_000;

/** A rollout that was reset meets the wave that it had started before: that one is stopped, and ended first. */
async function startWave(input: WaveInput, paused: boolean, { inbox, onMet }: Steering): Promise<ChildWorkflowHandle<typeof wave>> {
  for (;;) {
    try {
      return await startChildWave(input, paused, inbox);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || !patched('old-wave-ends-first')) throw error;
      onMet();
      await tell(error.workflowId, waveControl, { stop: true });
      await sleep(OLD_WAVE_MS);
    }
  }
}

function startChildWave(input: WaveInput, paused: boolean, inbox: RolloutInbox): Promise<ChildWorkflowHandle<typeof wave>> {
  const { object, rollout, ref, commit, mode, stage } = input;
  return startChild(wave, {
    workflowId: waveWorkflowId(rollout, waveName(input), input.wave),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON, // a wave brings its gateways to a whole state even if the rollout is terminated
    staticSummary: `${mode === 'revert' ? 'put back' : stage} wave ${input.wave + 1}: ${ref}@${short(commit)}`,
    typedSearchAttributes: searchAttributes({ object, commit, phase: mode }),
    args: [{ ...input, paused, pausedFor: endOfPause(inbox.pausedBySpec) }],
  });
}

async function steer(
  child: ChildWorkflowHandle<typeof wave>,
  running: { over: boolean },
  begun: { generation: number; paused: boolean },
  { inbox, mustStop, onPaused }: Steering,
): Promise<void> {
  let { generation: seen, paused: shown } = begun;
  let stopped = false;
  if (shown) await onPaused(shown);
  for (;;) {
    await condition(() => inbox.generation !== seen || (mustStop() && !stopped) || running.over);
    if (running.over) return;
    seen = inbox.generation;
    stopped = mustStop();
    const stop = stopped || ending(inbox) !== undefined || inbox.frozen !== undefined;
    await child.signal(waveControl, { stop, paused: isPaused(inbox), pausedFor: endOfPause(inbox.pausedBySpec) }).catch(() => undefined); // it may have ended this very moment
    if (isPaused(inbox) === shown) continue;
    shown = isPaused(inbox);
    await onPaused(shown);
  }
}

import {
  type ChildWorkflowHandle,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  condition,
  isCancellation,
  startChild,
} from '@temporalio/workflow';
import { endOfPause } from '../domain/rollout-state.ts';
import { waveWorkflowId } from '../contract/names.ts';
import { short } from '../domain/revision.ts';
import { type RolloutInbox, ending, isPaused } from './rollout-messages.ts';
import { searchAttributes } from './search-attributes.ts';
import { type WaveInput, type WaveResult, wave, waveControl } from './wave.ts';

/** A wave's name under its rollout: a stage's own wave, a retry of some of its gateways, or its taking back. */
function waveName({ stage, mode, only, attempt }: WaveInput): string {
  if (mode === 'restart') return `restart-${attempt}`;
  if (mode === 'revert') return `${stage}-revert`;
  return only ? `${stage}-retry-${attempt}` : stage;
}

/** Runs one wave as a child, and hands on to it what is said to the rollout meanwhile. */
export async function runWave(input: WaveInput, inbox: RolloutInbox, onPaused: (paused: boolean) => Promise<void>): Promise<WaveResult> {
  const { object, rollout, ref, commit, mode, stage } = input;
  const begun = { generation: inbox.generation, paused: mode !== 'revert' && isPaused(inbox) };
  const child = await startChild(wave, {
    workflowId: waveWorkflowId(rollout, waveName(input), input.wave),
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    parentClosePolicy: ParentClosePolicy.ABANDON, // a wave brings its gateways to a whole state even if the rollout is terminated
    staticSummary: `${mode === 'revert' ? 'put back' : stage} wave ${input.wave + 1}: ${ref}@${short(commit)}`,
    typedSearchAttributes: searchAttributes({ object, commit, phase: mode }),
    args: [{ ...input, paused: begun.paused, pausedFor: endOfPause(inbox.pausedBySpec) }],
  });
  const running = { over: false };
  const result = child.result().finally(() => {
    running.over = true;
  });
  try {
    if (mode !== 'revert') await steer(child, running, begun, inbox, onPaused);
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
  return result; // also when cancelled: the wave is cancelled too, and first says where it leaves its gateways
}

async function steer(
  child: ChildWorkflowHandle<typeof wave>,
  running: { over: boolean },
  begun: { generation: number; paused: boolean },
  inbox: RolloutInbox,
  onPaused: (paused: boolean) => Promise<void>,
): Promise<void> {
  let { generation: seen, paused: shown } = begun;
  if (shown) await onPaused(shown);
  for (;;) {
    await condition(() => inbox.generation !== seen || running.over);
    if (running.over) return;
    seen = inbox.generation;
    const stop = ending(inbox) !== undefined || inbox.frozen !== undefined;
    await child.signal(waveControl, { stop, paused: isPaused(inbox), pausedFor: endOfPause(inbox.pausedBySpec) }).catch(() => undefined); // it may have ended this very moment
    if (isPaused(inbox) === shown) continue;
    shown = isPaused(inbox);
    await onPaused(shown);
  }
}

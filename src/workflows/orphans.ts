import { condition, patched, workflowInfo } from '@temporalio/workflow';
import { rolloutControl, stillThereSignal } from './rollout-messages.ts';
import { tell } from './tell.ts';

/** How often a wave that waits asks whether its rollout is still there, milliseconds. */
const LOOK_MS = 3_600_000;

/** A wave, as far as it matters for whether it may go on waiting. */
interface Watched {
  /** It has ended, or has been told to. */
  isOver(): boolean;
  isPaused(): boolean;
  /** One of its gateways waits for people, for a window, or for anything else. */
  isWaiting(): boolean;
  readonly lookMs?: number | undefined;
  stop(): void;
}

/**
 * Only the rollout can tell a wave to go on or to stop: one whose rollout was terminated must not wait for ever. A wave that never waits
 * is not looked after, and costs nothing.
 */
export async function endWhenOrphaned(wave: Watched): Promise<void> {
  const { lookMs = LOOK_MS } = wave;
  await condition(() => wave.isOver() || wave.isPaused() || wave.isWaiting());
  if (wave.isOver()) return;
  if (!patched('orphans-also-while-waiting')) return endWhenPausedAndOrphaned(wave);
  while (!(await condition(() => wave.isOver(), lookMs))) if (await isOrphaned()) wave.stop();
}

/** Whether the rollout of this wave has ended, or was terminated, without it. */
export async function isOrphaned(): Promise<boolean> {
  const { parent } = workflowInfo();
  return parent === undefined || !(await tell(parent.workflowId, stillThereSignal));
}

/** The course of waves that began to wait before others than paused ones were looked after. */
async function endWhenPausedAndOrphaned(wave: Watched): Promise<void> {
  while (!wave.isOver()) {
    await condition(() => wave.isOver() || wave.isPaused());
    if (wave.isOver() || (await condition(() => wave.isOver() || !wave.isPaused(), '1h'))) continue;
    if (!(await tell(workflowInfo().parent?.workflowId ?? '', rolloutControl, {}))) wave.stop();
  }
}

import { appendFileSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { cachedWorkflowBundle } from '../../src/workers/bundle.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const { History } = proto.temporal.api.history.v1;

/** A workflow's recorded history, as the SDK replays it. */
export interface Recorded {
  readonly workflowId: string;
  readonly history: proto.temporal.api.history.v1.IHistory;
}

/** Replays histories with the current workflow code. Returns a sentence for each that this code would have written differently. */
export async function replayAll(recorded: Iterable<Recorded>): Promise<string[]> {
  const code = readFileSync(await cachedWorkflowBundle(), 'utf8');
  const broken: string[] = [];
  for await (const result of Worker.runReplayHistories({ workflowBundle: { code } }, recorded)) {
    if (result.error) broken.push(`${result.workflowId}: ${result.error.message}`);
  }
  return broken;
}

/** With RECORD_HISTORIES=FILE every history is appended there, for the corpus of a release (see CONTRIBUTING.md). */
export function keepHistories(recorded: readonly Recorded[]): void {
  const file = process.env['RECORD_HISTORIES'];
  if (file === undefined) return;
  const test = expect.getState().currentTestName ?? '';
  const lines = recorded.map(({ workflowId, history }) => [
    `${test}: ${workflowId}`,
    Buffer.from(History.encode(history).finish()).toString('base64'),
  ]);
  appendFileSync(file, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
}

/** Histories kept in one file: a line each with the workflow's name and its history as protobuf, gzipped. */
export function readHistories(file: string): Recorded[] {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n').filter(Boolean);
  return lines.map((line) => {
    const [workflowId, history] = JSON.parse(line) as [string, string];
    return { workflowId, history: History.decode(Buffer.from(history, 'base64')) };
  });
}

/** One history of each course: those with the same events, activities, signals and failures in the same order prove the same. */
export function distinct(recorded: readonly Recorded[]): Recorded[] {
  const courses = new Map(recorded.toReversed().map((one) => [courseOf(one), one]));
  return [...courses.values()];
}

function courseOf({ history }: Recorded): string {
  const events = (history.events ?? []).map((event) => [
    event.eventType,
    event.workflowExecutionStartedEventAttributes?.workflowType?.name,
    event.activityTaskScheduledEventAttributes?.activityType?.name,
    event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name,
    event.workflowExecutionSignaledEventAttributes?.signalName,
    event.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type,
  ]);
  return JSON.stringify(events);
}

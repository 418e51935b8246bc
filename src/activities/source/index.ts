import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { SourceActivities } from '../../contract/activities.ts';
import type { Source, Work } from '../../source/source.ts';

/** A host may be silent for longer than a heartbeat may be missing; the calls to it have deadlines of their own. */
const HEARTBEAT_MS = 2_000;

/** The activities of the process that owns the mirrors and the content store. */
export function createSourceActivities(source: Source): SourceActivities {
  return {
    resolveRevision: (input) => alive((work) => source.resolveRevision(input, work)),
    fetch: (input) => alive((work) => source.fetch(input, work)),
    plan: (input) => alive((work) => source.plan(input, work)),
    readWave: (input) => source.readWave(input),
  };
}

/** Heartbeats for as long as the work runs, each with the last progress. */
async function alive<T>(run: (work: Work) => Promise<T>): Promise<T> {
  let progress = '';
  const timer = setInterval(() => heartbeat(progress), HEARTBEAT_MS);
  try {
    return await run({ signal: cancellationSignal(), onProgress: (said) => (progress = said) });
  } finally {
    clearInterval(timer);
  }
}

import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { SourceActivities } from '../../contract/source-activities.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Source } from '../../source/source.ts';
import { whileBeating } from '../beating.ts';
import { ServerClock } from './server-clock.ts';

/** The activities of the process that owns the mirrors and the content store. */
export function createSourceActivities(source: Source): SourceActivities {
  const clock = new ServerClock();
  return {
    resolveRevision: (input) => {
      const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = activityInfo();
      clock.observe(currentAttemptScheduledTimestampMs, performance.now());
      const notBefore = clock.notBefore(scheduledTimestampMs);
      return whileBeating((work) => source.resolveRevision(input, { ...work, notBefore }).catch(handBack));
    },
    fetch: (input) => whileBeating((work) => source.fetch(input, work)),
    plan: (input) => whileBeating((work) => source.plan(input, work)),
    readWave: (input) => source.readWave(input),
  };
}

/**
 * A host that wants to be left alone is waited for by the object's workflow, which hears of pushes, stops and edits meanwhile; an activity
 * that is to be tried again later would keep it from all of them. The source itself keeps the host from being asked too early.
 */
function handBack(error: unknown): never {
  if (!(error instanceof SyncError) || error.retryAfterMs === undefined) throw error;
  throw ApplicationFailure.create({ message: error.message, type: error.reason, nonRetryable: true });
}

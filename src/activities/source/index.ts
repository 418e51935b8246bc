import { activityInfo } from '@temporalio/activity';
import type { SourceActivities } from '../../contract/activities.ts';
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
      return whileBeating((work) => source.resolveRevision(input, { ...work, notBefore }));
    },
    fetch: (input) => whileBeating((work) => source.fetch(input, work)),
    plan: (input) => whileBeating((work) => source.plan(input, work)),
    readWave: (input) => source.readWave(input),
  };
}

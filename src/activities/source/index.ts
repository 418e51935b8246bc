import type { SourceActivities } from '../../contract/activities.ts';
import type { Source } from '../../source/source.ts';
import { whileBeating } from '../beating.ts';

/** The activities of the process that owns the mirrors and the content store. */
export function createSourceActivities(source: Source): SourceActivities {
  return {
    resolveRevision: (input) => whileBeating((work) => source.resolveRevision(input, work)),
    fetch: (input) => whileBeating((work) => source.fetch(input, work)),
    plan: (input) => whileBeating((work) => source.plan(input, work)),
    readWave: (input) => source.readWave(input),
  };
}

import type { SomeFiles } from '../domain/taken.ts';
import type { Taken } from './state.ts';
import type { Survey } from './survey.ts';

/** Files named in an answer. */
const NAMED = 5;

/** These files in few words; undefined when there are none. */
export function someOf(paths: readonly string[]): SomeFiles | undefined {
  return paths.length === 0 ? undefined : { files: paths.length, first: paths.slice(0, NAMED) };
}

/** What carrying out a survey takes from others. */
export function takenBy({ adopted, takenOver, replaced, revived, foreign }: Survey, first: boolean): Taken {
  const overwritten = someOf([...replaced, ...revived]);
  const mirrored = someOf(foreign);
  return {
    ...(first && adopted > 0 && { adopted }),
    ...(takenOver > 0 && { takenOver }),
    ...(overwritten && { overwritten }),
    ...(mirrored && { mirrored }),
  };
}

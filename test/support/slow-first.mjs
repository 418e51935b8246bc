import TestSequencer from '@jest/test-sequencer';

/** The projects whose files take longest, longest first: started last, one of them would run alone at the end. */
const SLOW = ['heavy', 'e2e', 'workflows', 'operator', 'dev'];

/** Runs the files of slow projects first; without this jest goes by size where it has no times of an earlier run, as in a fresh clone. */
export default class SlowFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ context }) => (SLOW.indexOf(context.config.displayName?.name ?? '') + SLOW.length + 1) % (SLOW.length + 1);
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}

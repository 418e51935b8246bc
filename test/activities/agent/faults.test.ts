import { type Work, failEveryWrite } from '../../crash/faults.ts';
import { CODES, MANNERS } from './support/faulty-volume.ts';

/** Every third write fails here, in one way, and all ways take their turn; every way at every write is for `npm run test:heavy`. */
const inTurn = (call: number) => (call % 3 === 0 ? [{ code: CODES[call % CODES.length]!, manner: MANNERS[call % MANNERS.length]! }] : []);

test.each<{ work: Work; atLeast: number }>([
  { work: 'apply', atLeast: 100 },
  { work: 'restore', atLeast: 60 },
  { work: 'recovery', atLeast: 30 },
])(
  'whichever write of the $work the disk refuses, the gateway is wholly old or new, the fault has a name, and all is well once the disk is',
  async ({ work, atLeast }) => {
    const { calls, tried, complaints } = await failEveryWrite(work, inTurn);
    expect(complaints).toEqual([]);
    expect(calls).toBeGreaterThan(atLeast);
    expect(tried).toBe(Math.floor(calls / 3));
  },
  180_000,
);

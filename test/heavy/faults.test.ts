import { WORKS, failEveryWrite } from '../crash/faults.ts';
import { CODES, MANNERS } from '../activities/agent/support/faulty-volume.ts';

const every = CODES.flatMap((code) => MANNERS.map((manner) => ({ code, manner })));

test.each(WORKS.map((work) => ({ work })))(
  'whatever a disk says, and however long, at any write of the $work: the gateway is wholly old or new, and all is well once the disk is',
  async ({ work }) => {
    const { calls, tried, complaints } = await failEveryWrite(work, () => every);
    expect(complaints).toEqual([]);
    expect(tried).toBe(calls * every.length);
  },
  1_200_000,
);

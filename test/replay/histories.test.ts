import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { distinct, readHistories, replayAll } from '../support/histories.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const files = readdirSync(FOLDER);

/** Rollouts live for weeks: what an earlier version began, this one must be able to go on with. */
test.each(files)('every history of %s replays with this code', async (file) => {
  const recorded = distinct(readHistories(join(FOLDER, file)));
  expect(recorded.length).toBeGreaterThan(50);
  expect(await replayAll(recorded)).toEqual([]);
});

test('a history that this code would have written differently is found', async () => {
  const recorded = readHistories(join(FOLDER, files.at(-1)!)).find(({ workflowId }) => workflowId.includes('/canary/'))!;
  const read = recorded.history.events?.find((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'readWave');
  read!.activityTaskScheduledEventAttributes!.activityType!.name = 'anotherActivity';
  expect(await replayAll([recorded])).toEqual([expect.stringMatching(/anotherActivity|ondeterminis/)]);
});

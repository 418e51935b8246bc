import { NAME, type Plant } from '../plant.ts';
import { until } from '../processes.ts';
import type { BadInput } from './cases.ts';
import type { World } from './world.ts';

/** Does what is bad and expects it to be said where people look, with no gateway touched; mends it and expects it to be over. */
export async function expectSaidAndMended(world: World, { bad, reason, says, knownBy, mend, then }: BadInput): Promise<void> {
  const { plant } = world;
  const before = world.everyFile();
  const [stalledSince, generation] = [plant.condition('Stalled')?.lastTransitionTime, plant.sync()!.status!.rollout!.number];
  try {
    await bad(world);
    await plant.until(`Stalled because of ${reason}`, () => {
      const stalled = plant.condition('Stalled');
      return stalled?.status === 'True' && stalled.reason === reason && stalled.lastTransitionTime !== stalledSince;
    });
    const { rollout, observedGeneration } = plant.sync()!.status!;

    // kubectl get, describe and events
    expect(plant.condition('Ready')).toMatchObject({ status: 'False', reason, observedGeneration });
    expect(plant.sync()!.metadata.generation).toBe(observedGeneration);
    const waitingFor = knownBy === 'the object' ? `${reason} to be mended` : 'a new commit or a changed object';
    await plant.until(waitingFor, (sync) => sync?.status?.waitingFor === waitingFor);
    expect(await plant.kubectl(['get', 'isync', NAME])).toMatch(new RegExp(` ${waitingFor} +False `));
    const isSaid = (text: string) => says.filter((part) => !text.replaceAll(/\s+/g, ' ').includes(part));
    expect(isSaid(plant.condition('Ready')!.message)).toEqual([]);
    await until(async () => isSaid(/^Events:[^]*/m.exec(await plant.kubectl(['describe', 'isync', NAME]))?.[0] ?? '').length === 0);

    // the Temporal UI
    const id = knownBy === 'the object' ? plant.workflowId : rollout!.id;
    if (knownBy === 'its rollout') {
      expect(rollout).toMatchObject({ state: 'Failed', reason });
      expect(rollout!.number).toBe(generation + 1);
    } else expect(rollout!.number).toBe(generation);
    expect(isSaid(await currentDetails(plant, id))).toEqual([]);
    expect(await failedActivities(plant, id)).toContain(reason);

    expect(world.everyFile()).toEqual(before);
  } finally {
    await mend(world); // also for the next case
  }
  const commit = await world.head();
  if (knownBy === 'its rollout')
    await plant.until('a rollout of what was mended', (sync) => sync!.status!.rollout!.number > generation + 1);
  await plant.synced(commit);
  expect(plant.condition('Stalled')?.status).toBe('False');
  await then?.(world);
  await plant.synced(commit);
}

/** What the Temporal UI shows at the top of a run. */
async function currentDetails(plant: Plant, workflowId: string): Promise<string> {
  const metadata = await plant.temporal.workflow.getHandle(workflowId).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return (metadata.currentDetails ?? '').replaceAll(/\s+/g, ' ');
}

/** Types of the failures that the Temporal UI shows in red. */
async function failedActivities(plant: Plant, workflowId: string): Promise<string[]> {
  const { events } = await plant.temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) => failed?.failure?.applicationFailureInfo?.type ?? []);
}

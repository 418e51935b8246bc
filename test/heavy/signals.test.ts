import { isFinal } from '../../src/domain/reports.ts';
import { OwnPlant } from '../support/plant.ts';
import { testSignals } from '../support/signals.ts';

describe('said from the Temporal UI, to the run that is open there', () => {
  testSignals(
    () => OwnPlant.start(),
    async (plant, signal, input) => {
      const rollout = plant.sync()?.status?.rollout;
      const id = rollout && !isFinal(rollout.state) ? rollout.id : plant.workflowId;
      await plant.temporal.workflow.getHandle(id).signal(signal, ...(input ? [input] : []));
    },
  );
});

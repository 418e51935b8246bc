import { Plant } from '../support/plant.ts';
import { testSignals } from '../support/signals.ts';

describe('said from the temporal CLI, to the object', () => {
  testSignals(
    () => Plant.shared(),
    (plant, signal, input) => plant.signal(signal, input),
  );
});

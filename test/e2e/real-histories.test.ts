import { Plant } from '../support/plant.ts';
import { type History, replayHistory } from '../support/replay-history.ts';

/** Real repositories, push by push, through a real git server onto three gateways: each byte is accounted for after every push. */
const HISTORIES: readonly History[] = [
  {
    name: 'coffee-lab',
    placed: [
      { source: 'services/ignition/projects', destination: 'projects' },
      { source: 'services/ignition/config', destination: 'config' },
    ],
  },
  {
    name: 'cicd-lab-04',
    placed: [
      { source: 'projects', destination: 'projects' },
      { source: 'services/config', destination: 'config' },
    ],
  },
];

test.each(HISTORIES)(
  'every push of $name is on all gateways byte for byte, deletions included, and nothing else changed',
  async (history) => {
    await replayHistory(history, () => Plant.shared());
  },
  300_000,
);

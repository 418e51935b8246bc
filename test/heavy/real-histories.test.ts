import { OwnPlant } from '../support/plant.ts';
import { type History, replayHistory } from '../support/replay-history.ts';

/** The long ones and the large one: 19,606 files, 46 pushes of one project, three years of shared scripts, seeds of a hub. */
const HISTORIES: readonly History[] = [
  { name: 'openhms', placed: [{ source: 'projects', destination: 'projects' }] },
  { name: 'hub-spoke-seeds', placed: [{ source: 'services/hub/config', destination: 'config' }] },
  { name: 'gateway-utilities', placed: [{ source: 'projects', destination: 'projects' }] },
  {
    name: 'rapid-dev-tools',
    placed: [
      { source: 'project.json', destination: 'projects/rapid/project.json' },
      { source: 'com.inductiveautomation.perspective', destination: 'projects/rapid/com.inductiveautomation.perspective' },
      { source: 'ignition', destination: 'projects/rapid/ignition' },
    ],
  },
];

test.each(HISTORIES)(
  'every push of $name is on all gateways byte for byte, deletions included, and nothing else changed',
  async (history) => {
    await replayHistory(history, () => OwnPlant.start({ patienceMs: 300_000 }));
  },
  1_200_000,
);

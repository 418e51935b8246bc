import type { Change } from '../../../src/agent/change.ts';
import { orderSteps } from '../../../src/agent/order.ts';
import { comparePaths } from '../../../src/domain/manifest.ts';

const file = { sha256: 'a', size: 1, mode: 0o644 };
const found = { ...file, ino: 1, mtimeMs: 1 };
const add = (path: string): Change => ({ path, after: file });
const modify = (path: string): Change => ({ path, before: found, after: file });
const remove = (path: string): Change => ({ path, before: found });

interface Row {
  name: string;
  changes: Change[];
  folders: string[];
  room?: string[];
  keep?: string[];
  steps: string[];
}

test.each<Row>([
  { name: 'nothing to do makes no steps', changes: [], folders: [], steps: [] },
  {
    name: 'payloads come before their manifests, a project’s manifest last of all',
    changes: [
      modify('projects/P/project.json'),
      modify('projects/P/v/resource.json'),
      modify('projects/P/v/view.json'),
      modify('config/resources/core/config-mode.json'),
    ],
    folders: ['projects', 'projects/P', 'projects/P/v', 'config', 'config/resources', 'config/resources/core'],
    steps: [
      'place projects/P/v/view.json',
      'place projects/P/v/resource.json',
      'place config/resources/core/config-mode.json',
      'place projects/P/project.json',
    ],
  },
  {
    name: 'a new project appears by one rename, before anything in existing ones changes',
    changes: [modify('projects/P/a'), add('projects/Q/project.json'), add('projects/Q/v/view.json')],
    folders: ['projects', 'projects/P'],
    steps: ['placeFolder projects/Q', 'place projects/P/a'],
  },
  {
    name: 'deletes come last, manifests first, then the folders that they leave empty, deepest first',
    changes: [
      remove('projects/P/v/resource.json'),
      remove('projects/P/v/view.json'),
      remove('projects/P/project.json'),
      modify('projects/Q/a'),
    ],
    folders: ['projects', 'projects/P', 'projects/P/v', 'projects/Q'],
    steps: [
      'place projects/Q/a',
      'remove projects/P/project.json',
      'remove projects/P/v/resource.json',
      'remove projects/P/v/view.json',
      'removeFolder projects/P/v',
      'removeFolder projects/P',
    ],
  },
  {
    name: 'a file makes room for a folder of its name',
    changes: [remove('projects/P/a'), add('projects/P/a/x'), remove('projects/P/b')],
    folders: ['projects', 'projects/P'],
    steps: ['remove projects/P/a', 'placeFolder projects/P/a', 'remove projects/P/b'],
  },
  {
    name: 'a folder makes room for a file of its name',
    changes: [remove('projects/P/a/x/y'), add('projects/P/a')],
    folders: ['projects', 'projects/P', 'projects/P/a', 'projects/P/a/x'],
    room: ['projects/P/a/x', 'projects/P/a'],
    steps: ['remove projects/P/a/x/y', 'removeFolder projects/P/a/x', 'removeFolder projects/P/a', 'place projects/P/a'],
  },
  {
    name: 'folders that every gateway has stay',
    changes: [remove('config/resources/external/a'), remove('projects/P/a')],
    folders: ['projects', 'projects/P', 'config', 'config/resources', 'config/resources/external'],
    steps: [
      'remove config/resources/external/a',
      'remove projects/P/a',
      'removeFolder config/resources/external',
      'removeFolder projects/P',
    ],
  },
  {
    name: 'folders that shall be there are made, or stay',
    changes: [remove('projects/P/e/a'), remove('projects/P/f')],
    folders: ['projects', 'projects/P', 'projects/P/e'],
    keep: ['projects/P', 'projects/P/e', 'projects/P/empty/deep'],
    steps: ['placeFolder projects/P/empty', 'remove projects/P/e/a', 'remove projects/P/f'],
  },
])('$name', ({ changes, folders, room = [], keep = [], steps }) => {
  const sorted = changes.toSorted((a, b) => comparePaths(a.path, b.path));
  const ordered = [...orderSteps(sorted, { folderExists: (path) => folders.includes(path), room, keep: new Set(keep) })];
  expect(ordered.map((step) => `${step.do} ${step.path}`)).toEqual(steps);
});

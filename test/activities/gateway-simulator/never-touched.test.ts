import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench } from './support/bench.ts';

test.each<{ name: string; make: (dir: string) => void; damage: string[] }>([
  { name: 'ordinary content', make: (dir) => writeFileSync(join(dir, 'plant.json'), '{}'), damage: [] },
  { name: '2.10.2 a database', make: (dir) => writeFileSync(join(dir, 'db/config.idb'), 'x'), damage: ['db/config.idb was written'] },
  {
    name: 'a file that is written back as it was',
    make: (dir) => writeFileSync(join(dir, 'gateway.xml'), readFileSync(join(dir, 'gateway.xml'))),
    damage: ['gateway.xml was written'],
  },
  {
    name: '2.10.1 the cache of projects',
    make: (dir) => rmSync(join(dir, 'projects/.resources'), { recursive: true }),
    damage: [
      'projects/.resources was deleted',
      'projects/.resources/3f was deleted',
      'projects/.resources/3f/9d was deleted',
      'projects/.resources/3f/9d/blob was deleted',
    ],
  },
  {
    name: 'a mode whose name begins like local',
    make: (dir) => {
      mkdirSync(join(dir, 'config/resources/local-development'));
      writeFileSync(join(dir, 'config/resources/local-development/config-mode.json'), '{}');
    },
    damage: [],
  },
  {
    name: '2.10.3 the manifest of local',
    make: (dir) => rmSync(join(dir, 'config/resources/local/config-mode.json')),
    damage: ['config/resources/local/config-mode.json was deleted'],
  },
  {
    name: 'a patch of system-properties',
    make: (dir) => writeFileSync(join(dir, 'config/resources/core/ignition/system-properties/config.json'), '{}'),
    damage: [],
  },
  {
    name: 'the loss of system-properties',
    make: (dir) => rmSync(join(dir, 'config/resources/core/ignition/system-properties/config.json')),
    damage: ['config/resources/core/ignition/system-properties/config.json was deleted'],
  },
  {
    name: '2.10.4 what core writes for itself',
    make: (dir) => writeFileSync(join(dir, 'config/resources/core/ignition/quickstart/config.json'), '{}'),
    damage: ['config/resources/core/ignition/quickstart/config.json was written'],
  },
])('$name: $damage', async ({ make, damage }) => {
  await using bench = new Bench();
  const gateway = await bench.start();
  make(bench.dataDir);
  expect(gateway.damage).toEqual(damage);
});

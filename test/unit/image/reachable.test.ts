import { type Cuts, type InstalledPackage, reachablePackages } from '../../../image/reachable.ts';

test.each<{ name: string; packages: Record<string, InstalledPackage>; cuts: Cuts; found: string[] }>([
  {
    name: 'a package is found beside the one that asks before the one further out',
    packages: {
      'node_modules/a': { dependencies: { b: '2' } },
      'node_modules/a/node_modules/b': {},
      'node_modules/b': {},
    },
    cuts: {},
    found: ['node_modules/a', 'node_modules/a/node_modules/b'],
  },
  {
    name: 'what stands behind a cut is left out unless another path leads there',
    packages: {
      'node_modules/a': { dependencies: { '@s/b': '1', c: '1' } },
      'node_modules/@s/b': { dependencies: { d: '1', e: '1' } },
      'node_modules/c': { dependencies: { e: '1' } },
      'node_modules/d': {},
      'node_modules/e': {},
    },
    cuts: { '@s/b': ['*'] },
    found: ['node_modules/@s/b', 'node_modules/a', 'node_modules/c', 'node_modules/e'],
  },
  {
    name: 'optional dependencies that were not installed, and circles, are no trouble',
    packages: {
      'node_modules/a': { optionalDependencies: { 'other-system': '1' }, peerDependencies: { b: '1' } },
      'node_modules/b': { dependencies: { a: '1' } },
    },
    cuts: {},
    found: ['node_modules/a', 'node_modules/b'],
  },
])('$name', ({ packages, cuts, found }) => {
  expect([...reachablePackages(packages, ['a'], cuts)].sort()).toEqual(found);
});

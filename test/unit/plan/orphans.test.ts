import { plan, type Case } from './support/plan.ts';

const scripts = (destination: string) => [
  { source: 'projects', destination: 'projects' },
  { source: 'shared/scripts', destination },
];
const lib = 'shared/scripts/util/code.py';

test.each<Case & { name: string; warns: (string | RegExp)[] }>([
  {
    name: 'scripts go into a project that was renamed in git',
    tree: ['projects/new/project.json', lib],
    mappings: scripts('projects/old/ignition/script-python'),
    warns: [
      'projects/old gets 1 file and no project.json: a gateway that has no such project ignores them. If the project was renamed in git, correct the destination of SyncProfile p: spec.mappings[1]; else add its project.json.',
    ],
  },
  {
    name: 'the project comes with its manifest, by whatever mapping',
    tree: ['projects/old/project.json', lib],
    mappings: scripts('projects/old/ignition/script-python'),
    warns: [],
  },
  {
    name: 'a folder of projects has one without a manifest',
    tree: ['projects/a/project.json', 'projects/b/x/resource.json'],
    warns: [
      'projects/b gets 1 file and no project.json: a gateway that has no such project ignores them. If the project was renamed in git, correct the destination; else add its project.json.',
    ],
  },
  {
    name: 'a pattern excludes the manifest',
    tree: ['projects/a/project.json', 'projects/a/x', 'projects/a/y'],
    profile: { excludePatterns: ['**/project.json'] },
    warns: [/^projects\/a gets 2 files and no project.json/],
  },
  { name: 'what a gateway passes over anyway is no project', tree: ['projects/.hidden/x'], warns: [] },
  {
    name: 'many projects are named in a few sentences',
    tree: Array.from({ length: 8 }, (_, i) => `projects/p${i}/x`),
    warns: [...Array.from({ length: 5 }, (_, i) => new RegExp(`^projects/p${i} gets`)), 'The same of p5, p6, p7.'],
  },
])('files for a project that the gateway would ignore are named with the fix: $name', ({ warns, ...given }) => {
  expect(plan(given).warnings).toEqual(warns.map((warn) => (typeof warn === 'string' ? warn : (expect.stringMatching(warn) as string))));
});

import { plan, type Case } from './support/plan.ts';

const EXTERNAL = 'config/resources/external';
const MADE = `${EXTERNAL}/config-mode.json`;
const PRODUCTION = 'config/resources/production';

test.each<Case & { name: string; made: string[] }>([
  { name: 'a plan without anything in external makes its manifest', tree: ['projects/p/a'], made: [MADE] },
  {
    name: 'in two-tier mode, too',
    tree: ['s/projects/p/a'],
    gateway: { servicePath: 's' },
    made: [MADE],
  },
  {
    name: 'external resources in two-tier mode without a manifest of their own get one',
    tree: ['s/projects/p/a', `s/${EXTERNAL}/ignition/x/config.json`],
    gateway: { servicePath: 's' },
    made: [MADE],
  },
  { name: 'a mapping onto external without a manifest gets one', tree: [`${EXTERNAL}/ignition/x/config.json`], made: [MADE] },
  { name: 'the manifest of the repository is taken as it is', tree: [MADE], made: [] },
  {
    name: 'the manifest of the repository is taken in two-tier mode',
    tree: ['projects/p/a', MADE],
    gateway: { servicePath: '.' },
    made: [],
  },
  {
    name: 'a repository that spells External its own way gets no second one',
    tree: ['config/resources/External/a/b/c'],
    made: ['config/resources/External/config-mode.json'],
  },
  { name: 'a folder that stands in its place is the repository’s affair', tree: [`${MADE}/x`], made: [] },
  { name: 'an exclude shields the place', tree: ['projects/p/a'], spec: { excludePatterns: ['config/resources/external'] }, made: [] },
  {
    name: 'a mapping onto the folder of a deployment mode without a manifest gets one',
    tree: ['m/ignition/x/config.json', MADE],
    mappings: [
      { source: MADE, destination: `${EXTERNAL}/` },
      { source: 'm', destination: PRODUCTION },
    ],
    made: [`${PRODUCTION}/config-mode.json`],
  },
  {
    name: 'an overlay that becomes a collection without a manifest gets one',
    tree: ['projects/p/a', 'm/ignition/x/config.json'],
    mappings: [{ source: 'projects', destination: 'projects' }],
    profile: { deploymentMode: { name: 'production', source: 'm', into: 'collection' } },
    made: [MADE, `${PRODUCTION}/config-mode.json`],
  },
  {
    name: 'a mapping below the folder of a mode makes no mode of it',
    tree: ['m/config.json'],
    mappings: [{ source: 'm', destination: `${PRODUCTION}/ignition/x` }],
    made: [MADE],
  },
  {
    name: 'a whole config that holds any folder makes no mode of it',
    tree: [`${PRODUCTION}/a/b/c`],
    made: [MADE],
  },
  {
    name: 'core is the gateway’s own',
    tree: ['c/a/b/c'],
    mappings: [{ source: 'c', destination: 'config/resources/core' }],
    made: [MADE],
  },
  {
    name: 'a source that is not there makes no mode',
    tree: ['projects/p/a'],
    mappings: [
      { source: 'projects', destination: 'projects' },
      { source: 'm', destination: PRODUCTION, required: false },
    ],
    made: [MADE],
  },
])('$name', ({ made, ...given }) => {
  expect(plan(given).fallbacks.map(({ path }) => path)).toEqual(made);
});

test('what is made is what a gateway writes: external below system, a mode below core, both enabled and inheritable', () => {
  const { fallbacks } = plan({ tree: ['m/a'], mappings: [{ source: 'm', destination: PRODUCTION }] });
  const common = { description: '', enabled: true, inheritable: true };
  expect(fallbacks.map(({ text }) => JSON.parse(text) as unknown)).toEqual([
    { title: 'External', ...common, parent: 'system' },
    { title: 'production', ...common, parent: 'core' },
  ]);
  expect(fallbacks[0]?.text).toBe(
    '{\n  "title": "External",\n  "description": "",\n  "enabled": true,\n  "inheritable": true,\n  "parent": "system"\n}\n',
  );
});

test('only a collection that the commit brings without its manifest is worth a note', () => {
  expect(plan({ tree: ['projects/p/a'] }).notes).toEqual([]);
  expect(plan({ tree: [`${EXTERNAL}/a/b/c`] }).notes).toEqual([
    `${EXTERNAL} comes without its config-mode.json: a minimal one is made on gateways that have none, and stays.`,
  ]);
});

import { origins, paths, plan, refusal, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';

test.each([
  { path: 'projects/p/view.json', stays: false },
  { path: 'factory-config.json', stays: false },
  { path: `${CORE}/ignition/database-connection/db/config.json`, stays: false },
  { path: `${CORE}/ignition/user-source/plant/users.json`, stays: false },
  { path: 'config/resources/production/config-mode.json', stays: false },
  { path: `${CORE}/ignition/api-token/deploy/config.json`, stays: true },
  { path: `${CORE}/ignition/user-source/default/users.json`, stays: true },
  { path: `${CORE}/ignition/tag-definition/MQTT Engine/tags.json`, stays: true },
  { path: `${CORE}/ignition/system-properties/config.json`, stays: true },
  { path: 'config/resources/production/ignition/system-properties/config.json', stays: true },
  { path: `${CORE}/config-mode.json`, stays: true },
  { path: 'config/resources/external/config-mode.json', stays: true },
  { path: 'projects/shielded/view.json', stays: true },
])('$path, once ours and in no mapping any more, stays on the gateway: $stays', ({ path, stays }) => {
  const { releases } = plan({ tree: ['projects/p/a'], spec: { excludePatterns: ['projects/shielded/'] } });
  expect(releases(path)).toBe(stays);
});

test.each<Case & { name: string; lands: Record<string, string>; notes?: RegExp[]; warnings?: RegExp[] }>([
  {
    name: 'an overlay that is not required and not there is skipped with a note',
    tree: ['core/a'],
    mappings: [{ source: 'core', destination: CORE }],
    profile: { deploymentMode: { name: 'prd', source: 'over', required: false } },
    lands: { [`${CORE}/a`]: 'core/a' },
    notes: [/^SyncProfile p: spec\.deploymentMode: skipped, the commit has no over\.$/],
  },
  {
    name: 'an overlay that becomes a collection brings its own manifest, leaves core alone and comes after the mappings',
    tree: ['core/a', 'core/config-mode.json', 'own/a', 'over/a', 'over/config-mode.json'],
    mappings: [
      { source: 'core', destination: CORE },
      { source: 'own', destination: 'config/resources/prd' },
    ],
    profile: { deploymentMode: { name: 'prd', source: 'over', into: 'collection' } },
    lands: {
      [`${CORE}/a`]: 'core/a',
      [`${CORE}/config-mode.json`]: 'core/config-mode.json',
      'config/resources/prd/a': 'over/a',
      'config/resources/prd/config-mode.json': 'over/config-mode.json',
    },
    warnings: [/^SyncProfile p: spec\.deploymentMode replaces 1 file of SyncProfile p: spec\.mappings\[1\]/],
  },
  {
    name: 'an overlay on core never brings its manifest, also where core has none',
    tree: ['core/a', 'over/config-mode.json', 'over/b'],
    mappings: [{ source: 'core', destination: CORE }],
    profile: { deploymentMode: { name: 'prd', source: 'over' } },
    lands: { [`${CORE}/a`]: 'core/a', [`${CORE}/b`]: 'over/b' },
    notes: [/^left out config-mode\.json of the overlay over: core keeps its own\.$/],
  },
  {
    name: 'what hides behind a dot, and system, are no collections',
    tree: ['config/resources/.hidden/x', 'config/resources/System/x', 'config/resources/prd/x'],
    lands: { 'config/resources/prd/x': 'config/resources/prd/x' },
    notes: [/^left out 2 files .*config\/resources\/\.hidden, config\/resources\/System/],
  },
  {
    name: 'a directory onto a destination with a slash keeps no name of its own',
    tree: ['scripts/project.json'],
    mappings: [{ source: 'scripts', destination: 'projects/p/' }],
    lands: { 'projects/p/project.json': 'scripts/project.json' },
  },
])('$name', ({ lands, notes, warnings = [], ...given }) => {
  const planned = plan(given);
  expect(origins(planned)).toEqual(lands);
  if (notes) expect(planned.notes).toEqual(notes.map((note) => expect.stringMatching(note) as string));
  expect(planned.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning) as string));
});

test.each<Case & { name: string; says: RegExp }>([
  ...['{{ Labels.area }}', 'projects/{{ Labels.area }}', 'projects/{{ Labels.area }}/views'].map((destination) => ({
    name: `the destination ${destination} where the label is empty`,
    tree: ['a/x'],
    mappings: [{ source: 'a', destination }],
    gateway: { labels: { area: '' } },
    says: /^TemplateFailed: SyncProfile p: spec\.mappings\[0\]\.destination .*is empty for this gateway/,
  })),
  ...['{{ Labels.area }}', 'sites/{{ Labels.area }}/projects'].map((source) => ({
    name: `the source ${source} where the label is empty, which would be all of the repository or more of it`,
    tree: ['sites/a/projects/x', 'secret'],
    mappings: [{ source, destination: 'projects' }],
    gateway: { labels: { area: '' } },
    says: /^TemplateFailed: SyncProfile p: spec\.mappings\[0\]\.source .*is empty for this gateway/,
  })),
  {
    name: 'a value with a backslash, which leads out on another platform',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: 'projects/{{ Labels.area }}' }],
    gateway: { labels: { area: '..\\..\\db' } },
    says: /^PathNotAllowed: .*contains a backslash/,
  },
  {
    name: 'the data of git itself as a source: it is in no commit',
    tree: ['projects/p/a'],
    mappings: [{ source: '.git/config', destination: 'x.json' }],
    says: /^SourceNotFound: .*the commit has no \.git\/config/,
  },
  {
    name: 'names of two mappings that differ in case',
    tree: ['a/View.json', 'b/view.json'],
    mappings: ['a', 'b'].map((source) => ({ source, destination: 'projects/p' })),
    says: /^NameCollision: "projects\/p\/View\.json" and "projects\/p\/view\.json"/,
  },
  {
    name: 'a collection that two mappings spell in two ways',
    tree: ['a/x', 'b/y'],
    mappings: [
      { source: 'a', destination: 'config/resources/Production' },
      { source: 'b', destination: 'config/resources/production' },
    ],
    says: /^NameCollision: "config\/resources\/Production" and "config\/resources\/production"/,
  },
])('refused: $name', ({ says, ...given }) => {
  expect(refusal(() => plan(given))).toMatch(says);
});

test('every config.json that has the key is normalised where the profile says so, else only system-properties', () => {
  const tree = [`${CORE}/ignition/system-properties/config.json`, `${CORE}/ignition/x/config.json`, `${CORE}/ignition/x/resource.json`];
  const edited = (everyConfig: boolean): string[] =>
    plan({ tree, profile: { normalize: { systemName: '{{ GatewayName }}', everyConfig } } })
      .files.filter(({ edits }) => edits)
      .map(({ path }) => path)
      .sort();
  expect(edited(false)).toEqual([tree[0]]);
  expect(edited(true)).toEqual([tree[0], tree[1]]);
});

test('two plans of one commit, one with a mapping less, differ by exactly its files', () => {
  const both = ['a', 'b'].map((source) => ({ source, destination: `projects/${source}` }));
  const tree = ['a/x', 'a/y', 'b/z'];
  expect(paths(plan({ tree, mappings: both }))).toEqual(['projects/a/x', 'projects/a/y', 'projects/b/z']);
  expect(paths(plan({ tree, mappings: both.slice(1) }))).toEqual(['projects/b/z']);
});

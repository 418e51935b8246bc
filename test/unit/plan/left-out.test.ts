import { paths, plan, refusal, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';

test.each<Case & { name: string; lands: string[]; notes: RegExp[] }>([
  {
    name: '2.10.2 all of a repository is narrowed to what may be synced',
    tree: [
      'README.md',
      'docs/a',
      'docs/b',
      'projects/p/project.json',
      'config/resources/core/config-mode.json',
      'config/resources/readme.txt',
      'config/resources/local/x',
      'config/local/uuid',
      'config/resources/.resources/a',
      'db/config.idb',
      'modules.json',
    ],
    lands: ['config/resources/core/config-mode.json', 'projects/p/project.json'],
    notes: [
      /^left out 9 files outside .*: README\.md, config\/local, config\/resources\/\.resources, config\/resources\/local, config\/resources\/readme\.txt and 3 more\./,
    ],
  },
  {
    name: '2.10.3 config is narrowed to its collections',
    tree: ['c/resources/core/a', 'c/resources/production/a', 'c/ignition/keys/root.json', 'c/resources/Local/x', 'c/resources/system/y'],
    mappings: [{ source: 'c', destination: 'config' }],
    lands: ['config/resources/core/a', 'config/resources/production/a'],
    notes: [/^left out 3 files .*config\/ignition, config\/resources\/Local, config\/resources\/system/],
  },
  {
    name: '2.10.1 projects is narrowed by its object store',
    tree: ['projects/.resources/ab', 'projects/p/.resources/cd', 'projects/p/db/code.py'],
    mappings: [{ source: 'projects', destination: 'projects' }],
    lands: ['projects/p/db/code.py'],
    notes: [/^left out 2 files .*projects\/\.resources, projects\/p\/\.resources/],
  },
  {
    name: '2.10.4 what each gateway writes for itself is left out with a count',
    tree: [
      `${CORE}/ignition/api-token/t/config.json`,
      `${CORE}/ignition/api-token/t/resource.json`,
      `${CORE}/ignition/user-source/default/users.json`,
      `${CORE}/ignition/user-source/plant/users.json`,
    ],
    lands: [`${CORE}/ignition/user-source/plant/users.json`],
    notes: [/^left out 3 files that each gateway writes for itself: .*api-token \(2\), .*user-source\/default;/],
  },
  {
    name: 'a mapping at the resource takes it',
    tree: ['core/ignition/api-token/t/config.json', 'core/x'],
    mappings: [
      { source: 'core', destination: CORE },
      { source: 'core/ignition/api-token', destination: `${CORE}/ignition/api-token` },
    ],
    lands: [`${CORE}/ignition/api-token/t/config.json`, `${CORE}/x`],
    notes: [],
  },
  {
    name: 'a file mapping below the resource takes that file only',
    tree: ['u/users.json', 'core/ignition/user-source/default/config.json'],
    mappings: [
      { source: 'core', destination: CORE },
      { source: 'u/users.json', destination: `${CORE}/ignition/user-source/default/` },
    ],
    lands: [`${CORE}/ignition/user-source/default/users.json`],
    notes: [/^left out 1 file that each gateway writes/],
  },
  {
    name: 'a mapping above the resource does not take it',
    tree: ['us/default/users.json', 'us/plant/users.json'],
    mappings: [{ source: 'us', destination: `${CORE}/ignition/user-source` }],
    lands: [`${CORE}/ignition/user-source/plant/users.json`],
    notes: [/^left out 1 file that each gateway writes/],
  },
  {
    name: 'managed tag providers are left out of every type, a folder of that name elsewhere is not',
    tree: [
      'tag-definition/System/x',
      'tag-provider/System/config.json',
      'tag-definition/MQTT Engine/x',
      'tag-definition/default/System/tags.json',
    ].map((path) => `${CORE}/ignition/${path}`),
    lands: [`${CORE}/ignition/tag-definition/default/System/tags.json`],
    notes: [/^left out 3 files of tag providers that the gateway generates/],
  },
  {
    name: 'a managed tag provider that a mapping names is taken',
    tree: ['mqtt/tags.json'],
    mappings: [{ source: 'mqtt', destination: `${CORE}/ignition/tag-definition/MQTT Engine` }],
    lands: [`${CORE}/ignition/tag-definition/MQTT Engine/tags.json`],
    notes: [],
  },
  {
    name: 'system-properties is always left out, also where a mapping names it',
    tree: [
      'sp/config.json',
      `${CORE}/ignition/system-properties/config.json`,
      'config/resources/production/ignition/system-properties/config.json',
    ],
    mappings: [
      { source: '.', destination: '.' },
      { source: 'sp', destination: `${CORE}/ignition/system-properties` },
    ],
    lands: [],
    notes: [/^left out 1 file outside/, /^left out 2 files that hold each gateway's own systemName/],
  },
  {
    name: '2.10.7 reports are left out anywhere',
    tree: ['projects/conversion-report.txt', 'config/resources/core/migration-log-1.md', 'projects/p/a'],
    lands: ['projects/p/a'],
    notes: [/^left out 2 files that are conversion or migration reports/],
  },
  {
    name: 'content that cannot be synced does not matter where it is left out or excluded',
    tree: [
      'docs/link@120000',
      '.git/config',
      'config/resources/local/sub@160000',
      'projects/p/link@120000',
      'projects/p/.git/x',
      'projects/p/a',
    ],
    spec: { excludePatterns: ['projects/**/link', 'projects/**/.git'] },
    lands: ['projects/p/a'],
    notes: [/^left out 3 files/, /^excluded 2 files by pattern/],
  },
])('$name', ({ lands, notes, ...given }) => {
  const planned = plan(given);
  expect(paths(planned)).toEqual([...lands].sort());
  expect(planned.notes).toEqual(notes.map((note) => expect.stringMatching(note) as string));
});

const long = (length: number): string => 'ä'.repeat(Math.floor(length / 2)) + (length % 2 ? 'x' : '');

test.each<Case & { name: string; says: RegExp }>([
  {
    name: '2.10.5 a link',
    tree: ['projects/p/l@120000'],
    says: /^UnsupportedContent: .*spec\.mappings\[0\]: "projects\/p\/l" is a symbolic link/,
  },
  { name: 'a submodule', tree: ['projects/p/s@160000'], says: /^UnsupportedContent: .*"projects\/p\/s" is a submodule/ },
  {
    name: 'a .git folder',
    tree: ['projects/p/.Git/config'],
    says: /^UnsupportedContent: .*"projects\/p\/\.Git\/config" lies in a folder named \.git/,
  },
  { name: 'a name of 256 bytes', tree: [`projects/${long(256)}`], says: /^UnsupportedContent: .*a name longer than 255 bytes/ },
  {
    name: 'a path of more than 4096 bytes',
    tree: [`projects/${`${long(254)}/`.repeat(17)}x`],
    says: /^UnsupportedContent: .*a path longer than 4096 bytes/,
  },
  {
    name: 'names that differ in case',
    tree: ['projects/p/View.json', 'projects/p/view.json'],
    says: /^NameCollision: "projects\/p\/View\.json" and "projects\/p\/view\.json" differ only in upper and lower case/,
  },
  { name: 'folders that differ in case', tree: ['projects/P/a', 'projects/p/b'], says: /^NameCollision: "projects\/P" and "projects\/p"/ },
  { name: 'a folder and a file that differ in case', tree: ['projects/p/A', 'projects/p/a/x'], says: /^NameCollision/ },
  {
    name: 'names that differ in composition',
    tree: ['projects/p/caf\u00e9', 'projects/p/cafe\u0301'],
    says: /^NameCollision: .* the way accents are encoded/,
  },
])('refused: $name', ({ says, ...given }) => {
  expect(refusal(() => plan(given))).toMatch(says);
});

test('a name of 255 bytes and a path of 4096 bytes are taken', () => {
  const path = `projects/${`${long(254)}/`.repeat(16)}${'x'.repeat(7)}`;
  expect(Buffer.byteLength(path)).toBe(4096);
  expect(paths(plan({ tree: [`projects/${long(255)}`, path] }))).toHaveLength(2);
});

test('names that would collide may be kept apart by an exclude', () => {
  expect(paths(plan({ tree: ['projects/p/View', 'projects/p/view'], spec: { excludePatterns: ['projects/p/View'] } }))).toEqual([
    'projects/p/view',
  ]);
});

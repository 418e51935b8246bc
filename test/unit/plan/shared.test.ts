import { origins, paths, plan, refusal, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';
const EXTERNAL = 'config/resources/external';
const UDTS = `${CORE}/ignition/tag-type-definition`;
const PROVIDER = 'ignition-sync.io/tag-provider';
const S = 'IgnitionSync: spec.shared';
const SCRIPTS = { source: 'lib', destination: 'ignition/script-python/exchange' };
const shared = (parts: Record<string, unknown>): { spec: Record<string, unknown> } => ({ spec: { shared: parts } });
const PROJECTS = { mappings: [{ source: 'projects', destination: 'projects' }] };

test.each<Case & { name: string; lands: Record<string, string> }>([
  {
    name: 'external resources land in external, with a profile',
    tree: ['projects/p/a', 'ext/config-mode.json', 'ext/ignition/x/config.json'],
    ...PROJECTS,
    ...shared({ externalResources: { source: './ext/' } }),
    lands: {
      'projects/p/a': 'projects/p/a',
      [`${EXTERNAL}/config-mode.json`]: 'ext/config-mode.json',
      [`${EXTERNAL}/ignition/x/config.json`]: 'ext/ignition/x/config.json',
    },
  },
  {
    name: 'scripts land in each project of the gateway, and in nothing else below projects',
    tree: ['projects/p/a', 'projects/q/project.json', 'projects/.gitkeep', 'projects/.idea/x', 'lib/code.py'],
    ...PROJECTS,
    ...shared({ scripts: [SCRIPTS] }),
    lands: {
      'projects/p/a': 'projects/p/a',
      'projects/q/project.json': 'projects/q/project.json',
      'projects/.gitkeep': 'projects/.gitkeep',
      'projects/.idea/x': 'projects/.idea/x',
      'projects/p/ignition/script-python/exchange/code.py': 'lib/code.py',
      'projects/q/ignition/script-python/exchange/code.py': 'lib/code.py',
    },
  },
  {
    name: 'scripts land only in the projects that are named',
    tree: ['projects/p/a', 'projects/area-1/a', 'lib/code.py'],
    ...PROJECTS,
    gateway: { name: 'area-1' },
    ...shared({ scripts: [{ ...SCRIPTS, projects: ['{{ GatewayName }}', 'elsewhere'] }] }),
    lands: {
      'projects/p/a': 'projects/p/a',
      'projects/area-1/a': 'projects/area-1/a',
      'projects/area-1/ignition/script-python/exchange/code.py': 'lib/code.py',
    },
  },
  ...[
    { name: 'of the provider default where nobody says', gateway: {}, udts: { source: 'udts' }, provider: 'default' },
    {
      name: 'of the provider that the pod names',
      gateway: { annotations: { [PROVIDER]: ' plant ' } },
      udts: { source: 'udts' },
      provider: 'plant',
    },
    {
      name: 'of the provider that the object names, whatever the pod says',
      gateway: { annotations: { [PROVIDER]: 'plant' } },
      udts: { source: 'udts', tagProvider: '{{ GatewayName }} tags' },
      provider: 'gw tags',
    },
    {
      name: 'of a managed provider that is named',
      gateway: {},
      udts: { source: 'udts', tagProvider: 'MQTT Engine' },
      provider: 'MQTT Engine',
    },
  ].map(({ name, gateway, udts, provider }) => ({
    name: `UDTs ${name}`,
    tree: ['projects/p/a', 'udts/Motor/udts.json'],
    ...PROJECTS,
    gateway,
    ...shared({ udts: [udts] }),
    lands: { 'projects/p/a': 'projects/p/a', [`${UDTS}/${provider}/Motor/udts.json`]: 'udts/Motor/udts.json' },
  })),
  {
    name: 'additional files land under the name that is given, or keep their own',
    tree: ['projects/p/a', 'shared/f.json', 'shared/gw.json'],
    ...PROJECTS,
    ...shared({
      additionalFiles: [
        { source: 'shared/f.json', destination: 'factory-config.json' },
        { source: 'shared/{{ GatewayName }}.json', destination: 'projects/p/' },
      ],
    }),
    lands: { 'projects/p/a': 'projects/p/a', 'factory-config.json': 'shared/f.json', 'projects/p/gw.json': 'shared/gw.json' },
  },
  {
    name: 'an overlay comes after what is shared, with a profile',
    tree: ['core/a', 'udts/Motor/udts.json', `over/ignition/tag-type-definition/default/Motor/udts.json`],
    mappings: [{ source: 'core', destination: CORE }],
    profile: { deploymentMode: { name: 'prd', source: 'over' } },
    ...shared({ udts: [{ source: 'udts' }] }),
    lands: {
      [`${CORE}/a`]: 'core/a',
      [`${UDTS}/default/Motor/udts.json`]: 'over/ignition/tag-type-definition/default/Motor/udts.json',
    },
  },
  {
    name: 'what is shared comes after the mappings of a profile',
    tree: ['own/a', 'own/b', 'ext/a'],
    mappings: [{ source: 'own', destination: EXTERNAL }],
    ...shared({ externalResources: { source: 'ext' } }),
    lands: { [`${EXTERNAL}/a`]: 'ext/a', [`${EXTERNAL}/b`]: 'own/b' },
  },
  {
    name: 'excludes shield what is shared, too',
    tree: ['projects/p/a', 'projects/q/a', 'lib/code.py', 'lib/test.py'],
    ...PROJECTS,
    spec: { shared: { scripts: [SCRIPTS] }, excludePatterns: ['projects/q/ignition', '**/test.py'] },
    lands: {
      'projects/p/a': 'projects/p/a',
      'projects/q/a': 'projects/q/a',
      'projects/p/ignition/script-python/exchange/code.py': 'lib/code.py',
    },
  },
])('$name', ({ lands, ...given }) => {
  expect(origins(plan(given))).toEqual(lands);
});

test.each<Case & { name: string; says: RegExp }>([
  {
    name: 'a source that the commit has not',
    tree: ['projects/p/a'],
    ...shared({ externalResources: { source: 'ext' } }),
    says: /^SourceNotFound: IgnitionSync: spec\.shared\.externalResources\.source: the commit has no ext\. .*or set required: false/,
  },
  {
    name: 'scripts without a source, also where no project would get them',
    tree: ['x'],
    mappings: [{ source: 'x', destination: 'x.json' }],
    ...shared({ scripts: [SCRIPTS] }),
    says: /^SourceNotFound: IgnitionSync: spec\.shared\.scripts\[0\]\.source: the commit has no lib/,
  },
  {
    name: 'a file where a directory of scripts is wanted',
    tree: ['projects/p/a', 'lib'],
    ...shared({ scripts: [SCRIPTS] }),
    says: /^InvalidProfile: IgnitionSync: spec\.shared\.scripts\[0\]\.source "lib" is a file/,
  },
  {
    name: 'a directory as additional file',
    tree: ['projects/p/a', 'd/x'],
    ...shared({ additionalFiles: [{ source: 'd', destination: 'x.json' }] }),
    says: /^InvalidProfile: IgnitionSync: spec\.shared\.additionalFiles\[0\]\.source "d" is a directory/,
  },
  {
    name: 'scripts that leave their project',
    tree: ['projects/p/a', 'lib/x'],
    ...shared({ scripts: [{ source: 'lib', destination: '../../db' }] }),
    says: /^PathNotAllowed: IgnitionSync: spec\.shared\.scripts\[0\]\.destination "\.\.\/\.\.\/db" contains "\.\."/,
  },
  {
    name: 'scripts in the object store of a project',
    tree: ['projects/p/a', 'lib/x'],
    ...shared({ scripts: [{ source: 'lib', destination: '.resources/x' }] }),
    says: /^PathNotAllowed: IgnitionSync: spec\.shared\.scripts\[0\]\.destination "\.resources\/x" lies in/,
  },
  {
    name: 'an additional file that a gateway reserves',
    tree: ['projects/p/a', 'm.json'],
    ...shared({ additionalFiles: [{ source: 'm.json', destination: 'modules.json' }] }),
    says: /^PathNotAllowed: IgnitionSync: spec\.shared\.additionalFiles\[0\]\.destination "modules\.json" is a place of modules: modules belong to the image/,
  },
  {
    name: 'a tag provider that is a path',
    tree: ['projects/p/a', 'u/x'],
    gateway: { annotations: { [PROVIDER]: '../System' } },
    ...shared({ udts: [{ source: 'u' }] }),
    says: /^InvalidSpec: annotation ignition-sync\.io\/tag-provider "\.\.\/System" is not the name of a tag provider/,
  },
  {
    name: 'a tag provider that renders to a path',
    tree: ['projects/p/a', 'u/x'],
    gateway: { labels: { p: '..' } },
    ...shared({ udts: [{ source: 'u', tagProvider: '{{ Labels.p }}' }] }),
    says: /^InvalidSpec: IgnitionSync: spec\.shared\.udts\[0\]\.tagProvider "\.\."/,
  },
  {
    name: 'a path that renders empty',
    tree: ['projects/p/a'],
    gateway: { labels: { area: '' } },
    ...shared({ scripts: [{ source: '{{ Labels.area }}', destination: 'x' }] }),
    says: /^TemplateFailed: IgnitionSync: spec\.shared\.scripts\[0\]\.source .*is empty for this gateway/,
  },
  {
    name: 'a variable that nobody knows',
    tree: ['projects/p/a'],
    ...shared({ additionalFiles: [{ source: 'a', destination: '{{ Nope }}.json' }] }),
    says: /^TemplateFailed: IgnitionSync: spec\.shared\.additionalFiles\[0\]\.destination .*Nope/,
  },
  {
    name: 'a link among what is shared',
    tree: ['projects/p/a', 'lib/l@120000'],
    ...shared({ scripts: [SCRIPTS] }),
    says: /^UnsupportedContent: IgnitionSync: spec\.shared\.scripts\[0\]: "lib\/l" is a symbolic link/,
  },
])('refused: $name', ({ says, ...given }) => {
  expect(refusal(() => plan(given))).toMatch(says);
});

test('what is not required and not there is skipped with a note each', () => {
  const optional = { required: false };
  const planned = plan({
    tree: ['projects/p/a'],
    ...PROJECTS,
    ...shared({
      externalResources: { source: 'ext', ...optional },
      scripts: [{ ...SCRIPTS, ...optional }],
      udts: [{ source: 'udts', ...optional }],
      additionalFiles: [{ source: 'f', destination: 'f', ...optional }],
    }),
  });
  expect(paths(planned)).toEqual(['projects/p/a']);
  expect(planned.notes).toEqual([
    `${S}.externalResources: skipped, the commit has no ext.`,
    `${S}.scripts[0]: skipped, the commit has no lib.`,
    `${S}.udts[0]: skipped, the commit has no udts.`,
    `${S}.additionalFiles[0]: skipped, the commit has no f.`,
  ]);
  expect(planned.mappings.slice(1).every(({ absent, brought }) => absent && brought === 0)).toBe(true);
});

test('scripts for a gateway without such a project are skipped with a note', () => {
  const { notes } = plan({ tree: ['projects/p/a', 'lib/x'], ...PROJECTS, ...shared({ scripts: [{ ...SCRIPTS, projects: ['q'] }] }) });
  expect(notes).toEqual([`${S}.scripts[0]: skipped, this gateway gets no such project.`]);
});

test('what replaces files of another mapping is warned of with both names', () => {
  const { warnings } = plan({
    tree: [
      'projects/p/project.json',
      'projects/p/lib/code.py',
      'projects/q/project.json',
      'projects/q/lib/code.py',
      'one/code.py',
      'two/code.py',
    ],
    ...PROJECTS,
    ...shared({
      scripts: [
        { source: 'one', destination: 'lib', projects: ['p'] },
        { source: 'two', destination: 'lib' },
      ],
    }),
  });
  expect(warnings).toEqual([
    `${S}.scripts[0] replaces 1 file of SyncProfile p: spec.mappings[0], such as projects/p/lib/code.py: the later mapping wins.`,
    `${S}.scripts[1] replaces 1 file of ${S}.scripts[0], such as projects/p/lib/code.py: the later mapping wins.`,
    `${S}.scripts[1] replaces 1 file of SyncProfile p: spec.mappings[0], such as projects/q/lib/code.py: the later mapping wins.`,
  ]);
});

test.each([
  { name: 'nothing shared', parts: {}, why: 'its IgnitionSync has no spec.shared.udts' },
  {
    name: 'UDTs that name their own',
    parts: { shared: { udts: [{ source: 'u', tagProvider: 'a' }] } },
    why: 'every one of spec.shared.udts names its own tagProvider',
  },
])('a tag provider of a pod that finds $name is warned of', ({ parts, why }) => {
  const planned = plan({ tree: ['projects/p/project.json', 'u/x'], gateway: { annotations: { [PROVIDER]: 'plant' } }, spec: parts });
  expect(planned.warnings).toEqual([`annotation ${PROVIDER} ("plant") has no effect: ${why}.`]);
});

test('each project counts for itself when its scripts are gone', () => {
  const { mappings } = plan({
    tree: ['projects/p/a', 'projects/q/a', 'lib/code.py'],
    ...PROJECTS,
    spec: { shared: { scripts: [SCRIPTS] }, excludePatterns: ['**/code.py'] },
  });
  expect(mappings.slice(1)).toEqual(
    ['p', 'q'].map((name) => ({
      field: `${S}.scripts[0]`,
      destination: `projects/${name}/ignition/script-python/exchange`,
      brought: 0,
      absent: false,
    })),
  );
});

test('shared resources do not hide that a service path is wrong', () => {
  const given = { tree: ['services/site/projects/p/a', 'ext/a/b'], gateway: { servicePath: 'services/sight' } };
  expect(refusal(() => plan({ ...given, ...shared({ externalResources: { source: 'ext' } }) }))).toMatch(
    /^SourceNotFound: service path .*"services\/sight"/,
  );
});

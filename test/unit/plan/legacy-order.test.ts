import { origins, paths, plan, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';
const EXTERNAL = 'config/resources/external';
const UDTS = 'ignition/tag-type-definition/default/Motor/udts.json';

/** A gateway in two-tier mode with every step of the script that users come from. */
const STEPS = {
  gateway: { servicePath: 's', deploymentMode: 'prd', annotations: {} },
  shared: {
    externalResources: { source: 'shared/external', required: false },
    scripts: [{ source: 'shared/scripts', destination: 'ignition/script-python/lib', required: false }],
    udts: [{ source: 'shared/udts', required: false }],
    additionalFiles: [{ source: 'shared/file', destination: `${CORE}/${UDTS}`, required: false }],
  },
};

/** What each step brings, in order; two steps that can bring the same place show which comes later. */
test.each<{ name: string; tree: string[]; lands: Record<string, string>; spec?: Record<string, unknown> }>([
  {
    name: '1 projects',
    tree: ['s/projects/p/project.json'],
    lands: { 'projects/p/project.json': 's/projects/p/project.json' },
  },
  { name: '2 core configuration', tree: [`s/${CORE}/a`], lands: { [`${CORE}/a`]: `s/${CORE}/a` } },
  {
    name: '3 the overlay comes after core',
    tree: [`s/${CORE}/a`, 's/overlays/prd/a'],
    lands: { [`${CORE}/a`]: 's/overlays/prd/a' },
  },
  {
    name: '3 the overlay brings what core has not, and a folder over a file',
    tree: [`s/${CORE}/a`, 's/overlays/prd/a/b', 's/overlays/prd/c'],
    lands: { [`${CORE}/a/b`]: 's/overlays/prd/a/b', [`${CORE}/c`]: 's/overlays/prd/c' },
  },
  {
    name: '4 shared external resources come after those of the service path',
    tree: [`s/${CORE}/a`, `s/${EXTERNAL}/ignition/x`, `s/${EXTERNAL}/ignition/y`, 'shared/external/ignition/x'],
    lands: {
      [`${CORE}/a`]: `s/${CORE}/a`,
      [`${EXTERNAL}/ignition/x`]: 'shared/external/ignition/x',
      [`${EXTERNAL}/ignition/y`]: `s/${EXTERNAL}/ignition/y`,
    },
  },
  {
    name: '5 scripts come after projects, into each of them',
    tree: [
      's/projects/p/ignition/script-python/lib/code.py',
      's/projects/p/ignition/script-python/own/code.py',
      's/projects/q/project.json',
      'shared/scripts/code.py',
    ],
    lands: {
      'projects/p/ignition/script-python/lib/code.py': 'shared/scripts/code.py',
      'projects/p/ignition/script-python/own/code.py': 's/projects/p/ignition/script-python/own/code.py',
      'projects/q/project.json': 's/projects/q/project.json',
      'projects/q/ignition/script-python/lib/code.py': 'shared/scripts/code.py',
    },
  },
  {
    name: '6 UDTs come after the overlay',
    tree: [`s/${CORE}/${UDTS}`, `s/overlays/prd/${UDTS}`, 'shared/udts/Motor/udts.json'],
    lands: { [`${CORE}/${UDTS}`]: 'shared/udts/Motor/udts.json' },
  },
  {
    name: '7 additional files come after everything else',
    tree: [`s/${CORE}/${UDTS}`, `s/overlays/prd/${UDTS}`, 'shared/udts/Motor/udts.json', 'shared/file'],
    lands: { [`${CORE}/${UDTS}`]: 'shared/file' },
  },
  {
    name: '8 excludes look at the composed tree, whichever step brought a file',
    tree: [
      's/projects/p/x.py',
      `s/${CORE}/a`,
      's/overlays/prd/b',
      'shared/external/ignition/x',
      'shared/scripts/code.py',
      'shared/udts/Motor/udts.json',
      'shared/udts/Pump/udts.json',
    ],
    spec: { excludePatterns: ['projects/**/*.py', `${CORE}/[ab]`, 'config/resources/external/', '**/Motor'] },
    lands: { [`${CORE}/ignition/tag-type-definition/default/Pump/udts.json`]: 'shared/udts/Pump/udts.json' },
  },
])('$name', ({ tree, lands, spec = {} }) => {
  const overlay = tree.some((path) => path.startsWith('s/overlays/')) ? [] : ['s/overlays/prd/.gitkeep'];
  const planned = plan({ tree: [...tree, ...overlay], gateway: STEPS.gateway, spec: { shared: STEPS.shared, ...spec } });
  expect(origins(planned)).toEqual({ ...lands, ...(overlay.length > 0 && !spec.excludePatterns && { [`${CORE}/.gitkeep`]: overlay[0] }) });
});

test('9 the systemName is set last, in what any step brought', () => {
  const path = (collection: string): string => `${collection}/ignition/system-properties/config.json`;
  const given: Case = {
    tree: [
      's/projects/p/a',
      `s/${path(CORE)}`,
      `s/overlays/prd/ignition/system-properties/config.json`,
      'shared/external/ignition/system-properties/config.json',
    ],
    gateway: { ...STEPS.gateway, annotations: { 'ignition-sync.io/system-name': 'area-1' } },
    spec: { shared: STEPS.shared },
  };
  const { files } = plan(given);
  expect(
    files.filter(({ edits }) => edits).map(({ path: at, oid, edits }) => [at, oid, edits?.map((edit) => 'value' in edit && edit.value)]),
  ).toEqual([
    [path(CORE), 'oid of s/overlays/prd/ignition/system-properties/config.json', ['area-1']],
    [path(EXTERNAL), 'oid of shared/external/ignition/system-properties/config.json', ['area-1']],
  ]);
  expect(paths(plan({ ...given, gateway: STEPS.gateway }))).toEqual(['projects/p/a']);
});

test('an overlay is composed on core each time: a core that changes alone does not win over it', () => {
  const at = (core: string) =>
    origins(plan({ tree: [`s/${CORE}/a=${core}`, `s/${CORE}/b=${core}`, 's/overlays/prd/a=over'], gateway: STEPS.gateway }));
  expect(at('1')).toEqual({ [`${CORE}/a`]: 'over', [`${CORE}/b`]: '1' });
  expect(at('2')).toEqual({ [`${CORE}/a`]: 'over', [`${CORE}/b`]: '2' });
});

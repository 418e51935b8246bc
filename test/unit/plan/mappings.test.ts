import { origins, paths, plan, refusal, type Case } from './support/plan.ts';

const CORE = 'config/resources/core';

test.each<Case & { name: string; lands: Record<string, string> }>([
  ...['projects', 'projects/', './projects', 'projects//', './/projects/.'].map((destination) => ({
    name: `the destination "${destination}" is projects`,
    tree: ['src/a/project.json'],
    mappings: [{ source: 'src', destination }],
    lands: { 'projects/a/project.json': 'src/a/project.json' },
  })),
  ...['src', 'src/', './src', 'src//', 'src/.'].map((source) => ({
    name: `the source "${source}" is src`,
    tree: ['src/a/project.json', 'src2/a/project.json'],
    mappings: [{ source, destination: 'projects' }],
    lands: { 'projects/a/project.json': 'src/a/project.json' },
  })),
  {
    name: 'a file lands under the name that is given',
    tree: ['shared/a.json'],
    mappings: [{ source: 'shared/a.json', destination: 'factory.json' }],
    lands: { 'factory.json': 'shared/a.json' },
  },
  {
    name: 'a file with a destination that ends in a slash keeps its name',
    tree: ['shared/a.json'],
    mappings: [{ source: 'shared/a.json', destination: 'projects/p/' }],
    lands: { 'projects/p/a.json': 'shared/a.json' },
  },
  {
    name: 'a file with the root as destination keeps its name',
    tree: ['shared/a.json'],
    mappings: [{ source: 'shared/a.json', destination: '.' }],
    lands: { 'a.json': 'shared/a.json' },
  },
  {
    name: 'a folder that looks like a file is a folder',
    tree: ['x/about.png/about.png', 'x/about.png/resource.json'],
    mappings: [{ source: 'x/about.png', destination: 'projects/p/about.png' }],
    lands: { 'projects/p/about.png/about.png': 'x/about.png/about.png', 'projects/p/about.png/resource.json': 'x/about.png/resource.json' },
  },
  {
    name: 'the later mapping wins',
    tree: ['a/x', 'a/y', 'b/x'],
    mappings: [
      { source: 'a', destination: 'projects/p' },
      { source: 'b', destination: 'projects/p' },
    ],
    lands: { 'projects/p/x': 'b/x', 'projects/p/y': 'a/y' },
  },
  {
    name: 'a later file takes the place of a folder',
    tree: ['a/x/1', 'a/x/2', 'a/y', 'b/x'],
    mappings: [
      { source: 'a', destination: 'projects/p' },
      { source: 'b', destination: 'projects/p' },
    ],
    lands: { 'projects/p/x': 'b/x', 'projects/p/y': 'a/y' },
  },
  {
    name: 'a later folder takes the place of a file',
    tree: ['a/x', 'b/x/1/2'],
    mappings: [
      { source: 'a', destination: 'projects/p' },
      { source: 'b', destination: 'projects/p' },
    ],
    lands: { 'projects/p/x/1/2': 'b/x/1/2' },
  },
  {
    name: 'a file over a folder over a file converges',
    tree: ['a/x', 'b/x/1', 'c/x'],
    mappings: ['a', 'b', 'c'].map((source) => ({ source, destination: 'projects/p' })),
    lands: { 'projects/p/x': 'c/x' },
  },
  {
    name: 'the overlay is laid on core last, and its own config-mode.json stays out',
    tree: ['core/config-mode.json', 'core/ignition/db/a', 'over/config-mode.json', 'over/ignition/db/a', 'over/ignition/db/b'],
    mappings: [{ source: 'core', destination: CORE }],
    profile: { deploymentMode: { name: 'prd', source: 'over' } },
    lands: {
      [`${CORE}/config-mode.json`]: 'core/config-mode.json',
      [`${CORE}/ignition/db/a`]: 'over/ignition/db/a',
      [`${CORE}/ignition/db/b`]: 'over/ignition/db/b',
    },
  },
  {
    name: 'the overlay wins over mappings, whichever brought the file',
    tree: ['core/a', 'shared/a', 'over/a'],
    mappings: [
      { source: 'core', destination: CORE },
      { source: 'shared', destination: CORE },
    ],
    profile: { deploymentMode: { name: 'prd', source: 'over/' } },
    lands: { [`${CORE}/a`]: 'over/a' },
  },
])('$name', ({ lands, ...given }) => {
  expect(origins(plan(given))).toEqual(lands);
});

test.each<Case & { name: string; says: RegExp }>([
  {
    name: 'a missing source names field, path and what is there',
    tree: ['services/site/a', 'services/area/a'],
    mappings: [{ source: 'services/sight', destination: 'projects' }],
    says: /^SourceNotFound: SyncProfile p: spec\.mappings\[0\]\.source: the commit has no services\/sight\. services has 2 entries: site, area\./,
  },
  {
    name: 'a missing overlay is refused',
    tree: ['a/x'],
    profile: { deploymentMode: { name: 'prd', source: 'over' } },
    says: /^SourceNotFound: SyncProfile p: spec\.deploymentMode\.source: the commit has no over\./,
  },
  { name: 'an empty commit says so', tree: [], mappings: [{ source: 'a', destination: 'projects' }], says: /The commit is empty/ },
  {
    name: 'a folder where a file is declared',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: 'a.json', type: 'file' }],
    says: /^InvalidProfile: .*spec\.mappings\[0\]\.source "a" is a directory in this commit, but the mapping says file/,
  },
  {
    name: 'a file where a directory is declared',
    tree: ['a'],
    mappings: [{ source: 'a', destination: 'projects', type: 'directory' }],
    says: /^InvalidProfile: .*"a" is a file in this commit, but the mapping says directory/,
  },
  {
    name: 'a file whose source ends in a slash',
    tree: ['a'],
    mappings: [{ source: 'a/', destination: 'projects' }],
    says: /^InvalidProfile/,
  },
  {
    name: 'a source that climbs out',
    tree: ['a'],
    mappings: [{ source: 'x/../../a', destination: 'projects' }],
    says: /^PathNotAllowed: .*spec\.mappings\[0\]\.source "x\/\.\.\/\.\.\/a" contains "\.\."/,
  },
  {
    name: 'a destination that climbs out',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: 'projects/../db' }],
    says: /^PathNotAllowed: .*destination "projects\/\.\.\/db" contains/,
  },
  {
    name: 'an absolute destination',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: '/projects' }],
    says: /^PathNotAllowed: .*starts with a slash/,
  },
  { name: 'a backslash', tree: ['a/x'], mappings: [{ source: 'a', destination: 'projects\\p' }], says: /^PathNotAllowed: .*backslash/ },
  {
    name: 'a link as source',
    tree: ['a@120000'],
    mappings: [{ source: 'a', destination: 'projects' }],
    says: /^UnsupportedContent: .*source "a" is a symbolic link/,
  },
  {
    name: 'a source below a link',
    tree: ['a@120000'],
    mappings: [{ source: 'a/b', destination: 'projects' }],
    says: /^UnsupportedContent: .*source "a\/b" leads through "a", a symbolic link/,
  },
  {
    name: 'a source below a submodule',
    tree: ['a@160000'],
    mappings: [{ source: 'a/b', destination: 'projects' }],
    says: /^UnsupportedContent: .*a submodule/,
  },
  {
    name: 'a folder at the data root',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: 'docs' }],
    says: /^PathNotAllowed: .*destination "docs" lies in docs, which is never written/,
  },
  {
    name: 'a directory onto a place for single files',
    tree: ['a/x'],
    mappings: [{ source: 'a', destination: 'factory.json' }],
    says: /^PathNotAllowed: .*"factory.json"/,
  },
  {
    name: 'a file that would take the name of the projects folder',
    tree: ['a'],
    mappings: [{ source: 'a', destination: 'projects' }],
    says: /^PathNotAllowed: .*"projects" lies in projects/,
  },
  {
    name: 'a reserved file at the data root',
    tree: ['a.json'],
    mappings: [{ source: 'a.json', destination: 'modules.json' }],
    says: /^PathNotAllowed: .*"modules\.json"/,
  },
  {
    name: 'a file directly in config/resources',
    tree: ['a.json'],
    mappings: [{ source: 'a.json', destination: 'config/resources/' }],
    says: /^PathNotAllowed: .*"config\/resources\/a\.json"/,
  },
  ...[
    'db',
    'var/x',
    'config/local',
    'config/ignition/keys',
    'config/resources/local',
    'config/resources/LOCAL/x',
    'config/resources/.x',
    'projects/.resources',
    'projects/p/.resources/x',
    '.ignition-sync/x',
    'projects/p/.git',
    'Projects',
  ].map((destination) => ({
    name: `the protected destination ${destination}`,
    tree: ['a/x'],
    mappings: [{ source: 'a', destination, type: 'directory' }],
    says: /^PathNotAllowed: SyncProfile p: spec\.mappings\[0\]\.destination/,
  })),
  {
    name: 'tags where 8.1 had them',
    tree: ['u/x'],
    mappings: [{ source: 'u', destination: './config//tags/default' }],
    says: /^PathNotAllowed: .*destination "config\/tags\/default" does not exist in Ignition 8\.3: UDT definitions live in config\/resources\/core\/ignition\/tag-type-definition\/default/,
  },
])('refused: $name', ({ says, ...given }) => {
  expect(refusal(() => plan(given))).toMatch(says);
});

test('a source that is not required and not there is skipped with a note', () => {
  const planned = plan({
    tree: ['a/x'],
    mappings: [
      { source: 'a', destination: 'projects/p' },
      { source: 'b', destination: 'projects/q', required: false },
    ],
  });
  expect(paths(planned)).toEqual(['projects/p/x']);
  expect(planned.notes).toEqual(['SyncProfile p: spec.mappings[1]: skipped, the commit has no b.']);
  expect(planned.mappings).toMatchObject([
    { brought: 1, absent: false },
    { brought: 0, absent: true },
  ]);
});

test('a mapping that replaces files of another is warned of with both names; equal files and overlays are not', () => {
  const mappings = ['a', 'b'].map((source) => ({ source, destination: CORE }));
  const planned = plan({
    tree: ['a/x', 'a/y', 'a/z=same', 'b/x', 'b/y', 'b/z=same', 'o/x'],
    mappings,
    profile: { deploymentMode: { name: 'm', source: 'o' } },
  });
  expect(planned.warnings).toEqual([
    `SyncProfile p: spec.mappings[1] replaces 2 files of SyncProfile p: spec.mappings[0], such as ${CORE}/x: the later mapping wins.`,
  ]);
});

test('a plan does not depend on the order of the listing', () => {
  const listing = ['a/x/1', 'a/y', 'b/x', 'README.md', 'b/z@100755'];
  const mappings = ['a', 'b'].map((source) => ({ source, destination: 'projects/p' }));
  const [one, other] = [plan({ tree: listing, mappings }), plan({ tree: listing.toReversed(), mappings })];
  expect(origins(one)).toEqual(origins(other));
  expect(one.notes).toEqual(other.notes);
});

test('the executable bit follows git', () => {
  const planned = plan({ tree: ['projects/p/run@100755', 'projects/p/read'] });
  expect(Object.fromEntries(planned.files.map(({ path, executable }) => [path, executable]))).toEqual({
    'projects/p/run': true,
    'projects/p/read': false,
  });
});

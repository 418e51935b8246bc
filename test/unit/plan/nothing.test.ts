import { plan, refusal, type Case } from './support/plan.ts';

const DEEPER = [
  'README.md',
  'ignition-gateway/projects/p/project.json',
  'ignition-gateway/config/resources/core/a/b/resource.json',
  'ci/x',
];

test.each<Case & { name: string; says: RegExp | undefined }>([
  {
    name: 'everything lies one folder too deep: what the root has, and what to set',
    tree: DEEPER,
    says: /^no file of the commit comes to this gateway, looked for below "\."\. Its root has README\.md, ignition-gateway \(2 files\), ci \(1 file\)\. projects or config\/resources lie below "ignition-gateway" \(2 files\): set a mapping's source or the service path to that\.$/,
  },
  {
    name: 'several folders look like a gateway: the one with the most files first',
    tree: ['s/a/projects/p/1', 's/b/projects/p/1', 's/b/projects/p/projects/x/2'],
    mappings: [{ source: 's', destination: '.' }],
    says: /below "s"\. Its root has s \(3 files\)\. .* below "s\/b" \(2 files\), "s\/a" \(1 file\): set/,
  },
  { name: 'nothing looks like a gateway', tree: ['a/b'], says: /^no file .* Its root has a \(1 file\)\.$/ },
  { name: 'the commit is empty', tree: [], says: /The commit is empty\.$/ },
  {
    name: 'no source is there, and none is required',
    tree: ['x'],
    mappings: [{ source: 'a', destination: '.', required: false }],
    says: /below "a"/,
  },
  {
    name: 'all is excluded',
    tree: ['projects/p/a'],
    profile: { excludePatterns: ['**'] },
    says: /^no file .* Its root has projects \(1 file\)\.$/,
  },
  { name: 'one file comes', tree: [...DEEPER, 'projects/p/a'], says: undefined },
])('a plan without any file says why: $name', ({ says, ...given }) => {
  const { nothing } = plan(given);
  if (says) expect(nothing).toMatch(says);
  else expect(nothing).toBeUndefined();
});

test('a service path above the gateway’s folder is told the folder', () => {
  expect(refusal(() => plan({ tree: DEEPER, gateway: { servicePath: '.' } }))).toMatch(
    /^SourceNotFound: service path .* below "ignition-gateway" \(2 files\): set a mapping's source or the service path to that\.$/,
  );
});

test.each<Case & { name: string; warned: boolean }>([
  { name: 'of which all is left out', tree: [], warned: true },
  { name: 'that is not required', tree: [], mappings: [{ source: 'docs', destination: '.', required: false }], warned: false },
  {
    name: 'that an exclude empties',
    tree: ['docs/projects/x/y'],
    profile: { excludePatterns: ['README', 'projects/x/**'] },
    warned: false,
  },
])('a mapping $name beside one that brings files is warned of: $warned', ({ tree, mappings, warned, ...given }) => {
  const { warnings, nothing } = plan({
    tree: ['projects/p/project.json', 'docs/README', ...tree],
    mappings: [{ source: 'projects', destination: 'projects' }, ...(mappings ?? [{ source: 'docs', destination: '.' }])],
    ...given,
  });
  expect(nothing).toBeUndefined();
  expect(warnings).toEqual(warned ? ['SyncProfile p: spec.mappings[1] brings no file: all that "docs" has is left out.'] : []);
});

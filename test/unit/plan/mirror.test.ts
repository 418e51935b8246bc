import { isMirrored, mirrorFault, mirrorOf, sparedBy } from '../../../src/domain/plan/mirror.ts';
import { plan, refusal } from './support/plan.ts';

const mirrored = (mapping: Record<string, unknown>) => [{ source: 'p', destination: 'projects/site', mirror: true, ...mapping }];

test.each([
  'projects/site',
  'projects/site/views',
  'config/resources/external',
  'config/resources/core/com.example',
  'config/resources/core/ignition/tag-definition',
  'config/resources/core/ignition/database-connection',
])('%s may be mirrored', (folder) => {
  expect(mirrorFault(folder)).toBeUndefined();
});

test.each([
  ['', 'holds what belongs'],
  ['projects', 'holds what belongs'],
  ['config', 'holds what belongs'],
  ['config/resources', 'holds what belongs'],
  ['config/resources/core', 'holds what belongs'],
  ['config/resources/CORE', 'holds what belongs'],
  ['config/resources/core/ignition', 'holds what belongs'],
  ['config/resources/core/com.inductiveautomation.opcua', 'holds what belongs'],
  ['config/resources/core/ignition/user-source', 'holds what belongs'],
  ['config/resources/core/ignition/opc-connection', 'holds what belongs'],
  ['config/resources/core/ignition/user-source/default', 'writes itself'],
  ['config/resources/core/ignition/api-token', 'writes itself'],
  ['config/resources/external/ignition/system-properties', 'writes itself'],
  ['config/resources/local', 'writes itself'],
  ['projects/site/.resources', 'writes itself'],
  ['db', 'writes itself'],
])('%j may not: it %s', (folder, says) => {
  expect(mirrorFault(folder)).toContain(says);
});

test('folders inside others are named once, sorted', () => {
  expect(mirrorOf(['projects/b/c', 'projects/b', 'projects/a', 'projects/b', 'projects/bc'], ['y', 'x', 'y'])).toEqual({
    folders: ['projects/a', 'projects/b', 'projects/bc'],
    spares: ['x', 'y'],
  });
  expect(mirrorOf([], ['x'])).toBeUndefined();
  const mirror = { folders: ['projects/b'], spares: [] };
  expect(['projects/b/x', 'projects/bc/x'].map((path) => isMirrored(mirror, path))).toEqual([true, false]);
});

test('excludes and what is the gateway’s own are spared, folders too', () => {
  const spared = sparedBy({ folders: ['projects/p'], spares: ['**/keep/', '*/p/*.log'] });
  expect(
    ['projects/p/keep/x', 'projects/p/a.log', 'projects/p/.git/x', 'config/resources/external/config-mode.json'].filter((path) =>
      spared.file(path),
    ),
  ).toHaveLength(4);
  expect(['projects/p/keep', 'projects/p/x'].map((path) => spared.file(path))).toEqual([false, false]);
  expect(['projects/p/keep', 'projects/p/.resources', 'projects/p/x', 'projects/p'].map((path) => spared.folder(path))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a plan carries what is mirrored with the excludes of profile and object, and says so', () => {
  const planned = plan({
    tree: ['p/a', 'p/b.log'],
    mappings: mirrored({}),
    profile: { excludePatterns: ['**/*.log'] },
    spec: { excludePatterns: ['**/x'] },
  });
  expect(planned.mirror).toEqual({ folders: ['projects/site'], spares: ['**/*.log', '**/x'] });
  expect(planned.notes.join()).toContain('mirrored: projects/site.');
  expect(plan({ tree: ['p/a'], mappings: mirrored({ mirror: false }) })).not.toHaveProperty('mirror');
});

test.each([
  { name: 'an absent source that is not required', tree: ['q/a'], mapping: { required: false } },
  { name: 'a source of which everything is excluded', tree: ['p/a', 'q/a'], mapping: {}, profile: { excludePatterns: ['**/a'] } },
])('$name mirrors nothing', ({ tree, mapping, profile = {} }) => {
  const mappings = [...mirrored(mapping), { source: 'q', destination: 'projects/other' }];
  expect(plan({ tree, mappings, profile })).not.toHaveProperty('mirror');
});

test.each([
  {
    name: 'a rendered place above the gateway’s own',
    mapping: { destination: 'projects/{{ Vars.e }}' },
    profile: { vars: { e: '.' } },
    says: /^PathNotAllowed: .*spec\.mappings\[0\]\.destination "projects" holds what belongs/,
  },
  {
    name: 'a file',
    mapping: { source: 'p/a', destination: 'projects/site/a' },
    says: /^InvalidProfile: .*only a directory can be mirrored/,
  },
])('$name is refused in planning', ({ mapping, profile = {}, says }) => {
  expect(refusal(() => plan({ tree: ['p/a'], mappings: mirrored(mapping), profile }))).toMatch(says);
});

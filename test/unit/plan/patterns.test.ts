import { compileExcludes } from '../../../src/domain/plan/patterns.ts';
import { paths, plan, refusal } from './support/plan.ts';

const excludes = (pattern: string, path: string): boolean => compileExcludes([{ pattern, field: 'f' }])(path);

test.each([
  { pattern: '*.md', path: 'README.md', excluded: true },
  { pattern: '*.md', path: 'projects/README.md', excluded: false },
  { pattern: '**/*.md', path: 'projects/p/README.md', excluded: true },
  { pattern: '**/*.md', path: 'README.md', excluded: true },
  { pattern: '**/.gitkeep', path: 'projects/.gitkeep', excluded: true },
  { pattern: '*', path: '.hidden', excluded: true },
  { pattern: '**/.git/', path: 'projects/p/.git/config', excluded: true },
  { pattern: '**/.git/', path: 'projects/p/.git', excluded: false },
  { pattern: '**/.git', path: 'projects/p/.git', excluded: true },
  { pattern: 'projects/p', path: 'projects/p/deep/down/x', excluded: true },
  { pattern: 'projects/p/', path: 'projects/p/deep/down/x', excluded: true },
  { pattern: 'projects/p', path: 'projects/p2/x', excluded: false },
  { pattern: 'p', path: 'projects/p/x', excluded: false },
  { pattern: '**/tag-*/MQTT Engine/', path: 'config/resources/core/ignition/tag-definition/MQTT Engine/a/tags.json', excluded: true },
  { pattern: '**/tag-*/System/', path: 'config/resources/core/ignition/tag-definition/default/System/x', excluded: false },
  { pattern: 'projects/**', path: 'projects/p/x', excluded: true },
  { pattern: 'projects/*/x', path: 'projects/p/x', excluded: true },
  { pattern: 'projects/*/x', path: 'projects/p/q/x', excluded: false },
  { pattern: 'projects/{a,b}/**', path: 'projects/b/x', excluded: true },
  { pattern: 'projects/{a,b}/**', path: 'projects/c/x', excluded: false },
  { pattern: 'projects/[^a]', path: 'projects/b/x', excluded: true },
  { pattern: 'projects/[^a]', path: 'projects/a/x', excluded: false },
  { pattern: 'projects/[a-c]x', path: 'projects/bx', excluded: true },
  { pattern: 'projects/?', path: 'projects/p/x', excluded: true },
  { pattern: 'projects/DB_0_PM (1)', path: 'projects/DB_0_PM (1)/x', excluded: true },
  { pattern: '**/* (1)', path: 'projects/DB_0_PM (1)/x', excluded: true },
  { pattern: 'projects/(a)/x', path: 'projects/a/x', excluded: false },
  { pattern: 'projects/\\[a\\]', path: 'projects/[a]/x', excluded: true },
  { pattern: 'projects/SLC  DH+', path: 'projects/SLC  DH+/x', excluded: true },
  { pattern: 'projects/Bajo Desempeño/**', path: 'projects/Bajo Desempeño/x', excluded: true },
  { pattern: 'Projects/**', path: 'projects/x', excluded: false },
])('"$pattern" on "$path": excluded is $excluded', ({ pattern, path, excluded }) => {
  expect(excludes(pattern, path)).toBe(excluded);
});

test.each(['', '  ', '/projects', '!projects', '@(a|b)', 'x/!(a)', '*(a)', '+(a)', 'a?(b)', 'projects/[a', 'projects/{a,b', '{a,{b}'])(
  'the pattern "%s" is refused with its field',
  (pattern) => {
    expect(refusal(() => compileExcludes([{ pattern, field: 'spec.excludePatterns[2]' }]))).toMatch(
      /^InvalidPattern: spec\.excludePatterns\[2\] "/,
    );
  },
);

test('patterns of object, profile and gateway add up', () => {
  const planned = plan({
    tree: ['projects/a/x', 'projects/b/x', 'projects/c/x', 'projects/d/x'],
    spec: { excludePatterns: ['projects/a'] },
    profile: { excludePatterns: ['projects/b/'] },
    gateway: { excludePatterns: ['projects/c/**'] },
  });
  expect(paths(planned)).toEqual(['projects/d/x']);
  expect(planned.notes).toEqual(['excluded 3 files by pattern.']);
});

test.each([
  { where: { spec: { excludePatterns: ['ok', '['] } }, field: 'IgnitionSync: spec.excludePatterns[1]' },
  { where: { profile: { excludePatterns: ['['] } }, field: 'SyncProfile p: spec.excludePatterns[0]' },
  {
    where: { gateway: { excludePatterns: ['['] } },
    field: 'gateway gw: excludePatterns[0] (annotation ignition-sync.io/exclude-patterns)',
  },
])('a malformed pattern is refused as $field', ({ where, field }) => {
  expect(refusal(() => plan({ tree: ['projects/a'], ...where }))).toContain(field);
});

test('patterns are matched on the composed path, not on the path in the repository', () => {
  const mappings = [{ source: 'services/site', destination: 'projects/site' }];
  expect(paths(plan({ tree: ['services/site/x'], mappings, spec: { excludePatterns: ['services/**'] } }))).toEqual(['projects/site/x']);
  expect(paths(plan({ tree: ['services/site/x'], mappings, spec: { excludePatterns: ['projects/site'] } }))).toEqual([]);
});

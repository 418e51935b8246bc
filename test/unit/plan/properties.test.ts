import fc from 'fast-check';
import { SyncError } from '../../../src/domain/errors.ts';
import type { GatewayPlan } from '../../../src/domain/plan/compose.ts';
import { foldersAbove } from '../../../src/domain/plan/paths.ts';
import { isNeverOurs } from '../../../src/domain/plan/protection.ts';
import { origins, plan, type Case } from './support/plan.ts';

const plain = fc.constantFrom(
  'projects',
  'resources',
  'core',
  'ignition',
  'api-token',
  'user-source',
  'default',
  'tag-definition',
  'System',
  'a',
  'b',
  'x.json',
);
const odd = fc.constantFrom(
  'config',
  'local',
  'Local',
  '.resources',
  '.git',
  'system-properties',
  'db',
  'A',
  'modules.json',
  '.ignition-sync',
);
const name = fc.oneof({ weight: 12, arbitrary: plain }, { weight: 1, arbitrary: odd });
const below = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const start = fc.constantFrom('projects/', 'projects/p/', 'config/resources/core/ignition/', 'config/resources/', 'config/', '');
const path = fc.tuple(start, below).map(([above, rest]) => above + rest);
const mode = fc.oneof(
  { weight: 30, arbitrary: fc.constant('') },
  { weight: 5, arbitrary: fc.constant('@100755') },
  { weight: 1, arbitrary: fc.constant('@120000') },
);
const source = fc.oneof(fc.constantFrom('.', 'projects', 'config/', 'projects/p', 'config/resources/core'), path);
const allowed = fc.constantFrom(
  '.',
  'projects',
  'config',
  'config/resources/core',
  'projects/p/',
  './projects//p',
  'x.json',
  'config/resources/core/ignition/api-token',
);
const wrong = fc.constantFrom('../x', 'projects/../db', 'config/tags/x', 'db', 'projects/{{Labels.none}}');
const destination = fc.oneof({ weight: 8, arbitrary: allowed }, { weight: 2, arbitrary: path }, { weight: 1, arbitrary: wrong });

const cases = fc.record({
  tree: fc.array(fc.tuple(path, mode), { maxLength: 25 }).map((rows) => possibleTree(rows).map(([file, suffix]) => file + suffix)),
  mappings: fc.array(fc.record({ source, destination, required: fc.constant(false) }), { minLength: 1, maxLength: 4 }),
  spec: fc.record({ excludePatterns: fc.subarray(['**/a', 'projects/b/', '**/[ab]/x.json']) }),
});

/** In a commit a path is a file or a folder, never both. */
function possibleTree(rows: readonly [string, string][]): [string, string][] {
  const files = new Map(rows);
  const folders = new Set([...files.keys()].flatMap(foldersAbove));
  return [...files].filter(([file]) => !folders.has(file));
}

/** The plan, or why there is none. */
function outcome(given: Case): GatewayPlan | string {
  try {
    return plan(given);
  } catch (error) {
    if (error instanceof SyncError) return error.reason;
    throw error;
  }
}

test('whatever the commit and the mappings, nothing is planned that the agent would have to refuse', () => {
  let planned = 0;
  fc.assert(
    fc.property(cases, (given) => {
      const result = outcome(given);
      if (typeof result === 'string') return;
      planned += result.files.length;
      const files = [...result.files, ...result.fallbacks];
      expect(files.filter((file) => isNeverOurs(file.path))).toEqual([]);
      const all = new Set(files.map((file) => file.path));
      expect(all.size).toBe(files.length);
      expect([...all].flatMap(foldersAbove).filter((folder) => all.has(folder))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  expect(planned).toBeGreaterThan(500);
});

test('a plan does not depend on the order of the listing', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const [one, other] = [outcome(given), outcome({ ...given, tree: given.tree.toReversed() })];
      if (typeof one === 'string' || typeof other === 'string') expect(typeof one).toBe(typeof other);
      else expect([origins(one), one.notes]).toEqual([origins(other), other.notes]);
    }),
    { numRuns: 1_000 },
  );
});

test('every mapping that brought a file is counted, and absent ones brought none', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const result = outcome(given);
      if (typeof result === 'string') return;
      expect(result.mappings).toHaveLength(given.mappings.length);
      for (const mapping of result.mappings) if (mapping.absent) expect(mapping.brought).toBe(0);
      expect(result.mappings.reduce((sum, { brought }) => sum + brought, 0)).toBeGreaterThanOrEqual(result.files.length);
    }),
    { numRuns: 1_000 },
  );
});

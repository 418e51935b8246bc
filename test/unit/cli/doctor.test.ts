import { readFileSync } from 'node:fs';
import { CHECKS } from '../../../src/cli/doctor/examine.ts';

const PAGE = readFileSync('docs/gateway-behaviour.md', 'utf8');

test('doctor looks at each line of docs/gateway-behaviour.md, by the same names and in both', () => {
  const named = [...PAGE.matchAll(/\b([CEFSLPRD]\d{1,2})\b/g)].map(([, id]) => id as string);
  expect([...new Set(named)].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
});

test('the page says of each line of its tables whether doctor can look at it', () => {
  const rows = [...PAGE.matchAll(/^\| ([CFSL]\d+) .*\| ([^|]+?) *\|$/gm)].map(([, id, looks]) => [id, looks === 'no'] as const);
  expect(rows.length).toBeGreaterThan(35);
  for (const [id, no] of rows) expect([id, no]).toEqual([id, CHECKS.find((check) => check.id === id)?.unseen === true]);
});

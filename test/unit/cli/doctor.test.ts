import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDoctor } from '../../../src/cli/commands/doctor.ts';
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

test.each([
  { given: 'an address without a scheme', args: ['gateway.plant:8043'] },
  { given: 'no address', args: [] },
  { given: 'an option that there is not', args: ['https://gateway.plant:8043', '--try-scans'] },
  { given: 'a time that is none', args: ['https://gateway.plant:8043', '--timeout', 'x'] },
])('$given is wrong usage: exit code 2, since 1 says that something differs', async ({ args }) => {
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    throw new Error(`exit ${code}`);
  };
  try {
    const program = new Command().configureOutput({ writeErr: () => undefined });
    addDoctor(program);
    await expect(program.parseAsync(['doctor', ...args], { from: 'user' })).rejects.toThrow('exit 2');
  } finally {
    process.exit = exit;
  }
});

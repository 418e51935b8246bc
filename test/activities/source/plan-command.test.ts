import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gateway, Workbench } from './support/workbench.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');

/** What a person sees who types it where the source runs. */
async function planCommand(store: string | undefined, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], ...(store !== undefined && { CONTENT_STORE_DIR: store }) };
  return promisify(execFile)(process.execPath, [MAIN, 'plan', ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: unknown) => {
      const failed = error as { code: number; stdout: string; stderr: string };
      return { code: failed.code, out: failed.stdout, err: failed.stderr };
    },
  );
}

test('every file that a plan changes is printed, gateway by gateway, and the result names the first of them', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'projects/p/project.json': '{}', 'projects/p/changes': '1', 'projects/p/goes': 'x' });
  const first = await bench.planned(await bench.plan({ repo: repo.url }, [gateway('a')]), 'a');
  const commit = repo.commit({
    'projects/p/project.json': '{}',
    'projects/p/changes': '2',
    'projects/p/comes': 'y',
  });
  const live = { live: first.target, confirmed: first.target };
  const result = await bench.plan({ repo: repo.url }, [gateway('a', undefined, live), gateway('b')]);
  expect(result.changes).toEqual(
    expect.arrayContaining([
      {
        gateways: 1,
        such: ['a'],
        files: {
          added: { count: 1, first: ['projects/p/comes'] },
          modified: { count: 1, first: ['projects/p/changes'] },
          deleted: { count: 1, first: ['projects/p/goes'] },
        },
      },
    ]),
  );
  const { code, out } = await planCommand(bench.storeFolder, result.planDigest);
  expect(code).toBe(0);
  expect(out).toContain(`plan ${result.planDigest}\nof commit ${commit} for IgnitionSync `);
  expect(out).toContain(
    'a: canary, wave 1: 1 added, 1 modified, 1 deleted\n  added     projects/p/comes\n  modified  projects/p/changes\n  deleted   projects/p/goes\n',
  );
  expect(out).toMatch(/\nb: .*: 3 added, 0 modified, 0 deleted\n {2}added {5}projects\/p\/changes\n/);
  const json = await planCommand(bench.storeFolder, result.planDigest, '--gateway', 'b', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    gateway: 'b',
    added: ['projects/p/changes', 'projects/p/comes', 'projects/p/project.json'],
  });
  expect(await planCommand(bench.storeFolder, result.planDigest, '--gateway', 'c')).toMatchObject({
    code: 2,
    err: 'This plan has no gateway c: it was made for a, b.\n',
  });
});

test.each([
  { what: 'a digest cut short', store: '/', args: ['abcd'], code: 1, says: /give all 64 digits/ },
  { what: 'no store', store: undefined, args: ['a'.repeat(64)], code: 2, says: /CONTENT_STORE_DIR/ },
  { what: 'a store that is not there', store: '/no/store', args: ['a'.repeat(64)], code: 2, says: /There is no folder \/no\/store/ },
])('the command says what is wrong with $what', async ({ store, args, code, says }) => {
  const { code: got, err } = await planCommand(store, ...args);
  expect(err).toMatch(says);
  expect(got).toBe(code);
});

import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NpmStart } from '../support/npm-start.ts';
import { until } from '../support/processes.ts';
import { realRepository } from '../support/real-repositories.ts';

/** `npm start` on what a person brings along. */
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'start-test-'));
chmodSync(folder, 0o1777); // as /tmp: agents run as another user
const running: NpmStart[] = [];
afterAll(async () => {
  await Promise.all(running.map((each) => each.end()));
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): NpmStart {
  const started = new NpmStart(folder, args);
  running.push(started);
  return started;
}

test('repositories of the user: a bare one with another branch on two gateways, and at the same time a real one as a bundle', async () => {
  const [bare, work] = [join(folder, 'mine.git'), join(folder, 'work')];
  const git = (...args: string[]) => run('git', ['-c', 'user.name=T', '-c', 'user.email=t@t', ...args]);
  await git('init', '--quiet', '--bare', bare);
  await git('clone', '--quiet', bare, work);
  await run('bash', [
    '-c',
    `mkdir -p ${work}/projects/mine && echo '{"title":"Mine","enabled":true}' > ${work}/projects/mine/project.json`,
  ]);
  await git('-C', work, 'checkout', '--quiet', '-b', 'plant');
  await git('-C', work, 'add', '--all');
  await git('-C', work, 'commit', '--quiet', '--message', 'mine');
  await git('-C', work, 'push', '--quiet', 'origin', 'plant');
  const mine = start('--repo', bare, '--ref', 'plant', '--gateways', '2');
  const bundle = realRepository('cicd-lab-04');
  if (bundle === undefined) console.log('the bundle did not run: the real repositories are not on this machine (REAL_REPOS_DIR)');
  else await start('--repo', bundle, '--gateways', '1').prints(/1 gateway synced/);
  await mine.prints(/2 gateways synced/);
  await mine.prints(/gateway-1 +[0-9a-f]{8} +[0-9a-f]{8} +Synced/);
  // Without the folder in which everything runs it ends by itself, and leaves nothing.
  for (const name of readdirSync(folder).filter((each) => /^ignition-sync-(?!compile)/.test(each)))
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  expect(await mine.ended()).toBe(1);
  expect(mine.err).toMatch(/kubeconfig is gone: somebody removed the folder/);
  await until(() => mine.leftovers().length === 0);
}, 120_000);

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NpmStart } from '../support/npm-start.ts';
import { until } from '../support/processes.ts';

/** `npm start` as a person uses it: what it prints is typed as printed. */
const run = promisify(execFile);

let folder: string;
let running: NpmStart[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-test-'));
  chmodSync(folder, 0o1777); // as /tmp: agents run as another user
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.end()));
  running = [];
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): NpmStart {
  const started = new NpmStart(folder, args);
  running.push(started);
  return started;
}

test('what npm start prints works as printed, and Ctrl-C leaves nothing behind', async () => {
  const started = start();
  const [, seconds] = await started.prints(/3 gateways synced ([\d.]+) s after the start/);
  console.log(`npm start: three synced gateways after ${seconds!} s`);
  await started.prints(/Ctrl-C ends everything/);
  const { out } = started;

  const ui = /^Temporal UI +(\S+)$/m.exec(out)![1]!;
  const page = await fetch(ui);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

  const commands = [...out.matchAll(/^ {4}(\S.*)$/gm)].map(([, command]) => command!);
  const [exported] = commands;
  expect(exported).toMatch(/^export PATH=.*KUBECONFIG=.*TEMPORAL_ADDRESS=/);
  const bash = async (command: string) =>
    (await run('bash', ['-c', `${exported!}; ${command}`], { env: { PATH: process.env['PATH'], HOME: folder } })).stdout;
  /** Types the one printed command that contains these words, as it is printed. */
  const type = async (...words: string[]): Promise<string> => {
    const found = commands.filter((command) => words.every((word) => command.includes(word)));
    expect({ words, found: found.length }).toEqual({ words, found: 1 });
    return bash(found[0]!);
  };
  const status = async (path: string): Promise<string> => bash(`kubectl -n plant get isync plant -o jsonpath='{.status.${path}}'`);
  const wait = (condition: string) => bash(`kubectl -n plant wait isync plant --timeout=30s --for=${condition}`);
  const state = (wanted: string) => wait(`jsonpath='{.status.rollout.state}'=${wanted}`);
  const push = async (): Promise<string> => {
    await type('git push');
    return (await bash(`git -C ${dirname(pushed)}/plant rev-parse HEAD`)).trim();
  };
  const pushed = /^ {4}cd (\S+)/m.exec(out)![1]!;
  const live = (commit: string) => wait(`jsonpath='{.status.synced.commit}'=${commit}`);

  // look
  expect(await type('get isync,igw')).toMatch(/ignitionsync\S+ +main +main@[0-9a-f]{8} +3\/3 +0 +True/);
  expect(await type('describe isync')).toMatch(/Normal +Synced .* is live and loaded on every gateway/);
  // push a commit
  await live(await push());
  // pause, and go on
  await type('"paused":true');
  await wait('condition=Paused');
  await started.prints(/^Paused: no new applies start/m);
  const paused = await push();
  await wait(`jsonpath='{.status.revision}'=main@sha1:${paused}`);
  await wait(`jsonpath='{.status.waitingFor}'='spec.paused: false (the object is paused)'`);
  expect(await status('gateways.summary')).toBe('0/3');
  await type('"paused":false');
  await live(paused);
  // break a gateway: put back, and the rollout holds
  await type('"scanFails":true');
  const broken = await push();
  await state('Holding');
  expect(await bash('kubectl -n plant get igw area-0')).toMatch(new RegExp(`Restored +main@${paused.slice(0, 8)} .*ScanFailed`));
  expect(await status('waitingFor')).toBe('retryGateway, abort or a new commit');
  await type('"scanFails":false');
  await type('retryGateway');
  await live(broken);
  // approval
  await type('"required":true');
  const asked = await push();
  await state('WaitingForApproval');
  await wait('condition=PendingApproval');
  await type('approve', '"by":"me"');
  await live(asked);
  expect(await status('rollout.approvedBy')).toBe('me');
  await type('"required":false');
  // emergency stop
  await type('emergencyStop');
  await wait('condition=Frozen');
  await started.prints(/^Frozen: emergency stop by me: drill/m);
  const frozen = await push();
  await wait(`jsonpath='{.status.waitingFor}'='resume after the emergency stop'`);
  expect(await status('synced.commit')).toBe(asked);
  await type('resume');
  await live(frozen);

  const asking = performance.now();
  expect(await started.end()).toBe(0);
  expect(performance.now() - asking).toBeLessThan(10_000);
  expect(started.err).toBe('');
  await until(() => started.leftovers().length === 0 && !existsSync(dirname(pushed)));
}, 180_000);

test('the help names every option', async () => {
  const started = start('--help');
  expect(await started.ended()).toBe(0);
  for (const option of ['--repo', '--ref', '--gateways', '--dir']) expect(started.out).toContain(option);
});

test.each([
  { args: ['--gateway', '2'], says: /Unknown option '--gateway'.*--gateways N/s },
  { args: ['--gateways', 'many'], says: /--gateways many: a whole number from 1 to 20/ },
  { args: ['--ref', 'dev'], says: /--ref and --gateways go with --repo/ },
  { args: ['--repo', './nowhere'], says: /--repo \.\/nowhere: there is no such folder or file, and it is no URL/ },
])('$args is refused before anything is started', async ({ args, says }) => {
  const started = start(...args);
  expect(await started.ended()).toBe(64);
  expect(started.err).toMatch(says);
  expect(started.out).toBe('');
});

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { Server } from '../../temporal-dev/stack/server.ts';
import { Supervisor } from '../../temporal-dev/stack/supervisor.ts';
import { processesWith, until } from '../support/processes.ts';

let folder: string;
let supervisor: Supervisor;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervisor-test-'));
  supervisor = new Supervisor();
});
afterEach(async () => {
  await supervisor.close({ hurry: true });
  await rm(folder, { recursive: true, force: true });
});

const shell = (name: string, script: string) => ({
  name,
  command: '/bin/sh',
  args: ['-c', script],
  env: { PATH: process.env.PATH, OWN: 'own' },
  logFile: join(folder, `${name}.log`),
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const isUp = (name: string): boolean => readFileSync(join(folder, `${name}.log`), 'utf8').includes('up');

test('a process gets its own environment and nothing else, and its output goes to its log', async () => {
  const { exited } = supervisor.spawn(shell('one', 'env | cut -d= -f1 | grep -vE "^(PWD|_|SHLVL|OLDPWD)$" | sort; exit 3'));
  expect(await exited).toEqual({ code: 3, signal: null });
  expect(await readFile(join(folder, 'one.log'), 'utf8')).toBe('OWN\nPATH\n');
});

test('what a process left behind goes when it ends', async () => {
  const { exited } = supervisor.spawn(shell('parent', 'sleep 600 & echo $!'));
  await exited;
  const orphan = Number(await readFile(join(folder, 'parent.log'), 'utf8'));
  await until(() => !isAlive(orphan));
});

test('a process that does not want to end is killed after the grace time', async () => {
  const running = supervisor.spawn(shell('stubborn', 'trap "" TERM; echo up; while :; do sleep 600; done'));
  await until(() => isUp('stubborn'));
  expect(await running.stop(50)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('foundations end after what relies on them', async () => {
  supervisor.spawn({
    ...shell('foundation', 'trap "echo foundation >> order; exit" TERM; echo up; sleep 600 & wait'),
    cwd: folder,
    foundation: true,
  });
  supervisor.spawn({ ...shell('user', 'trap "sleep 0.1; echo user >> order; exit" TERM; echo up; sleep 600 & wait'), cwd: folder });
  for (const name of ['foundation', 'user']) await until(() => isUp(name));
  await supervisor.close();
  expect(await readFile(join(folder, 'order'), 'utf8')).toBe('user\nfoundation\n');
});

test('a server that ends while it starts says its last words', async () => {
  const server = new Server(supervisor, {
    ...shell('broken', 'echo first; echo no such thing; exit 4'),
    ready: () => Promise.resolve(false),
    readyWithinMs: 10_000,
  });
  await expect(server.start()).rejects.toThrow(/broken ended while it was starting \(exit code 4\).*first\n {2}no such thing$/s);
});

test('a server that never gets ready is given up and killed', async () => {
  const server = new Server(supervisor, { ...shell('slow', 'sleep 600'), ready: () => Promise.resolve(false), readyWithinMs: 100 });
  await expect(server.start()).rejects.toThrow('slow was not ready after 0.1 s. The machine may be busy: start again.');
  await until(() => server.pid === undefined);
});

test('nothing survives a starter that is killed while it starts things, not even what its children started', async () => {
  const program = `
    import { mkdirSync } from 'node:fs';
    import { Supervisor } from ${JSON.stringify(join(process.cwd(), 'temporal-dev/stack/supervisor.ts'))};
    const folder = ${JSON.stringify(folder)};
    const supervisor = new Supervisor();
    mkdirSync(folder + '/temporary');
    supervisor.removeAtEnd(folder + '/temporary');
    for (const name of ['a', 'b', 'c']) {
      const script = 'sh -c "while :; do sleep 0.1; done" ' + folder + '/child; true';
      supervisor.spawn({ name, command: '/bin/sh', args: ['-c', script, folder + '/parent'], env: { PATH: process.env.PATH }, logFile: folder + '/log' });
    }
    if (process.argv[1] === 'later') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
    else process.kill(process.pid, 'SIGKILL');`;
  for (const when of ['at once', 'later']) {
    const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, when], { stdio: 'inherit' });
    expect(await once(starter, 'exit')).toEqual([null, 'SIGKILL']);
    await until(() => processesWith(folder).length === 0 && !existsSync(join(folder, 'temporary')));
  }
});

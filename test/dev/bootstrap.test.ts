import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesWith, until } from '../support/processes.ts';

let project: string;

/** A small project with the bootstrap in it, and an npm and a Node of its own that say what they were asked. */
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'bootstrap-test-'));
  await mkdir(join(project, 'temporal-dev'));
  for (const name of ['bootstrap.mjs', 'end-with-parent.mjs', 'lock.mjs'])
    await cp(join('temporal-dev', name), join(project, 'temporal-dev', name));
  await json('package.json', { type: 'module', engines: { node: '>=18' } });
  await json('package-lock.json', {
    packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } },
  });
  await installed({ a: '1.0.0' });
  await writeFile(join(project, 'npm-ci.mjs'), NPM);
  await mkdir(join(project, 'bin'));
  await writeFile(join(project, 'bin', 'npm'), `#!/bin/sh\nexec "${process.execPath}" "${join(project, 'npm-ci.mjs')}" "$@"\n`, {
    mode: 0o755,
  });
});
afterEach(() => rm(project, { recursive: true, force: true }));

/** Stands for `npm ci`: takes a moment and installs what the lock file says. */
const NPM = `
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
appendFileSync('npm.calls', process.argv.slice(2).join(' ') + '\\n');
await new Promise((resolve) => setTimeout(resolve, 300));
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/.bin', { recursive: true });
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
`;

const json = (name: string, content: object): Promise<void> => writeFile(join(project, name), JSON.stringify(content));

async function installed(versions: Record<string, string>): Promise<void> {
  await mkdir(join(project, 'node_modules', '.bin'), { recursive: true });
  const packages = Object.fromEntries(Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]));
  await json('node_modules/.package-lock.json', { packages });
}

function boot(...args: string[]): ChildProcess {
  const env = { ...process.env, PATH: `${join(project, 'bin')}:${process.env.PATH ?? ''}` };
  return spawn(process.execPath, [join(project, 'temporal-dev/bootstrap.mjs'), ...args], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = boot(...args);
  const said = { out: '', err: '' };
  child.stdout!.on('data', (part: Buffer) => (said.out += part.toString()));
  child.stderr!.on('data', (part: Buffer) => (said.err += part.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

const calls = (): Promise<string[]> =>
  readFile(join(project, 'npm.calls'), 'utf8').then(
    (text) => text.trim().split('\n'),
    () => [],
  );

test('with everything in place the script runs at once, with its arguments, and its exit code is passed on', async () => {
  await writeFile(
    join(project, 'script.ts'),
    `const words: string[] = process.argv.slice(2); console.log(words.join('|')); process.exitCode = 7;`,
  );
  expect(await run('script.ts', 'one', 'two words')).toEqual({ code: 7, out: 'one|two words\n', err: '' });
  expect(await calls()).toEqual([]);
});

test.each<{ name: string; versions: Record<string, string> | undefined }>([
  { name: 'nothing is installed', versions: undefined },
  { name: 'an older version is installed', versions: { a: '0.9.0' } },
  { name: 'something is missing', versions: {} },
  { name: 'something is installed that the lock file no longer has', versions: { a: '1.0.0', c: '1.0.0' } },
])('when $name the dependencies are installed once, with one line', async ({ versions }) => {
  await rm(join(project, 'node_modules'), { recursive: true });
  if (versions) await installed(versions);
  await writeFile(join(project, 'script.mjs'), '');
  const both = await Promise.all([run('script.mjs'), run('script.mjs')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.map(({ err }) => err).sort()).toEqual([
    'ignition-sync: another start is installing the dependencies: waiting for it\n',
    'ignition-sync: installing the dependencies (npm ci)\n',
  ]);
  expect(await calls()).toHaveLength(1);
});

test('a tool is found in node_modules, and node_modules/.bin is first on PATH', async () => {
  await writeFile(join(project, 'node_modules/.bin/tool'), `console.log(process.env.PATH.split(':')[0]);`);
  expect((await run('tool')).out).toBe(`${join(project, 'node_modules/.bin')}\n`);
});

test('a Node that is too old hands over to the one in node_modules, with one line', async () => {
  await json('package.json', { type: 'module', engines: { node: '>=999' } });
  await writeFile(join(project, 'node_modules/.bin/node'), '#!/bin/sh\nfor last; do :; done; echo "own node runs $last"\n', {
    mode: 0o755,
  });
  await writeFile(join(project, 'script.mjs'), '');
  const { out, err } = await run('script.mjs');
  expect(out).toBe(`own node runs ${join(project, 'script.mjs')}\n`);
  expect(err).toMatch(/^ignition-sync: Node [\d.]+ is older than this project needs \(>=999\): going on with its own\n$/);
});

test('a signal reaches the script, and its answer is the exit code', async () => {
  await writeFile(
    join(project, 'script.mjs'),
    `process.on('SIGTERM', () => process.exit(5)); console.log('up'); setInterval(() => {}, 1000);`,
  );
  const child = boot('script.mjs');
  await once(child.stdout!, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([5, null]);
});

test('the script ends when the bootstrap is killed', async () => {
  await writeFile(join(project, 'script.mjs'), `console.log('up'); setInterval(() => {}, 1000);`);
  const child = boot('script.mjs');
  await once(child.stdout!, 'data');
  child.kill('SIGKILL');
  await until(() => processesWith(join(project, 'script.mjs')).length === 0);
});

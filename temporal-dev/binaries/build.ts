import { execFile, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../failure.ts';
import { cacheDir, modulesDir, pinnedVersion } from './pins.ts';
import { describeProgress } from './progress.ts';
import type { ServerBinary } from './servers.ts';

const run = promisify(execFile);

const GIB = 1024 ** 3;
/** What a cold build of all servers writes: module cache 2.8 GB, build cache 5.7 GB, the binaries. */
const COLD_BUILD_BYTES = 10 * GIB;
const REPORT_EVERY_MS = 15_000;

/**
 * Checks that this machine can build the servers before anything is started.
 * @throws StackError which says what to install, or how much disk to free.
 */
export async function checkGo(todo: readonly ServerBinary[], env: NodeJS.ProcessEnv): Promise<void> {
  const missing = todo.map((server) => server.name).join(', ');
  const help = `Install Go 1.26 or newer, or set the paths of ready binaries (see CONTRIBUTING.md).`;
  let version: string;
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'], { env: goEnv(env) });
    version = stdout.trim().replace(/^go/, '');
  } catch (error) {
    throw new StackError(`These servers are missing and there is no Go to build them: ${missing}. ${help}`, { cause: error });
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 1 || (major === 1 && minor < 26)) {
    throw new StackError(`These servers are missing and Go ${version} is too old to build them: ${missing}. ${help}`);
  }
}

/**
 * Refuses a build for which the disk has no room. The estimate is that of a cold build, in proportion to what is missing.
 * @throws StackError which names the folder and both sizes.
 */
export function checkDisk(dir: string, todo: readonly ServerBinary[], all: readonly ServerBinary[], freeBytes = freeSpace(dir)): void {
  const share =
    todo.reduce((total, server) => total + server.buildSeconds, 0) / all.reduce((total, server) => total + server.buildSeconds, 0);
  const needed = COLD_BUILD_BYTES * share;
  if (freeBytes >= needed) return;
  const gib = (bytes: number): string => (bytes / GIB).toFixed(1);
  throw new StackError(
    `Building ${todo.map((server) => server.name).join(', ')} needs about ${gib(needed)} GiB, but ${dir} has ${gib(freeBytes)} GiB free: ` +
      `free some space, or set XDG_CACHE_HOME, GOCACHE and GOMODCACHE to a disk that has it.`,
  );
}

function freeSpace(dir: string): number {
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** Builds one server after the other into the cache; each appears there whole, by a rename. */
export async function buildBinaries(todo: readonly ServerBinary[], env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const begin = Date.now();
  for (const [at, server] of todo.entries()) {
    const started = Date.now();
    const report = (): void =>
      say(describeProgress({ todo, at, elapsed: (Date.now() - begin) / 1000, current: (Date.now() - started) / 1000 }));
    report();
    const timer = setInterval(report, REPORT_EVERY_MS);
    try {
      await buildOne(server, cacheDir(server.family, env), env);
    } finally {
      clearInterval(timer);
    }
  }
}

async function buildOne(server: ServerBinary, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(target, { recursive: true });
  const unfinished = join(target, `.${server.name}.${process.pid}`);
  const ldflags = ['-s', '-w', ...server.ldflags(pinnedVersion(server))].join(' ');
  const args = ['build', '-trimpath', '-ldflags', ldflags, '-o', unfinished, server.pkg];
  const logFile = join(target, `${server.name}.build.log`);
  try {
    const code = await runLogged('go', args, { cwd: modulesDir(server.family), env: goEnv(env) }, logFile);
    if (code !== 0) throw new StackError(`Building ${server.name} failed (go exited with ${code}); what it said is in ${logFile}.`);
    renameSync(unfinished, join(target, server.name));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function runLogged(
  command: string,
  args: readonly string[],
  where: { cwd: string; env: NodeJS.ProcessEnv },
  logFile: string,
): Promise<number> {
  const log = createWriteStream(logFile);
  const child = spawn(command, args, { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
    });
  } finally {
    log.end();
  }
}

/** No other toolchain is fetched, and the result depends on no C library. */
function goEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    HOME: env.HOME ?? homedir(),
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
    GOFLAGS: '-buildvcs=false',
    GOWORK: 'off',
  };
}

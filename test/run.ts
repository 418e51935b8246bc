import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm test`: everything that guards a promise, in a representative size; static checks first, since they are quick and say most.
 * With `--heavy`, the other tier: large trees, long histories, many kill points.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'only-static': { type: 'boolean', default: false }, heavy: { type: 'boolean', default: false } },
});

const STATIC: readonly (readonly string[])[] = [
  ['prettier', '--check', '--log-level', 'warn', '--cache', '.'],
  ['tsc', '--project', '.'],
  ['eslint', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  ['knip'],
];
const PROJECTS = ['unit', 'activities', 'dev', 'operator', 'workflows', 'replay', 'e2e'];

type Output = 'as it comes' | 'when it ends';

async function step(command: string, args: readonly string[], output: Output, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const began = performance.now();
  const child = spawn(command, args, { stdio: output === 'as it comes' ? 'inherit' : ['ignore', 'pipe', 'pipe'], env });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  process.stdout.write(Buffer.concat(said));
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${command} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
  return code === 0;
}

/** A folder that lies in memory where there is room, since several servers, hundreds of repositories and data folders share a disk. */
function inMemory(): string {
  const memory = '/dev/shm';
  const roomy = existsSync(memory) && statfsSync(memory).bavail * statfsSync(memory).bsize > 8e9;
  return process.env['TMPDIR'] === undefined && roomy ? memory : tmpdir();
}

interface Run {
  readonly at: string;
  readonly workers: number;
  /** Milliseconds for a test that names no time of its own. */
  readonly patience?: number;
}

async function jest(projects: readonly string[], { at, workers, patience }: Run): Promise<boolean> {
  const folder = mkdtempSync(join(at, 'ignition-sync-tests-'));
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  // As /tmp: agents run as another user.
  for (const each of [folder, compiled]) chmodSync(each, 0o1777);
  try {
    return await step(
      'jest',
      [
        '--maxWorkers',
        `${workers}`,
        ...(patience === undefined ? [] : ['--testTimeout', `${patience}`]),
        '--selectProjects',
        ...projects,
        ...(positionals.length > 0 ? ['--', ...positionals] : []),
      ],
      'as it comes',
      {
        ...process.env,
        TMPDIR: folder,
        // Tests start the same programs hundreds of times.
        NODE_COMPILE_CACHE: compiled,
        NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

const cores = availableParallelism();
let ok: boolean;
if (values.heavy) ok = await jest(['heavy'], { at: tmpdir(), workers: cores, patience: 300_000 });
else {
  const checked = await Promise.all(STATIC.map(([command = '', ...args]) => step(command, args, 'when it ends')));
  ok = checked.every(Boolean);
  if (!values['only-static'] && ok) ok = await jest(PROJECTS, { at: inMemory(), workers: cores + 3 }); // tests wait much: for servers, for git, for limits of time
}
process.exitCode = ok ? 0 : 1;

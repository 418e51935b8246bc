import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** `npm test`: everything that guards a promise, in a representative size. Static checks first, since they are quick and say most. */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'only-static': { type: 'boolean', default: false } } });

const STATIC: readonly (readonly string[])[] = [
  ['prettier', '--check', '--log-level', 'warn', '.'],
  ['tsc', '--project', '.'],
  ['eslint', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  ['knip'],
];
const PROJECTS = ['unit', 'activities', 'dev', 'operator', 'workflows', 'replay', 'e2e'];

async function step(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const began = performance.now();
  const child = spawn(command, args, { stdio: 'inherit', env });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${command} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
  return code === 0;
}

/** Where the files of the tests lie: in memory where there is room, since several servers, hundreds of repositories and data folders share a disk. */
function temporaryFolder(): string {
  const memory = '/dev/shm';
  const roomy = existsSync(memory) && statfsSync(memory).bavail * statfsSync(memory).bsize > 8e9;
  return mkdtempSync(join(process.env['TMPDIR'] === undefined && roomy ? memory : tmpdir(), 'ignition-sync-tests-'));
}

let ok = true;
for (const [command = '', ...args] of STATIC) ok = (await step(command, args)) && ok;
if (!values['only-static'] && ok) {
  const folder = temporaryFolder();
  chmodSync(folder, 0o1777); // as /tmp: agents run as another user
  const env = { ...process.env, TMPDIR: folder, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules`.trim() };
  ok = await step(
    'jest',
    ['--maxWorkers', '2', '--selectProjects', ...PROJECTS, ...(positionals.length > 0 ? ['--', ...positionals] : [])],
    env,
  );
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
process.exitCode = ok ? 0 : 1;

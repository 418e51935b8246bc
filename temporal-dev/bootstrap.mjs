// Runs a script of this project on any machine that has Node 18 or newer: `node temporal-dev/bootstrap.mjs <script.ts | tool> [args…]`.
// It installs the dependencies when they are not those of the lock file, and hands over to the Node that the project brings when this
// one is too old. Plain JavaScript without dependencies, because neither is there on a fresh clone.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lock } from './lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const endWithParent = new URL('./end-with-parent.mjs', import.meta.url);
const env = { ...process.env, PATH: [bin, process.env.PATH].filter(Boolean).join(delimiter) };

// npm waits for what it runs; anybody else may start this in the background and leave.
if (process.env.npm_lifecycle_event !== undefined) await import(endWithParent.href);

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  say('usage: node temporal-dev/bootstrap.mjs <script.ts | tool> [args…]');
  process.exit(64);
}

await install();
const node = chooseNode();
const program = /\.[cm]?[jt]s$/.test(script) ? resolve(script) : join(bin, script);
if (!existsSync(program)) {
  say(`${program} does not exist`);
  process.exit(66);
}
const preload = ['--import', endWithParent.href];
process.exitCode = await run(node, [...preload, ...nodeOptions(script), program, ...args], { stdio: 'inherit' });

/** Two that start at once share one installation. */
async function install() {
  if (installed()) return;
  const unlock = await lock(join(root, '.npm-ci.lock'), () => say('another start is installing the dependencies: waiting for it'));
  try {
    if (installed()) return;
    say('installing the dependencies (npm ci)');
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'ignore', 2] });
    if (code === 0) return;
    say(`npm ci failed (exit code ${code}): what it said is above`);
    unlock();
    process.exit(code);
  } finally {
    unlock();
  }
}

/** Whether node_modules is what the lock file asks for, as npm itself wrote it down; packages for other systems may be absent. */
function installed() {
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const [wanted, present] = [packagesOf(join(root, 'package-lock.json')), packagesOf(hidden)];
  return (
    Object.keys(present).every((path) => wanted[path]?.version === present[path].version) &&
    Object.keys(wanted).every((path) => path === '' || path in present || wanted[path].optional)
  );
}

/** This Node if it fits `engines`, else the one in node_modules. */
function chooseNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  if (fits(process.versions.node, wanted)) return process.execPath;
  const own = join(bin, 'node');
  if (existsSync(own)) {
    say(`Node ${process.versions.node} is older than this project needs (${wanted}): going on with its own`);
    return own;
  }
  say(`Node ${process.versions.node} is older than this project needs (${wanted}), and node_modules brings none: install a newer Node`);
  process.exit(69);
}

function fits(version, wanted) {
  const numbers = (text) =>
    text
      .replace(/^[^\d]*/, '')
      .split('.')
      .map(Number);
  const [have, want] = [numbers(version), numbers(wanted)];
  for (let i = 0; i < 3; i++) if ((have[i] ?? 0) !== (want[i] ?? 0)) return (have[i] ?? 0) > (want[i] ?? 0);
  return true;
}

/** jest runs ES modules only with this flag. */
function nodeOptions(name) {
  return name === 'jest' ? ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'] : [];
}

/** Runs a program to its end with our signals passed on, and gives its exit code as a shell would. */
function run(command, parameters, options) {
  return new Promise((done) => {
    const child = spawn(command, parameters, { env, ...options });
    // A terminal sends Ctrl-C to the program too: passed on, it would arrive twice.
    process.on('SIGINT', () => (process.stdin.isTTY ? undefined : child.kill('SIGINT')));
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', (error) => {
      say(`${command} cannot be run: ${error.message}`);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal]));
  });
}

function say(line) {
  process.stderr.write(`ignition-sync: ${line}\n`);
}

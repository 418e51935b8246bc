import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { examplePlant } from '../../temporal-dev/start/scene.ts';
import { Installation } from '../../temporal-dev/install/installation.ts';
import { startStack } from '../../temporal-dev/stack/stack.ts';

const run = promisify(execFile);

let folder: string;
let main: string;

/** What goes into the container image, put together and run as it would be there: its own dependencies, nothing else in the environment. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-test-'));
  await chmod(folder, 0o755); // as an image is: agents run as another user
  main = join(folder, 'src/main.js');
  const { stdout } = await run(process.execPath, ['image/assemble.ts', '--out', folder, '--os', process.platform]);
  console.log(stdout.trim());
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const ask = (...args: string[]) => run(process.execPath, [main, ...args], { env: {}, cwd: '/' });

test('it says its version and what it can be asked', async () => {
  expect((await ask('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { stdout } = await ask('--help');
  for (const command of ['operator', 'worker', 'source', 'relay', 'agent', 'sidecar']) expect(stdout).toContain(`\n  ${command} `);
});

test.each([
  { process_: 'operator', missing: ['TEMPORAL_ADDRESS'] },
  { process_: 'worker', missing: ['TEMPORAL_ADDRESS', 'CONTENT_STORE_DIR'] },
  { process_: 'source', missing: ['TEMPORAL_ADDRESS', 'MIRROR_DIR', 'CONTENT_STORE_DIR'] },
  { process_: 'relay', missing: ['TEMPORAL_ADDRESS', 'CONTENT_STORE_DIR'] },
  { process_: 'agent', missing: ['TEMPORAL_ADDRESS', 'RELAY_URL'] },
])('$process_ refuses an empty environment and lists everything it lacks', async ({ process_, missing }) => {
  const refused = (await ask(process_).catch((error: unknown) => error)) as { code: number; stderr: string };
  expect(refused.code).toBe(1);
  expect(refused.stderr.match(/→ at \w+/g)).toEqual(missing.map((name) => `→ at ${name}`));
});

test('it syncs the example plant with the workflow bundle it carries: no compiler is in it to make another', async () => {
  const carried = (path: string): boolean => existsSync(join(folder, path));
  expect(['workflow-bundle.js', 'LICENSE', 'node_modules/@temporalio/worker'].filter((path) => !carried(path))).toEqual([]);
  expect(['node_modules/@swc/core', 'node_modules/terser', 'node_modules/typescript', 'node_modules/node', 'test'].filter(carried)).toEqual(
    [],
  );
  const dir = await mkdtemp(join(tmpdir(), 'image-plant-'));
  await using stack = await startStack();
  stack.supervisor.removeAtEnd(dir);
  const environment = [`WORKFLOW_BUNDLE_FILE=${join(folder, 'workflow-bundle.js')}`];
  const installation = await Installation.start({ stack, dir, program: ['/usr/bin/env', ...environment, process.execPath, main] });
  try {
    await examplePlant(stack, dir);
    await stack.kubectl(['-n', 'plant', 'wait', 'isync/plant', '--for=condition=Ready', '--timeout=60s']);
    expect(installation.gateways.size).toBe(3);
  } finally {
    await installation.stop();
  }
}, 120_000);

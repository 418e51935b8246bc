/** `npm run test:containers`: the end-to-end test with every process of the product in a container of the image. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import { PROGRAM_UNDER_TEST } from '../support/program-under-test.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const IMAGE = 'ignition-sync:under-test';
/** What tells a process in the clean environment of a stack where the engine is. */
const WHERE_THE_ENGINE_IS = /^(HOME|DOCKER_|TESTCONTAINERS_)/;

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(command, args, { cwd: PROJECT, stdio: 'inherit', env });
  return new Promise((done, fail) => child.once('error', fail).once('exit', (code) => done(code ?? 1)));
}

async function testOnContainers(): Promise<number> {
  const assembled = await run(process.execPath, [join(PROJECT, 'image/assemble.ts')]);
  if (assembled !== 0) return assembled;
  await GenericContainer.fromDockerfile(PROJECT).build(IMAGE);
  const engine = Object.entries(process.env).flatMap(([key, value = '']) => (WHERE_THE_ENGINE_IS.test(key) ? [`${key}=${value}`] : []));
  const program = ['/usr/bin/env', ...engine, process.execPath, join(import.meta.dirname, 'in-container.ts'), IMAGE];
  return run('jest', ['--selectProjects', 'e2e', '--', 'real-histories'], {
    ...process.env,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules`.trim(),
    [PROGRAM_UNDER_TEST]: JSON.stringify(program),
  });
}

const answers = await getContainerRuntimeClient().then(
  () => true,
  () => false,
);
if (answers) process.exitCode = await testOnContainers();
else console.log('ran 0 tests: no Docker engine answers');

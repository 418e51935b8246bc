import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { NO_MANIFEST, type Digest } from '../../src/domain/manifest.ts';
import { EndlessRelay } from '../activities/agent/support/endless-relay.ts';
import { stepOf } from '../activities/agent/support/local-agent.ts';
import { until } from '../support/processes.ts';
import { testStack } from '../support/stack.ts';
import { CompiledProgram, RealAgent } from './support/real-agent.ts';
import type { OneGateway } from './support/one-gateway.ts';

/** Kilobytes that an agent may need, with the Temporal worker and all that Node itself has loaded, for files of any size and number. */
const MOST = 150 * 1024;
const QUEUE = 'large';

let program: CompiledProgram;
beforeAll(async () => {
  program = await CompiledProgram.make();
}, 120_000);
afterAll(() => program[Symbol.dispose]());

interface Wish {
  readonly back: boolean;
  readonly below: string;
  readonly gateway: boolean;
}

/** A real agent process makes these live, one after the other, and puts the last one back if it is asked to. */
async function memoryOf(relay: EndlessRelay, targets: readonly Digest[], { back, below, gateway }: Wish) {
  const { address } = testStack().temporal;
  await using agent = await RealAgent.start(program, relay.url, address, below, gateway);
  const connection = { port: agent.gatewayPort, tls: false };
  const lives = [NO_MANIFEST, ...targets];
  const step = (from: number, to: number) => stepOf(lives[from] ?? '', lives[to] ?? '', `large ${from}-${to}`, { connection });
  const steps = targets.map((_, i) => step(i, i + 1));
  const last = targets.length;
  const order: OneGateway = { taskQueue: relay.taskQueue, steps, ...(back && { back: step(last, last - 1) }) };
  await until(() => agent.isReady());
  const idle = agent.memory().now;
  const outcomes = await carryOut(order, address);
  return { outcomes, idle, ...agent.memory() };
}

async function carryOut(order: OneGateway, address: string): Promise<string[]> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, taskQueue: QUEUE, workflowsPath: join(import.meta.dirname, 'support/one-gateway.ts') });
  const client = new Client({ connection: await Connection.connect({ address }) });
  try {
    return await worker.runUntil(
      client.workflow.execute('oneGateway', { taskQueue: QUEUE, workflowId: `large-${Date.now()}`, args: [order] }) as Promise<string[]>,
    );
  } finally {
    await client.connection.close();
    await connection.close();
  }
}

/** Where several hundred thousand small files cost least: their number is what is tried here, not the disk. */
function manySmallFiles(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize, files, ffree } = statfsSync(memory);
  return bavail * bsize > 6e9 && (files === 0 || ffree > 2e6) ? memory : tmpdir();
}

test('an agent makes one file of 3 GB live in 150 MiB', async () => {
  const { bavail, bsize, blocks } = statfsSync(tmpdir());
  if (bavail * bsize < 8e9 + blocks * bsize * 0.1) {
    console.log('one file of 3 GB: did not run, there is no room for it in the temporary folder');
    return;
  }
  await using relay = await EndlessRelay.start(3e9);
  const { idle, most, now } = await memoryOf(relay, [relay.manifest(2, 'large')], { back: false, below: tmpdir(), gateway: false });
  console.log(`one file of 3 GB: ${idle} kB before, at most ${most} kB, ${now} kB in the end`);
  expect(most).toBeLessThan(MOST);
}, 300_000);

test('an agent makes 200,000 files live, changes all of them and puts them back in 150 MiB', async () => {
  await using relay = await EndlessRelay.start(300);
  const targets = [relay.manifest(200_000, 'one'), relay.manifest(200_000, 'two')];
  const { idle, most, now } = await memoryOf(relay, targets, { back: true, below: manySmallFiles(), gateway: false });
  console.log(`200,000 files: ${idle} kB before, at most ${most} kB, ${now} kB in the end`);
  expect(most).toBeLessThan(MOST);
}, 900_000);

test('an agent compares 20,000 files with what its gateway serves in 150 MiB', async () => {
  await using relay = await EndlessRelay.start(2_000);
  const targets = [relay.manifest(20_000, 'one'), relay.manifest(20_000, 'two')];
  const { idle, most, now, outcomes } = await memoryOf(relay, targets, { back: false, below: manySmallFiles(), gateway: true });
  console.log(`20,000 files compared: ${idle} kB before, at most ${most} kB, ${now} kB in the end`);
  expect(outcomes.filter((outcome) => !outcome.startsWith('Loaded:'))).toEqual([]);
  expect(outcomes).toHaveLength(2);
  expect(most).toBeLessThan(MOST);
}, 300_000);

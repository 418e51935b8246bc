import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { GatewayStep } from '../../../../src/contract/gateway-activities.ts';
import { Content } from './content.ts';
import { LocalRelay } from './local-relay.ts';
import { doing, openAgent } from './local-agent.ts';

/** What the child process of a crash test is told. */
export interface CrashOrder {
  readonly dataDir: string;
  readonly contentFile: string;
  /** Nothing but opening, which recovers, when absent. */
  readonly work?: { readonly call: 'stage' | 'apply' | 'restore'; readonly step: GatewayStep };
  /** Number of the step directly after which the process ends itself; never when absent. */
  readonly dieAfter?: number;
  /** Name of the step directly after which it does. */
  readonly dieAt?: string;
  /** Milliseconds after the beginning of the work at which the process ends itself, whatever it is doing; never when absent. */
  readonly dieAfterMs?: number;
  /** Makes this file when the transaction is decided, so that it cannot be finished. */
  readonly obstacle?: string;
}

const order = JSON.parse(process.argv[2] ?? '') as CrashOrder;
const content = new Content();
for (const [digest, text] of JSON.parse(readFileSync(order.contentFile, 'utf8')) as [string, string][]) content.manifests.set(digest, text);
for (const [digest, text] of JSON.parse(readFileSync(`${order.contentFile}.blobs`, 'utf8')) as [string, string][])
  content.blobs.set(digest, Buffer.from(text, 'base64'));

const steps: string[] = [];
const agent = await openAgent(order.dataDir, new LocalRelay(content), {
  onStep: (step) => {
    steps.push(step);
    if (step === 'journal' && order.obstacle !== undefined) {
      mkdirSync(join(order.dataDir, order.obstacle, '..'), { recursive: true });
      writeFileSync(join(order.dataDir, order.obstacle), 'foreign');
    }
    if (steps.length === order.dieAfter || step === order.dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
if (order.dieAfterMs !== undefined) {
  // A thread of its own: timers of this one would wait for the end of each series of calls.
  const killer = new Worker(
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${order.dieAfterMs}); process.kill(${process.pid}, 'SIGKILL');`,
    {
      eval: true,
    },
  );
  await once(killer, 'online');
}
const began = performance.now();
let failure: string | undefined;
try {
  if (order.work) await agent[order.work.call](order.work.step, doing);
} catch (error) {
  failure = String(error);
}
process.stdout.write(JSON.stringify({ steps, failure, ms: performance.now() - began }));
await agent.close();

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayStep } from '../../../../src/contract/activities.ts';
import { Content } from './content.ts';
import { LocalRelay } from './local-relay.ts';
import { doing, openAgent } from './local-agent.ts';

/** What the child process of a crash test is told. */
export interface CrashOrder {
  readonly dataDir: string;
  readonly contentFile: string;
  /** Nothing but opening, which recovers, when absent. */
  readonly work?: { readonly call: 'apply' | 'restore'; readonly step: GatewayStep };
  /** Number of the step directly after which the process ends itself; never when absent. */
  readonly dieAfter?: number;
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
    if (steps.length === order.dieAfter) process.kill(process.pid, 'SIGKILL');
  },
});
let failure: string | undefined;
try {
  if (order.work) await agent[order.work.call](order.work.step, doing);
} catch (error) {
  failure = String(error);
}
process.stdout.write(JSON.stringify({ steps, failure }));
await agent.close();

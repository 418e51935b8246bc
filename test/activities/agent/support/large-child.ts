import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRelayClient } from '../../../../src/agent/relay-client.ts';
import { NO_MANIFEST, type Digest } from '../../../../src/domain/manifest.ts';
import { doing, openAgent, stepOf } from './local-agent.ts';
import { downloadingBy } from './local-relay.ts';

/** What the child process of a test of large plans is told. */
export interface LargeOrder {
  readonly dataDir: string;
  readonly relayUrl: string;
  /** Made live one after the other. */
  readonly targets: readonly Digest[];
  /** Puts the last one back in the end. */
  readonly restore: boolean;
}

/** What it needed at most, in kilobytes, beyond what the process needs anyway. */
export interface LargeReport {
  readonly before: number;
  readonly peaks: Readonly<Record<string, number>>;
}

/** Kilobytes of memory that were in use at most since `reset`. */
function peak(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
}

const order = JSON.parse(process.argv[2] ?? '') as LargeOrder;
const tokenFile = join(order.dataDir, '../token');
writeFileSync(tokenFile, 'token');
const client = createRelayClient({ url: order.relayUrl, tokenFile });
const relay = downloadingBy(client);
const agent = await openAgent(order.dataDir, relay);
globalThis.gc?.();
const before = Math.round(process.memoryUsage().rss / 1024);
const peaks: Record<string, number> = {};
let live = NO_MANIFEST;
let was = live;
for (const [index, target] of order.targets.entries()) {
  const step = stepOf(live, target, `large ${index}`);
  await agent.stage(step, doing);
  peaks[`stage ${index}`] = peak();
  await agent.apply(step, doing);
  peaks[`apply ${index}`] = peak();
  [was, live] = [live, target];
}
if (order.restore) {
  await agent.restore(stepOf(live, was, 'large back'), doing);
  peaks['restore'] = peak();
}
process.stdout.write(JSON.stringify({ before, peaks } satisfies LargeReport));
await agent.close();
await client.close();

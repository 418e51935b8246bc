import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalAddress } from '../../clients/temporal/connect.ts';
import { type Finding, differs, ok } from './check.ts';
import type { Line } from './examine.ts';

/** Calls that are measured, after one that is not: it comes before everything is warm. */
const CALLS = 5;
/** Codes of gRPC. */
const NOT_FOUND = 5;
const REFUSED: readonly unknown[] = [7, 16];

/**
 * Looks whether Temporal answers, over the very connection that an agent uses, and how long one call takes there and back. Reads only.
 * @param timeoutMs for connecting, and for each call
 */
export async function lookAtTemporal(way: TemporalAddress, timeoutMs: number): Promise<Line> {
  const finding = await find(way, timeoutMs).catch((error: unknown) => differs(whatIsWrong(error, way)));
  return {
    id: 'T1',
    assumption: 'Temporal is reached as an agent reaches it',
    ...finding,
    ...(finding.verdict === 'differs' && { means: 'no work reaches the agent: its gateway is Unreachable, and keeps what it has' }),
  };
}

async function find(way: TemporalAddress, timeoutMs: number): Promise<Finding> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = way;
  const connection = await connected(way, timeoutMs);
  try {
    const times: number[] = [];
    for (let call = 0; call <= CALLS; call += 1) {
      const began = performance.now();
      await connection.withDeadline(Date.now() + timeoutMs, () => connection.workflowService.describeNamespace({ namespace }));
      if (call > 0) times.push(Math.ceil(performance.now() - began));
    }
    times.sort((a, b) => a - b);
    const [least, middle, most] = [times[0], times[Math.floor(CALLS / 2)], times[CALLS - 1]];
    return ok(`namespace ${namespace} at ${address}; one call there and back takes ${middle} ms (${least} to ${most} ms)`);
  } finally {
    await connection.close();
  }
}

async function connected(way: TemporalAddress, timeoutMs: number): Promise<NativeConnection> {
  const apiKey = way.TEMPORAL_API_KEY_FILE ? (await readFile(way.TEMPORAL_API_KEY_FILE, 'utf8')).trim() : undefined;
  const connecting = NativeConnection.connect({ address: way.TEMPORAL_ADDRESS, tls: way.TEMPORAL_TLS ? true : undefined, apiKey });
  const over = new AbortController();
  try {
    const late = sleep(timeoutMs, undefined, { signal: over.signal }).then(() => Promise.reject(new Error('no answer in time')));
    return await Promise.race([connecting, late]);
  } finally {
    over.abort();
  }
}

function whatIsWrong(error: unknown, way: TemporalAddress): string {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_TLS: tls, TEMPORAL_API_KEY_FILE: keyFile } = way;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const said = error instanceof Error ? error.message : String(error);
  if (code === 'ENOENT' || code === 'EACCES') return `the API key for Temporal cannot be read: ${said}`;
  if (code === NOT_FOUND) return `${address} answers and has no namespace ${namespace}: create it, or correct --temporal-namespace`;
  if (REFUSED.includes(code))
    return `${address} answers and does not let us in: ${keyFile === undefined ? 'give a key with --temporal-api-key-file' : `look at the key in ${keyFile}`}`;
  return `${address} cannot be reached ${tls ? 'over TLS' : 'without TLS'}: ${inWords(said)}. Look at the address, at what may go out of the gateway’s pod, and whether Temporal speaks TLS there (--temporal-tls)`;
}

/** What the connection says, without the names of its inner parts. */
function inWords(said: string): string {
  if (said.includes('InvalidContentType')) return 'whoever answers there does not speak TLS';
  return /(?:message|error): "([^"]+)"/.exec(said)?.[1]?.toLowerCase() ?? said.slice(0, 200);
}

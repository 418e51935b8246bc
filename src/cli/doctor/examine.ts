import { type IgnitionAddress, createIgnitionClient } from '../../clients/ignition/client.ts';
import { IgnitionHttp } from '../../clients/ignition/http.ts';
import { refusedWith } from '../../clients/ignition/failure.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Reason } from '../../domain/reasons.ts';
import { CALLS } from './calls.ts';
import { type Check, type Examined, type Finding, type TriedScan, differs, unknown } from './check.ts';
import { answerObstacle, connectionObstacle } from './obstacle.ts';
import { PEOPLE } from './people.ts';
import { FILES, PROOFS } from './proofs.ts';
import { SCANS, tryScan } from './scans.ts';

/** Every assumption of docs/gateway-behaviour.md, in its order. */
export const CHECKS: readonly Check[] = [...CALLS, ...SCANS, ...FILES, ...PROOFS, ...PEOPLE];

/** One line of a report. */
export interface Line extends Finding {
  readonly id: string;
  readonly assumption: string;
  /** What it means, where it differs. */
  readonly means?: string;
}

export interface Report {
  readonly gateway: string;
  readonly state: string;
  readonly lines: readonly Line[];
  /** The agent's way to Temporal, where that was asked for. */
  readonly temporal?: Line;
  /** Why nothing or almost nothing could be looked at, and what to do; absent where the lines say what there is to say. */
  readonly cannotBeAsked?: string;
}

/** These say that a check could not be made, not that something is otherwise. */
const NOT_LOOKED_AT: readonly Reason[] = ['GatewayNotRunning', 'GatewayAuthFailed', 'TlsUntrusted'];

/**
 * Looks at every assumption on a live gateway. Reads only, unless `scan` is set: then the lock of the configuration is taken for some
 * seconds and its scan asked for, which loads what is in its files anyway.
 * @param patienceMs how long that scan may take
 */
export async function examine(address: IgnitionAddress, { scan, patienceMs }: { scan: boolean; patienceMs: number }): Promise<Report> {
  const client = createIgnitionClient(address);
  const http = new IgnitionHttp(address);
  try {
    const report = { gateway: `${address.tls ? 'https' : 'http'}://${address.host}:${address.port}`, state: 'Down', lines: [] };
    const noConnection = await connectionObstacle(http);
    if (noConnection) return { ...report, cannotBeAsked: noConnection };
    const state = await client.state().catch(() => undefined);
    const cannotBeAsked = await answerObstacle(http, state, address.tokenFile);
    let tried: Promise<TriedScan> | undefined;
    const gateway: Examined = {
      client,
      http,
      state,
      hasKey: address.tokenFile !== undefined,
      tried: scan ? () => (tried ??= tryScan(client, http, patienceMs)) : undefined,
    };
    const lines: Line[] = [];
    let hasApi = true;
    for (const check of CHECKS) {
      const line: Line = hasApi || WITHOUT_API.includes(check.id) ? await lineOf(check, gateway) : noApi(check);
      if (check.id === 'C1') hasApi = line.verdict !== 'differs';
      lines.push(line);
    }
    return { ...report, state: state ?? 'unreadable', lines, ...(cannotBeAsked !== undefined && { cannotBeAsked }) };
  } finally {
    await Promise.all([client.close(), http.close()]);
  }
}

/** What can be looked at on a gateway that has no API, such as one of 8.1. */
const WITHOUT_API: readonly string[] = ['C7', 'C8', 'E1'];

function noApi({ id, assumption }: Check): Line {
  return { id, assumption, ...unknown('there is no API to ask: see C1') };
}

async function lineOf(check: Check, gateway: Examined): Promise<Line> {
  const { id, assumption, means, run, in: states = ['Running'] } = check;
  const isSeen = states.includes('any') || states.includes(gateway.state ?? 'Running');
  const finding = isSeen
    ? await Promise.resolve(run(gateway)).catch((error: unknown) => findingOf(error, gateway))
    : unknown(`the gateway is ${(gateway.state ?? '').toLowerCase()}`);
  return { id, assumption, ...finding, ...(finding.verdict === 'differs' && { means }) };
}

function findingOf(error: unknown, { hasKey }: Examined): Finding {
  if (!(error instanceof SyncError)) throw error;
  const status = refusedWith(error);
  if (status !== undefined) return unknown(hasKey ? `the key is refused (${status})` : 'it needs a key: --key-file');
  return NOT_LOOKED_AT.includes(error.reason) ? unknown(error.message) : differs(error.message);
}

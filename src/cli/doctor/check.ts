import type { IgnitionClient } from '../../clients/ignition/client.ts';
import type { IgnitionHttp } from '../../clients/ignition/http.ts';

/** `unknown`: it could not be looked at on this gateway, or not from outside. */
export type Verdict = 'ok' | 'differs' | 'unknown';

/** What a check found, in one sentence. */
export interface Finding {
  readonly verdict: Verdict;
  readonly found: string;
}

/** A gateway under examination. */
export interface Examined {
  readonly client: IgnitionClient;
  readonly http: IgnitionHttp;
  /** What `StatusPing` says; undefined where it says nothing that can be read. */
  readonly state: Awaited<ReturnType<IgnitionClient['state']>> | undefined;
  readonly hasKey: boolean;
  /** Lock and scan, tried once for all checks that look at it; undefined unless that was asked for. */
  readonly tried: (() => Promise<TriedScan>) | undefined;
}

/** What became of taking the lock of the configuration and asking for its scan. */
export interface TriedScan {
  readonly lock: string;
  /** What a second wish for the lock got. */
  readonly secondLock: string;
  /** Milliseconds until the request for a scan was answered. */
  readonly answeredMs: number;
  /** Whether a newer moment was reported in time. */
  readonly reported: boolean;
  readonly scanMs: number;
  /** Status of asking for the lock after the scan was asked for. */
  readonly lockAfter: number;
  readonly secondScan: number;
}

/** One assumption of docs/gateway-behaviour.md. */
export interface Check {
  /** As on that page. */
  readonly id: string;
  readonly assumption: string;
  /** What it means where it is not so. */
  readonly means: string;
  /** Looks only where the gateway runs. */
  readonly run: (gateway: Examined) => Promise<Finding> | Finding;
  /** Nobody can look at it from outside. */
  readonly unseen?: true;
  /** In which states it looks; `Running` when absent. */
  readonly in?: readonly (Examined['state'] | 'any')[];
}

export function ok(found: string): Finding {
  return { verdict: 'ok', found };
}

export function differs(found: string): Finding {
  return { verdict: 'differs', found };
}

export function unknown(found: string): Finding {
  return { verdict: 'unknown', found };
}

/** An assumption at which nobody can look from outside. */
export function unseen(id: string, assumption: string, why: string): Check {
  return { id, assumption, means: '', unseen: true, in: ['any'], run: () => unknown(why) };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What an HTTP server answered last, as far as it decides when to ask again. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const FILE = 'answers';

/** However long a host wants to be left alone, milliseconds: a wrong answer must not end syncing for days. */
export const LONGEST_MS = 60 * 60_000;

/** Variables that make git note the headers of HTTP answers in the private folder of a call; it hides credentials itself. */
export function noteAnswers(folder: string): Record<string, string> {
  return { GIT_TRACE_CURL: join(folder, FILE), GIT_TRACE_CURL_NO_DATA: '1', GIT_TRACE_REDACT: '1' };
}

/** The last answer of a call; undefined when there was none. */
export async function lastAnswer(folder: string): Promise<HttpAnswer | undefined> {
  const text = await readFile(join(folder, FILE), 'latin1').catch(() => '');
  let last: { status: number; headers: Record<string, string> } | undefined;
  for (const [, line = ''] of text.matchAll(/<= Recv header: ?([^\r\n]*)/g)) {
    const status = /^HTTP\/[0-9.]+ (\d{3})/.exec(line)?.[1];
    if (status !== undefined) last = { status: Number(status), headers: {} };
    const colon = line.indexOf(':');
    if (status === undefined && last && colon > 0) last.headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return last;
}

/**
 * Milliseconds after which a host wants to be asked again, at most an hour; undefined when its answer is no complaint about how often it
 * was asked. GitHub says so with 403 too.
 */
export function rateLimit({ status, headers }: HttpAnswer, now: number): { readonly retryAfterMs?: number } | undefined {
  const spent = headers['x-ratelimit-remaining'] === '0';
  const after = headers['retry-after'];
  if (status !== 429 && !(status === 403 && (spent || after !== undefined)) && !(status === 503 && after !== undefined)) return undefined;
  const reset = spent ? Number(headers['x-ratelimit-reset']) * 1_000 - now : Number.NaN;
  const seconds = /^\d+$/.test(after ?? '') ? Number(after) * 1_000 : Date.parse(after ?? '') - now;
  const wait = Number.isNaN(seconds) ? reset : seconds;
  return Number.isNaN(wait) ? {} : { retryAfterMs: Math.min(LONGEST_MS, Math.max(1_000, wait)) };
}

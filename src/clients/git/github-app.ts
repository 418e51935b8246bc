import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { WayOut, wayFault } from '../http/way-out.ts';
import type { Connection } from './credentials.ts';
import { rateLimit } from './http-answers.ts';

/** An app that is installed for an organisation's repositories, as GitHub knows it. */
export interface GitHubApp {
  /** `https://api.github.com`, or `https://HOST/api/v3` of an enterprise server. */
  readonly apiUrl: string;
  readonly appId: number;
  readonly installationId: number;
  /** PEM. */
  readonly privateKey: string;
}

/** A token that lets git read, for a while. */
export interface InstallationToken {
  readonly token: string;
  /** By our own clock, whatever GitHub's says, in ms. */
  readonly expiresAt: number;
}

const DEADLINE_MS = 20_000;
/** From this on a refused signature is put down to the clocks; GitHub takes a minute. */
const SKEW_MS = 30_000;

const Answer = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });
const Refusal = z.object({ message: z.string() });

/** Where GitHub's API is for the host of a repository. */
export function apiUrlOf(host: string): string {
  if (host === 'github.com') return 'https://api.github.com';
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}

/**
 * Asks GitHub for a token of an installation, which may read contents and nothing else.
 * @throws SyncError AuthenticationFailed, RateLimited, HostUnreachable, TlsUntrusted, GitTimeout
 */
export async function askForToken(app: GitHubApp, connection: Connection, signal?: AbortSignal): Promise<InstallationToken> {
  const url = `${app.apiUrl.replace(/\/+$/, '')}/app/installations/${app.installationId}/access_tokens`;
  const asked = Date.now();
  const jwt = appToken(app, asked);
  const answer = await post(url, jwt, connection, signal);
  const skewMs = asked - Date.parse(answer.headers.date ?? '');
  if (answer.status !== 201) throw refusal({ ...answer, body: answer.body.replaceAll(jwt, '***') }, url, skewMs);
  const parsed = Answer.safeParse(parseJson(answer.body));
  if (!parsed.success)
    throw new SyncError('HostUnreachable', `${url} does not answer as GitHub's API does. Check spec.git.auth.githubApp.apiUrl.`);
  const expires = Date.parse(parsed.data.expires_at);
  return { token: parsed.data.token, expiresAt: expires + (Number.isNaN(skewMs) ? 0 : skewMs) };
}

/** The app's own signature, good for nine minutes: GitHub takes ten, and a minute is left for clocks that differ. */
function appToken({ appId, privateKey }: GitHubApp, now: number): string {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey);
  } catch {
    throw new SyncError(
      'AuthenticationFailed',
      'The Secret of spec.git.auth.githubApp holds no private key in PEM: store the .pem file that GitHub gave.',
    );
  }
  const seconds = Math.floor(now / 1_000);
  const text = [
    { alg: 'RS256', typ: 'JWT' },
    { iat: seconds - 60, exp: seconds + 9 * 60, iss: String(appId) },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function post(url: string, jwt: string, connection: Connection, signal?: AbortSignal): Promise<ApiAnswer> {
  await using way = new WayOut(connection, url);
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const { statusCode, headers, body } = await request(url, {
      method: 'POST',
      dispatcher: way.to(url),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: {
        authorization: `Bearer ${jwt}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'ignition-sync',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ permissions: { contents: 'read' } }),
    });
    const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    return { status: statusCode, headers: flat, body: await body.text() };
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new SyncError('GitTimeout', `${url} took too long to answer and was given up; it is tried again.`);
    throw wayFault(url, error, 'Check spec.git.auth.githubApp.apiUrl, spec.git.proxy and the network.');
  }
}

function refusal({ status, headers, body }: ApiAnswer, url: string, skewMs: number): SyncError {
  const said = Refusal.safeParse(parseJson(body)).data?.message ?? '';
  const words = `${status}${said === '' ? '' : `, ${said.slice(0, 200)}`}`;
  const limit = rateLimit({ status, headers }, Date.now());
  if (limit) return new SyncError('RateLimited', `${url} answers that it was asked too often (${words}).`, limit);
  if (status >= 500) return new SyncError('HostUnreachable', `${url} has a fault of its own (${words}); it is asked again.`);
  if (status === 401 && Math.abs(skewMs) >= SKEW_MS) {
    const seconds = Math.round(Math.abs(skewMs) / 1_000);
    return new SyncError(
      'AuthenticationFailed',
      `GitHub refuses the app's signature (${words}): the clock of the source is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of ${new URL(url).host}. Set it right.`,
    );
  }
  if (status === 404)
    return new SyncError(
      'AuthenticationFailed',
      `${url}: there is no such installation of this app (${words}). Check appId, installationId and apiUrl of spec.git.auth.githubApp.`,
    );
  return new SyncError(
    'AuthenticationFailed',
    `GitHub refuses the app (${words}). Check appId, installationId and the private key of spec.git.auth.githubApp.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

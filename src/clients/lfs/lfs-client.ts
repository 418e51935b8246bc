import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import type { LfsPointer } from '../../domain/lfs-pointer.ts';
import { SyncError } from '../../domain/errors.ts';
import { scrub, type Connection, type Credential } from '../git/credentials.ts';
import { LONGEST_MS } from '../git/http-answers.ts';
import type { Remote } from '../git/remote.ts';
import { WayOut, proxyRefused, wayFault } from '../http/way-out.ts';

/** A Git LFS server, the way to it, and what proves that we may read from it: the same as for git itself. */
export interface LfsAccess {
  readonly remote: Remote;
  readonly credential: Credential;
  readonly connection?: Connection | undefined;
  /** Told when the server refuses the credential. */
  readonly onRefused?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An open way to a Git LFS server. */
export type LfsConnection = LfsAccess & { readonly way: WayOut } & AsyncDisposable;

/** @throws SyncError UnsupportedContent when there can be no LFS server */
export function openLfs(access: LfsAccess): LfsConnection {
  const way = new WayOut(access.connection ?? {}, lfsEndpoint(access.remote));
  return { ...access, way, [Symbol.asyncDispose]: () => way[Symbol.asyncDispose]() };
}

/** Where one object can be read, as the server said. */
export interface LfsDownload {
  readonly pointer: LfsPointer;
  readonly href: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Objects per question; servers refuse more than some hundreds. */
export const MAX_LFS_BATCH = 100;

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MEDIA_TYPE = 'application/vnd.git-lfs+json';

const Answer = z.object({
  transfer: z.string().optional(),
  objects: z.array(
    z.object({
      oid: z.string(),
      error: z.object({ code: z.number(), message: z.string() }).optional(),
      actions: z
        .object({ download: z.object({ href: z.url(), header: z.record(z.string(), z.string()).optional() }).optional() })
        .optional(),
    }),
  ),
});

/** Where the LFS content of a repository is: `<url>.git/info/lfs`. What `.lfsconfig` says does not count: whoever may push could send the credential anywhere. */
export function lfsEndpoint({ url, transport }: Remote): string {
  if (transport !== 'https' && transport !== 'http')
    throw new SyncError('UnsupportedContent', `spec.git.lfs needs an https URL: the files of ${url} cannot be fetched over ${transport}.`);
  const base = url.replace(/\/+$/, '');
  return `${base.endsWith('.git') ? base : `${base}.git`}/info/lfs`;
}

/**
 * Asks where objects can be read; the answer also proves that the credential may read them.
 * @param pointers at most `MAX_LFS_BATCH`
 * @throws SyncError ContentUnavailable when the server does not have one; AuthenticationFailed, RateLimited, RepositoryNotFound,
 * HostUnreachable, TlsUntrusted
 */
export async function askForLfs(access: LfsConnection, pointers: readonly LfsPointer[]): Promise<LfsDownload[]> {
  const endpoint = lfsEndpoint(access.remote);
  const objects = pointers.map(({ sha256: oid, size }) => ({ oid, size }));
  const answer = await call(access, 'POST', `${endpoint}/objects/batch`, {
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, ...authorization(access.credential) },
    body: JSON.stringify({ operation: 'download', transfers: ['basic'], hash_algo: 'sha256', objects }),
  });
  const said = await readAnswer(answer, endpoint);
  if (said.transfer !== undefined && said.transfer !== 'basic')
    throw new SyncError('UnsupportedContent', `${endpoint} wants the transfer "${said.transfer}", and only "basic" is known here.`);
  return pointers.map((pointer) => {
    const object = said.objects.find(({ oid }) => oid === pointer.sha256);
    const download = object?.actions?.download;
    if (!download)
      throw new SyncError(
        'ContentUnavailable',
        `${endpoint} has no Git LFS object ${pointer.sha256}${object?.error ? ` (${object.error.code} ${excerptOf(object.error.message, access)})` : ''}: push it with \`git lfs push --all\`.`,
      );
    const from = new URL(download.href);
    const sameHost = from.origin === new URL(endpoint).origin;
    if (from.protocol !== 'https:' && !sameHost)
      throw new SyncError(
        'UnsupportedContent',
        `${endpoint} sends Git LFS content over ${from.protocol}//${from.host}: only https is taken.`,
      );
    const shown = Object.keys(download.header ?? {}).some((name) => name.toLowerCase() === 'authorization');
    return {
      pointer,
      href: download.href,
      headers: { ...(sameHost && !shown ? authorization(access.credential) : {}), ...download.header },
    };
  });
}

/**
 * Streams one object; never more bytes than its pointer says.
 * @throws SyncError as `askForLfs`
 */
export async function* readLfs(access: LfsConnection, { pointer, href, headers }: LfsDownload): AsyncGenerator<Buffer> {
  const answer = await call(access, 'GET', href, { headers });
  let size = 0;
  for await (const piece of named(href, answer.body)) {
    size += piece.length;
    if (size > pointer.size) break;
    yield piece;
  }
  if (size !== pointer.size) {
    answer.body.destroy();
    throw new SyncError(
      'ContentUnavailable',
      `Git LFS object ${pointer.sha256} has ${size > pointer.size ? 'more than ' : ''}${Math.min(size, pointer.size)} bytes on the server, its pointer says ${pointer.size}.`,
    );
  }
}

async function call(
  access: LfsConnection,
  method: 'GET' | 'POST',
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly body?: string },
): Promise<Dispatcher.ResponseData> {
  const { signal, way } = access;
  const where = new URL(url).host;
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(url, {
      method,
      ...options,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      signal: signal ?? null,
      dispatcher: way.to(url),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw wayFault(url, error, 'It is where the Git LFS files are: check spec.git.proxy and the network.');
  }
  if (answer.statusCode === 200) return answer;
  await answer.body.dump();
  if (answer.statusCode === 407) throw proxyRefused();
  if (answer.statusCode === 401 || answer.statusCode === 403) access.onRefused?.();
  throw refusal(answer, where, access.credential);
}

function refusal({ statusCode, headers }: Dispatcher.ResponseData, where: string, credential: Credential): SyncError {
  const seconds = Number(headers['retry-after']);
  const retry = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(LONGEST_MS, seconds * 1000) } : {};
  const says = `The Git LFS server ${where} answered ${statusCode}`;
  if (statusCode === 401 || statusCode === 403)
    return new SyncError(
      'AuthenticationFailed',
      `${says}: ${credential.kind === 'none' ? 'it wants a credential' : 'check the Secret that spec.git.auth names, and whether it may read LFS content'}.`,
    );
  if (statusCode === 429) return new SyncError('RateLimited', `${says}: it was asked too often.`, retry);
  if (statusCode === 404)
    return new SyncError('RepositoryNotFound', `${says}: it has no Git LFS for this repository, or this credential may not see it.`);
  return new SyncError('HostUnreachable', `${says}.`, retry);
}

async function readAnswer(answer: Dispatcher.ResponseData, endpoint: string): Promise<z.infer<typeof Answer>> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of named(endpoint, answer.body)) {
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) break;
    pieces.push(piece);
  }
  try {
    return Answer.parse(JSON.parse(Buffer.concat(pieces).toString()));
  } catch (error) {
    throw new SyncError('HostUnreachable', `${endpoint} answered with something else than the Git LFS protocol says.`, { cause: error });
  }
}

async function* named(where: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw new SyncError('HostUnreachable', `The Git LFS server ${new URL(where).host} broke off: ${messageOf(error)}.`, { cause: error });
  }
}

function authorization(credential: Credential): Record<string, string> {
  if (credential.kind !== 'token') return {};
  return { authorization: `Basic ${Buffer.from(`${credential.username}:${credential.token.trim()}`).toString('base64')}` };
}

/** What a server says, as far as it is shown: servers may say much. */
function excerptOf(text: string, { credential, connection }: LfsAccess): string {
  return scrub(text.slice(0, 4_000), credential, connection).slice(0, 300);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

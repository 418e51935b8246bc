import { withCredential, type Connection, type Credential } from './credentials.ts';
import { gitEnvironment, type GitSettings } from './environment.ts';
import { refuseWebPage, remoteFailure, tooMuch } from './failure.ts';
import { runGit } from './git-process.ts';
import { lastAnswer, noteAnswers } from './http-answers.ts';
import { refusePrivate } from './private-folders.ts';
import { parseRemoteRefs, type RemoteRef } from './refs.ts';
import type { Remote } from './remote.ts';

const LIST_DEADLINE_MS = 30_000;
const FETCH_DEADLINE_MS = 10 * 60_000;

/** What a host may have git hold in memory, bytes: without it one that lists refs without end takes whatever the machine has. */
const LIST_MEMORY = 128 * 2 ** 20;
const FETCH_MEMORY = 512 * 2 ** 20;
/** Bytes of names and ids that are read, some 200,000 branches and tags. */
const LIST_BYTES = 16 * 2 ** 20;

/** A remote and what proves that we may read it. */
export interface RemoteAccess {
  readonly remote: Remote;
  readonly credential: Credential;
  readonly connection?: Connection | undefined;
  /** Digest of everything secret that was read for this access: tells one credential from another, and shows none. */
  readonly proof?: string | undefined;
  /** Told when the host refuses the credential: one that was made for a while may have been revoked. */
  readonly onRefused?: (() => void) | undefined;
  readonly settings: GitSettings;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one call; generous defaults when left out. */
  readonly deadlineMs?: number | undefined;
}

/**
 * Lists the branches and tags of a remote; for a spelled-out `refs/…` just that name.
 * @throws SyncError of the git side.
 */
export async function listRemote(access: RemoteAccess, ref?: string): Promise<RemoteRef[]> {
  const scope = ref?.startsWith('refs/')
    ? ['--end-of-options', access.remote.url, ref, `${ref}^{}`]
    : ['--heads', '--tags', '--end-of-options', access.remote.url];
  const call: Call = { what: 'list the refs', deadlineMs: LIST_DEADLINE_MS, maxMemory: LIST_MEMORY, maxBytes: LIST_BYTES };
  return parseRemoteRefs(await callRemote(access, [], ['ls-remote', '--quiet', ...scope], call));
}

/** Files up to this size, bytes, come along with their commit where nearly everything of a repository is wanted anyway. */
const SMALL_BYTES = 64 * 1024;

/**
 * How much comes along. Of one commit, without history: its `listing` alone, what is new of it in `small` files, all its small files
 * (`everySmall`), all that is `new` of it, or its whole `content`; else `history` without listings, the `listings` of all commits, or `everything`. Hosts that cannot give less
 * give more.
 */
export type FetchScope = 'listing' | 'small' | 'everySmall' | 'new' | 'content' | 'history' | 'listings' | 'everything';

const SCOPE: Readonly<Record<FetchScope, readonly string[]>> = {
  listing: ['--depth=1', '--filter=blob:none'],
  small: ['--depth=1', `--filter=blob:limit=${SMALL_BYTES}`],
  everySmall: ['--depth=1', '--refetch', `--filter=blob:limit=${SMALL_BYTES}`],
  new: ['--depth=1', '--no-filter'],
  content: ['--depth=1', '--refetch', '--no-filter'],
  history: ['--filter=tree:0', '--prune'],
  listings: ['--filter=blob:none'],
  everything: ['--refetch', '--no-filter'],
};

const FETCH = [
  'fetch',
  '--quiet',
  '--force',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
] as const;

/**
 * Fetches objects or refs of the remote into a bare repository, under names of ours.
 * @param wanted refspecs whose left side is a full ref name or an object id.
 * @throws SyncError of the git side.
 */
export async function fetchInto(gitDir: string, access: RemoteAccess, wanted: readonly string[], scope: FetchScope): Promise<void> {
  const command = [...FETCH, ...SCOPE[scope], '--end-of-options', access.remote.url, ...wanted];
  const call: Call = { what: 'fetch', deadlineMs: FETCH_DEADLINE_MS, maxMemory: FETCH_MEMORY };
  await callRemote(access, [`--git-dir=${gitDir}`], command, call);
}

/**
 * Fetches exactly these blobs into a bare repository.
 * @throws SyncError of the git side; RefNotFound or GitFailed also where the host gives no blobs by their ids.
 */
export async function fetchBlobs(gitDir: string, access: RemoteAccess, oids: readonly string[]): Promise<void> {
  const globals = [`--git-dir=${gitDir}`, '-c', 'fetch.negotiationAlgorithm=noop']; // what we have does not matter: it is none of these
  const command = [...FETCH, '--filter=blob:none', '--stdin', '--end-of-options', access.remote.url];
  const call: Call = { what: 'fetch files', deadlineMs: FETCH_DEADLINE_MS, maxMemory: FETCH_MEMORY, input: `${oids.join('\n')}\n` };
  await callRemote(access, globals, command, call);
}

/** What a call of git is for, and what it may take. */
interface Call {
  readonly what: string;
  readonly deadlineMs: number;
  readonly maxMemory: number;
  /** Of output; as much as there is when absent. */
  readonly maxBytes?: number;
  readonly input?: string;
}

async function callRemote(access: RemoteAccess, globals: readonly string[], command: readonly string[], call: Call): Promise<string> {
  const { remote, credential, connection = {}, settings, signal } = access;
  const { what, maxMemory, maxBytes = Number.POSITIVE_INFINITY, input = '' } = call;
  await refusePrivate(remote, settings.privateFolders ?? []);
  return await withCredential(credential, remote, connection, async ({ options, env, folder }) => {
    let bytes = 0;
    const exit = await runGit([...globals, ...options, ...command], {
      env: { ...gitEnvironment(settings, remote.transport), ...noteAnswers(folder), ...env },
      deadlineMs: access.deadlineMs ?? call.deadlineMs,
      signal,
      maxMemory,
      input,
      isTooMuch: ({ length }) => (bytes += length) > maxBytes,
    });
    signal?.throwIfAborted();
    const answer = await lastAnswer(folder);
    if (bytes > maxBytes) throw tooMuch(remote, what);
    if (exit.code === 0) {
      refuseWebPage(answer, access);
      return exit.stdout.toString('utf8');
    }
    const failure = remoteFailure({ exit, what, answer }, access);
    if (failure.reason === 'AuthenticationFailed' || failure.reason === 'RepositoryNotFound') access.onRefused?.();
    throw failure;
  });
}

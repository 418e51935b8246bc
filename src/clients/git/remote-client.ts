import { withCredential, type Connection, type Credential } from './credentials.ts';
import { gitEnvironment, type GitSettings } from './environment.ts';
import { refuseWebPage, remoteFailure } from './failure.ts';
import { runGit } from './git-process.ts';
import { lastAnswer, noteAnswers } from './http-answers.ts';
import { parseRemoteRefs, type RemoteRef } from './refs.ts';
import type { Remote } from './remote.ts';

const LIST_DEADLINE_MS = 30_000;
const FETCH_DEADLINE_MS = 10 * 60_000;

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
  const output = await callRemote(access, [], ['ls-remote', '--quiet', ...scope], 'list the refs', LIST_DEADLINE_MS);
  return parseRemoteRefs(output);
}

/** How much comes along: one commit without history, history without content, or everything. Hosts that cannot do less give more. */
export type FetchDepth = 'commit' | 'history' | 'everything';

const DEPTH: Readonly<Record<FetchDepth, readonly string[]>> = {
  commit: ['--depth=1'],
  history: ['--filter=tree:0', '--prune'],
  everything: [],
};

/**
 * Fetches objects or refs of the remote into a bare repository, under names of ours.
 * @param wanted refspecs whose left side is a full ref name or an object id.
 * @throws SyncError of the git side.
 */
export async function fetchInto(gitDir: string, access: RemoteAccess, wanted: readonly string[], depth: FetchDepth): Promise<void> {
  const args = [
    'fetch',
    '--quiet',
    '--force',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    ...DEPTH[depth],
  ];
  await callRemote(
    access,
    [`--git-dir=${gitDir}`],
    [...args, '--end-of-options', access.remote.url, ...wanted],
    'fetch',
    FETCH_DEADLINE_MS,
  );
}

async function callRemote(
  access: RemoteAccess,
  globals: readonly string[],
  command: readonly string[],
  what: string,
  defaultDeadlineMs: number,
): Promise<string> {
  const { remote, credential, connection = {}, settings, signal } = access;
  return await withCredential(credential, remote, connection, async ({ options, env, folder }) => {
    const exit = await runGit([...globals, ...options, ...command], {
      env: { ...gitEnvironment(settings, remote.transport), ...noteAnswers(folder), ...env },
      deadlineMs: access.deadlineMs ?? defaultDeadlineMs,
      signal,
    });
    signal?.throwIfAborted();
    const answer = await lastAnswer(folder);
    if (exit.code === 0) {
      refuseWebPage(answer, access);
      return exit.stdout.toString('utf8');
    }
    const failure = remoteFailure({ exit, what, answer }, access);
    if (failure.reason === 'AuthenticationFailed' || failure.reason === 'RepositoryNotFound') access.onRefused?.();
    throw failure;
  });
}

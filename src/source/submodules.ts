import { gitEnvironment } from '../clients/git/environment.ts';
import { localFailure } from '../clients/git/failure.ts';
import { runGit } from '../clients/git/git-process.ts';
import { parseRemote, type Remote } from '../clients/git/remote.ts';
import type { RemoteAccess } from '../clients/git/remote-client.ts';
import type { Repository } from '../clients/git/repository.ts';
import { SyncError } from '../domain/errors.ts';
import type { TreeEntry } from '../domain/plan/tree.ts';
import { submoduleUrl } from '../domain/submodule-url.ts';
import { Checkout, type Origin } from './checkout.ts';
import type { Mirrors } from './mirrors.ts';

/** Submodules inside submodules, and submodules in all: more is a loop, or nothing that a plant needs. */
const MAX_DEPTH = 4;
const MAX_SUBMODULES = 50;

const DEADLINE_MS = 30_000;

/** A commit without its submodules: planning refuses those that it meets, by name. */
export async function checkOut(main: Origin): Promise<Checkout> {
  return new Checkout(main, await main.mirror.tree(main.commit, main.access), new Map(), '');
}

/**
 * A commit with the content of its submodules in their places, each at the commit that is pinned for it and fetched once.
 * @param isWanted whether any mapping takes something at, below or above a path; other submodules are left alone
 * @throws SyncError UnsupportedContent when a submodule may not be followed; those of the git side, which name it
 */
export async function checkOutWithSubmodules(main: Origin, mirrors: Mirrors, isWanted: (path: string) => boolean): Promise<Checkout> {
  const entries: TreeEntry[] = [];
  const others = new Map<string, Origin>();
  const proof = await main.access();
  let count = 0;
  const add = async (origin: Origin, prefix: string, depth: number): Promise<void> => {
    const tree = await origin.mirror.tree(origin.commit, origin.access);
    let urls: ReadonlyMap<string, string> | undefined;
    for (const entry of tree) {
      const path = `${prefix}${entry.path}`;
      if (entry.mode !== '160000' || !isWanted(path)) {
        entries.push(prefix === '' ? entry : { ...entry, path });
        if (prefix !== '' && entry.mode !== '160000') others.set(entry.oid, origin);
        continue;
      }
      count += 1;
      if (depth >= MAX_DEPTH || count > MAX_SUBMODULES)
        throw refused(path, `lies deeper than ${MAX_DEPTH} submodules, or is one of more than ${MAX_SUBMODULES}`);
      urls ??= await readUrls(origin, tree, proof.settings);
      const inner = innerOrigin(main, proof.remote, origin, entry.oid, urls.get(entry.path), path, mirrors);
      try {
        await add(inner, `${path}/`, depth + 1);
      } catch (error) {
        if (!(error instanceof SyncError) || error.message.startsWith('submodule ')) throw error;
        throw new SyncError(error.reason, `submodule "${path}": ${error.message}`, {
          cause: error,
          ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        });
      }
    }
  };
  await add(main, '', 0);
  return new Checkout(main, entries, others, 'with submodules');
}

/** Where a submodule is fetched from, and with which credential: the object's own, only where the object's repository is too. */
function innerOrigin(
  main: Origin,
  home: Remote,
  parent: Origin,
  commit: string,
  named: string | undefined,
  path: string,
  mirrors: Mirrors,
): Origin {
  if (named === undefined) throw refused(path, 'has no URL in .gitmodules');
  const url = submoduleUrl(parent.url, named);
  const remote = url === undefined ? undefined : parse(url);
  if (url === undefined || remote === undefined)
    throw refused(path, `has a URL in .gitmodules that cannot be followed ("${named.slice(0, 200).replace(/:[^/@]*@/, ':***@')}")`);
  const atHome = remote.transport === home.transport && remote.host === home.host && remote.port === home.port;
  if (remote.transport === 'file' || (remote.transport === 'http' && !atHome))
    throw refused(path, `has a ${remote.transport} URL in .gitmodules: only https and ssh are followed`);
  if (remote.transport === 'ssh' && !atHome)
    throw refused(
      path,
      `is on another ssh host (${remote.host}) than spec.git.repo, and the key of spec.git.auth is shown to that one only: name it by https`,
    );
  const access = async (): Promise<RemoteAccess> => {
    const lent = await main.access();
    if (atHome) return { ...lent, remote };
    const { settings, signal, connection } = lent; // the way out is the same; who is trusted and what is shown is not
    return { remote, settings, signal, credential: { kind: 'none' }, connection: { proxy: connection?.proxy } };
  };
  const identity = atHome ? main.identity : '';
  return { mirror: mirrors.of(url, identity), access, commit, url, identity };
}

function parse(url: string): Remote | undefined {
  try {
    return url.startsWith('-') ? undefined : parseRemote(url);
  } catch {
    return undefined;
  }
}

function refused(path: string, what: string): SyncError {
  return new SyncError('UnsupportedContent', `submodule "${path}" ${what}: correct it, or take it out of the mapping's source.`);
}

/** URLs by path, as `.gitmodules` says. Git reads the file, nothing in it is executed, and it includes no other. */
async function readUrls(origin: Origin, tree: readonly TreeEntry[], settings: RemoteAccess['settings']): Promise<Map<string, string>> {
  const file = tree.find(({ path, mode }) => path === '.gitmodules' && mode.startsWith('100'));
  if (!file) return new Map();
  const read = async ({ gitDir }: Repository): Promise<string> => {
    const exit = await runGit([`--git-dir=${gitDir}`, 'config', '--no-includes', '-z', `--blob=${file.oid}`, '--list'], {
      env: gitEnvironment(settings),
      deadlineMs: DEADLINE_MS,
    });
    if (exit.code !== 0) throw localFailure(exit, 'read .gitmodules');
    return exit.stdout.toString('utf8');
  };
  const byName = new Map<string, { path?: string; url?: string }>();
  for (const line of (await origin.mirror.read(origin.commit, origin.access, read, [file.oid])).split('\0')) {
    const [, name, key, value] = /^submodule\.([^\n]+)\.(path|url)\n([\s\S]*)$/.exec(line) ?? [];
    if (name !== undefined && key !== undefined && value !== undefined) byName.set(name, { ...byName.get(name), [key]: value });
  }
  return new Map([...byName.values()].flatMap(({ path, url }) => (path !== undefined && url !== undefined ? [[path, url] as const] : [])));
}

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitSettings } from '../clients/git/environment.ts';
import { isCommitId, type RemoteRef } from '../clients/git/refs.ts';
import { type FetchDepth, fetchInto, listRemote, type RemoteAccess } from '../clients/git/remote-client.ts';
import { Repository, pinOf, type CommitInfo, type TagObject } from '../clients/git/repository.ts';
import { SyncError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import type { TreeEntry } from '../domain/plan/tree.ts';
import { History } from './history.ts';
import { InTurn } from './in-turn.ts';
import { removeLeftovers } from './leftovers.ts';
import { Listings } from './listings.ts';
import { RecentMap } from './recent-map.ts';

/** Lends the credential when, and only when, the remote must be asked. */
export type AskAccess = () => Promise<RemoteAccess>;

/**
 * The bare repository of one remote and one credential. Whatever is asked for is fetched once, whoever asks and how often; what
 * a kill left behind is healed.
 */
export class Mirror {
  readonly history: History;
  readonly listings = new Listings();
  readonly gitDir: string;
  readonly settings: GitSettings;
  readonly #repository: Repository;
  readonly #fetching = new Map<string, Promise<CommitInfo>>();
  readonly #commits = new RecentMap<string, CommitInfo>(256);
  readonly #trees = new RecentMap<string, Promise<readonly TreeEntry[]>>(4);
  #ready: Promise<void> | undefined;
  /** Git locks a repository while it fetches: one after the other. */
  readonly #turns = new InTurn();

  constructor(gitDir: string, settings: GitSettings) {
    this.gitDir = gitDir;
    this.settings = settings;
    this.#repository = new Repository(gitDir, settings);
    this.history = new History(gitDir.replace(/\.git$/, '.history'), settings);
  }

  /**
   * Makes sure that a commit is here and pinned; asks the remote only when it is not.
   * @throws SyncError of the git side; RefNotFound when the remote does not have it.
   */
  async ensure(commit: string, access: AskAccess): Promise<CommitInfo> {
    const known = this.#commits.get(commit);
    if (known) return known;
    const running = this.#fetching.get(commit);
    if (running) return await running;
    const fetching = this.#turns.run(() => this.#ensureOnce(commit, access)).finally(() => this.#fetching.delete(commit));
    this.#fetching.set(commit, fetching);
    return await fetching;
  }

  /** The whole listing of a commit, read once however many ask. */
  async tree(commit: string, access: AskAccess): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(commit);
    if (known) return await known;
    const tree = this.read(commit, access, (repository) => repository.listTree(commit));
    this.#trees.set(commit, tree);
    tree.catch(() => this.#trees.delete(commit));
    return await tree;
  }

  /** The annotated tag of this name, if it names the commit; it is kept beside the commit. */
  async tag(name: string, commit: string, access: AskAccess): Promise<TagObject | undefined> {
    await this.ensure(commit, access);
    return await this.#turns.run(async () => {
      const kept = `refs/signed/${commit}`;
      const known = await this.#repository.tagObject(kept);
      if (known?.name === name && known.commit === commit) return known;
      const missing = await fetchInto(this.gitDir, await access(), [`refs/tags/${name}:${kept}`], 'commit').catch(reasonOf('RefNotFound'));
      if (missing) return undefined;
      const tag = await this.#repository.tagObject(kept);
      return tag?.commit === commit ? tag : undefined;
    });
  }

  /** The commit of a ref whose remote, a bundle, does not say what an annotated tag names. */
  async peeled(ref: RemoteRef, access: AskAccess): Promise<string> {
    return await this.#turns.run(async () => {
      await this.#prepare(ref.commit);
      await fetchInto(this.gitDir, await access(), [`${ref.name}:refs/fetched`], 'commit');
      return (await this.#repository.tagObject('refs/fetched'))?.commit ?? ref.commit;
    });
  }

  /** Reads content of a commit. A mirror that turns out to be damaged is made anew, once. */
  async read<T>(commit: string, access: AskAccess, use: (repository: Repository) => Promise<T>): Promise<T> {
    await this.ensure(commit, access);
    try {
      return await use(this.#repository);
    } catch (error) {
      if (!isGitFailed(error)) throw error;
      await this.#turns.run(() => this.#startOver());
      await this.ensure(commit, access);
      return await use(this.#repository);
    }
  }

  async #ensureOnce(commit: string, access: AskAccess): Promise<CommitInfo> {
    if (!isCommitId(commit)) throw new SyncError('RefNotFound', `"${commit}" is not a whole commit id.`);
    await this.#prepare(commit);
    const pinned = await stat(join(this.#repository.gitDir, pinOf(commit))).catch(() => undefined);
    // A pin whose commit cannot be read is what a damaged mirror looks like.
    const here = pinned && (await this.#repository.commitInfo(commit).catch(undefinedIfFailed));
    if (pinned && !here) {
      await this.#startOver();
      await this.#init(commit);
    }
    // Others may be waiting for the same commit: whoever asked first cannot call it off.
    const info = here ?? (await this.#fetchSoundly(commit, { ...(await access()), signal: undefined }));
    this.#commits.set(commit, info);
    return info;
  }

  async #fetchSoundly(commit: string, access: RemoteAccess): Promise<CommitInfo> {
    try {
      return await this.#fetch(commit, access);
    } catch (error) {
      if (!isGitFailed(error) || (await this.#repository.isSound())) throw error;
      await this.#startOver();
      await this.#init(commit);
      return await this.#fetch(commit, access);
    }
  }

  /** Some hosts give a commit only by a name that they advertise, others none without its history. */
  async #fetch(commit: string, access: RemoteAccess): Promise<CommitInfo> {
    const byId = await this.#attempt(commit, access, [`${commit}:${pinOf(commit)}`], 'commit');
    if ('author' in byId) return byId;
    const name = (await listRemote(access)).find((ref) => ref.commit === commit)?.name;
    const byName = name === undefined ? undefined : await this.#attempt(commit, access, [`${name}:refs/fetched`], 'commit');
    if (byName && 'author' in byName) return byName;
    const whole = await this.#attempt(commit, access, ['refs/heads/*:refs/remote/heads/*', 'refs/tags/*:refs/remote/tags/*'], 'everything');
    if ('author' in whole) return whole;
    if (whole.refused?.reason === 'GitFailed') throw whole.refused;
    throw new SyncError(
      'RefNotFound',
      `${access.remote.url} has no commit ${commit}: it was deleted, or was never pushed to a branch or tag there. Check spec.git.ref.`,
    );
  }

  async #attempt(
    commit: string,
    access: RemoteAccess,
    wanted: readonly string[],
    how: FetchDepth,
  ): Promise<CommitInfo | { readonly refused?: SyncError }> {
    const { gitDir } = this.#repository;
    try {
      await fetchInto(gitDir, access, wanted, how);
    } catch (error) {
      await removeLeftovers(gitDir); // of the git that was just ended
      if (error instanceof SyncError && (error.reason === 'RefNotFound' || error.reason === 'GitFailed')) return { refused: error };
      throw error;
    }
    const info = await this.#repository.commitInfo(commit);
    if (info && !wanted.some((refspec) => refspec.endsWith(pinOf(commit)))) await this.#repository.pin(commit);
    return info ?? {};
  }

  /** Once per process, before anything else of ours runs here: locks and half-written packs can only be leftovers of a kill. */
  async #prepare(commit: string): Promise<void> {
    const { gitDir } = this.#repository;
    if (this.#ready && !(await looksWhole(gitDir))) this.#ready = undefined;
    this.#ready ??= removeLeftovers(gitDir)
      .then(async () => ((await looksWhole(gitDir)) ? undefined : this.#startOver()))
      .then(() => this.#init(commit))
      .catch(async () => {
        await this.#startOver();
        await this.#init(commit);
      });
    await this.#ready.catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
  }

  async #init(commit: string): Promise<void> {
    await this.#repository.init(commit.length === 64 ? 'sha256' : 'sha1');
  }

  async #startOver(): Promise<void> {
    this.#commits.clear();
    this.#trees.clear();
    await rm(this.#repository.gitDir, { recursive: true, force: true });
  }
}

/** Expects one reason of failure; any other goes on. */
function reasonOf(expected: Reason): (error: unknown) => Reason {
  return (error) => {
    if (error instanceof SyncError && error.reason === expected) return expected;
    throw error;
  };
}

function isGitFailed(error: unknown): boolean {
  return error instanceof SyncError && error.reason === 'GitFailed';
}

function undefinedIfFailed(error: unknown): undefined {
  if (!isGitFailed(error)) throw error;
}

/** Whether git would take the folder for a repository; without these it would blame the remote. */
async function looksWhole(gitDir: string): Promise<boolean> {
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => stat(join(gitDir, name)).catch(() => undefined)));
  return parts.every((part) => part !== undefined);
}

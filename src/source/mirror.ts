import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitSettings } from '../clients/git/environment.ts';
import { isCommitId, type RemoteRef } from '../clients/git/refs.ts';
import { fetchInto, type RemoteAccess } from '../clients/git/remote-client.ts';
import { Repository, pinOf, type CommitInfo, type TagObject } from '../clients/git/repository.ts';
import { SyncError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import type { TreeEntry } from '../domain/plan/tree.ts';
import { History } from './history.ts';
import { InTurn } from './in-turn.ts';
import { looksWhole, removeLeftovers } from './leftovers.ts';
import { Listings } from './listings.ts';
import { MirrorFetch } from './mirror-fetch.ts';
import { CommitUse, pruneMirror, type Keeping } from './mirror-prune.ts';
import type { MirrorRoom } from './mirror-room.ts';
import { RecentMap } from './recent-map.ts';
import { SharedUse } from './shared-use.ts';

/** Files of commits that are remembered together: their names take some 250 bytes each. */
const MOST_FILES = 100_000;

/** Lends the credential when, and only when, the remote must be asked. */
export type AskAccess = () => Promise<RemoteAccess>;

/**
 * The bare repository of one remote and one credential: commits without history, and of their files those that somebody wants, where
 * the host can give them so. Whatever is asked for is fetched once, whoever asks and how often; what a kill left behind is healed.
 */
export class Mirror {
  readonly history: History;
  readonly listings = new Listings();
  readonly gitDir: string;
  readonly settings: GitSettings;
  readonly #repository: Repository;
  readonly #fetch: MirrorFetch;
  readonly #fetching = new Map<string, Promise<CommitInfo>>();
  /** Files that were asked for while others were being fetched: all in one call. */
  readonly #asked = new Map<string, { readonly oids: Set<string>; readonly done: Promise<void> }>();
  /** Files of a commit that are known to be here. */
  readonly #brought = new RecentMap<string, Set<string>>(MOST_FILES, ({ size }) => size + 1_000);
  readonly #commits = new RecentMap<string, CommitInfo>(256);
  readonly #trees = new RecentMap<string, readonly TreeEntry[]>(MOST_FILES, ({ length }) => length + 1_000);
  /** Listings that are being read. */
  readonly #listing = new Map<string, Promise<readonly TreeEntry[]>>();
  #ready: Promise<void> | undefined;
  /** Git locks a repository while it fetches: one after the other. */
  readonly #turns = new InTurn();
  /** Reading needs no turn, but nothing may be freed meanwhile. */
  readonly #reading = new SharedUse();
  readonly #room: MirrorRoom;
  /** Whose turn it is waits until others have been freed of what they do not need: no git runs here. */
  #waitsForRoom = false;
  readonly #use: CommitUse;

  constructor(gitDir: string, settings: GitSettings, room: MirrorRoom) {
    this.#room = room;
    this.#use = new CommitUse(gitDir);
    this.gitDir = gitDir;
    this.settings = settings;
    this.#repository = new Repository(gitDir, settings);
    this.#fetch = new MirrorFetch(this.#repository);
    this.history = new History(gitDir.replace(/\.git$/, '.history'), settings);
  }

  /**
   * Makes sure that a commit is here and pinned; asks the remote only when it is not.
   * @throws SyncError of the git side; RefNotFound when the remote does not have it.
   */
  async ensure(commit: string, access: AskAccess): Promise<CommitInfo> {
    this.#use.note(commit);
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
    const known = this.#trees.get(commit) ?? this.#listing.get(commit);
    if (known) return await known;
    const listing = this.read(commit, access, (repository) => repository.listTree(commit)).finally(() => this.#listing.delete(commit));
    this.#listing.set(commit, listing);
    const tree = await listing;
    this.#trees.set(commit, tree);
    return tree;
  }

  /** The annotated tag of this name, if it names the commit; it is kept beside the commit. */
  async tag(name: string, commit: string, access: AskAccess): Promise<TagObject | undefined> {
    await this.ensure(commit, access);
    return await this.#turns.run(async () => {
      const kept = `refs/signed/${commit}`;
      const known = await this.#repository.tagObject(kept);
      if (known?.name === name && known.commit === commit) return known;
      const missing = await fetchInto(this.gitDir, await access(), [`refs/tags/${name}:${kept}`], 'listing').catch(reasonOf('RefNotFound'));
      if (missing) return undefined;
      const tag = await this.#repository.tagObject(kept);
      return tag?.commit === commit ? tag : undefined;
    });
  }

  /** The commit of a ref whose remote, a bundle, does not say what an annotated tag names. */
  async peeled(ref: RemoteRef, access: AskAccess): Promise<string> {
    return await this.#turns.run(async () => {
      await this.#prepare(ref.commit);
      using watch = this.#room.watch();
      await fetchInto(this.gitDir, await this.#within(watch, access), [`${ref.name}:refs/fetched`], 'listing');
      return (await this.#repository.tagObject('refs/fetched'))?.commit ?? ref.commit;
    });
  }

  /**
   * Makes sure that these files of a commit are here; asks the remote only for those that are not.
   * @throws SyncError of the git side
   */
  async bring(commit: string, access: AskAccess, oids: readonly string[]): Promise<void> {
    await this.read(commit, access, () => Promise.resolve(), oids);
  }

  /**
   * Reads content of a commit. A mirror that turns out to be damaged is made anew, once.
   * @param oids the files that are read
   */
  async read<T>(commit: string, access: AskAccess, use: (repository: Repository) => Promise<T>, oids: readonly string[] = []): Promise<T> {
    await this.ensure(commit, access);
    await this.#bringSoundly(commit, access, oids);
    const reading = (): Promise<T> => this.#reading.during(() => use(this.#repository));
    try {
      return await reading();
    } catch (error) {
      if (!isGitFailed(error)) throw error;
      await this.#turns.run(() => this.#startOver());
      await this.ensure(commit, access);
      await this.#bring(commit, access, oids);
      return await reading();
    }
  }

  /**
   * Frees what it holds for nobody.
   * @returns which commits are gone and how many stay; undefined while something is fetched or read
   * @throws SyncError of the git side
   */
  async prune(keeping: Keeping): Promise<{ readonly dropped: readonly string[]; readonly kept: number } | undefined> {
    const prune = (): Promise<Awaited<ReturnType<typeof pruneMirror>> | undefined> =>
      this.#reading.changeIfFree(async () => {
        if (!this.#ready) await removeLeftovers(this.gitDir);
        const pruned = await pruneMirror(this.gitDir, this.settings, keeping, this.#use);
        for (const commit of pruned.dropped) this.#forget(commit);
        return pruned;
      });
    if (this.#waitsForRoom) return await prune();
    if (!this.#turns.isIdle) return undefined;
    return await this.#turns.run(async () => {
      await this.history.tidy();
      return await prune();
    });
  }

  /** Takes all of it away; what is asked for later is fetched anew. False while something is fetched or read. */
  async remove(): Promise<boolean> {
    if (!this.#turns.isIdle) return false;
    const removed = await this.#turns.run(() =>
      this.#reading.changeIfFree(async () => {
        await this.#startOver();
        await this.history.remove();
        return true;
      }),
    );
    return removed ?? false;
  }

  #forget(commit: string): void {
    this.#commits.delete(commit);
    this.#brought.delete(commit);
    this.#use.forget(commit);
  }

  async #within(watch: ReturnType<MirrorRoom['watch']>, access: AskAccess): Promise<RemoteAccess> {
    this.#waitsForRoom = true;
    try {
      return await watch.over(await access());
    } finally {
      this.#waitsForRoom = false;
    }
  }

  async #bringSoundly(commit: string, access: AskAccess, oids: readonly string[]): Promise<void> {
    try {
      await this.#bring(commit, access, oids);
    } catch (error) {
      if (!isGitFailed(error) || (await this.#turns.run(() => this.#repository.isSound()))) throw error;
      await this.#turns.run(() => this.#startOver());
      await this.ensure(commit, access);
      await this.#bring(commit, access, oids);
    }
  }

  async #bring(commit: string, access: AskAccess, oids: readonly string[]): Promise<void> {
    const here = this.#brought.get(commit);
    if (oids.every((oid) => here?.has(oid))) return;
    const asked = this.#asked.get(commit) ?? this.#ask(commit, access);
    for (const oid of oids) asked.oids.add(oid);
    await asked.done;
  }

  #ask(commit: string, access: AskAccess): { readonly oids: Set<string>; readonly done: Promise<void> } {
    const oids = new Set<string>();
    const done = this.#turns.run(async () => {
      this.#asked.delete(commit);
      for (const oid of this.#brought.get(commit) ?? []) oids.add(oid);
      using watch = this.#room.watch();
      await this.#fetch.files(commit, () => this.#within(watch, access), oids);
      this.#brought.set(commit, oids);
    });
    const asked = { oids, done };
    this.#asked.set(commit, asked);
    return asked;
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
    using watch = this.#room.watch();
    const info = here ?? (await this.#fetchSoundly(commit, await this.#within(watch, access)));
    this.#commits.set(commit, info);
    return info;
  }

  async #fetchSoundly(commit: string, access: RemoteAccess): Promise<CommitInfo> {
    try {
      return await this.#fetch.commit(commit, access);
    } catch (error) {
      if (!isGitFailed(error) || (await this.#repository.isSound())) throw error;
      await this.#startOver();
      await this.#init(commit);
      return await this.#fetch.commit(commit, access);
    }
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
    this.#brought.clear();
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

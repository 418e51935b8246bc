import { stat, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CutShort } from '../clients/git/failure.ts';
import { fetchBlobs, fetchInto, type FetchScope, listRemote, type RemoteAccess } from '../clients/git/remote-client.ts';
import { pinOf, type CommitInfo, type Repository } from '../clients/git/repository.ts';
import { SyncError } from '../domain/errors.ts';
import type { Reason } from '../domain/reasons.ts';
import { removeLeftovers } from './leftovers.ts';

/** Blobs named in one call. */
const BATCH = 20_000;

/** Up to so many files, or one in ten of those that are wanted, may come along unwanted. */
const FEW_FILES = 20;
const FEW_SHARE = 0.1;

/** Of calls that the host, or git, does not want to answer in this way. */
const REFUSED: readonly Reason[] = ['RefNotFound', 'GitFailed'];

const WHOLE: readonly FetchScope[] = ['content', 'everything'];

/** Left in a mirror of which nearly every file was wanted at the last commit. */
const MARK = 'nearly-every-file-is-wanted';

/**
 * Fills a mirror with as little as its host can be brought to give: the listing of one commit first, then exactly the files that are
 * wanted. Where nearly all are, small files come along with the next commit, so that a push costs one fetch.
 */
export class MirrorFetch {
  readonly #repository: Repository;
  /** Some hosts give no blob by its id: then whole commits are fetched. */
  #wholeOnly = false;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /**
   * Fetches and pins a commit with its listing.
   * @throws SyncError of the git side; RefNotFound when the remote does not have it
   */
  async commit(commit: string, access: RemoteAccess): Promise<CommitInfo> {
    const isHere = async (): Promise<boolean> => (await this.#repository.commitInfo(commit)) !== undefined;
    const scopes: FetchScope[] = this.#wholeOnly ? ['new', 'content', 'everything'] : ['listing', 'listings'];
    // What is new may come as a difference to a file that was never wanted, and so is not here: then the listing comes alone.
    const small = !this.#wholeOnly && (await this.#nearlyEvery()) && (await this.#byId(commit, access, 'small', isHere));
    if (small !== true) await this.#untilHere(commit, access, scopes, isHere);
    const info = await this.#repository.commitInfo(commit);
    if (!info) throw new SyncError('GitFailed', `The mirror lost commit ${commit} again; it is fetched anew.`);
    return info;
  }

  /**
   * Fetches what is missing of the wanted files of a commit whose listing is here.
   * @throws SyncError of the git side; RefNotFound when the remote does not have the commit any more
   */
  async files(commit: string, ask: () => Promise<RemoteAccess>, wanted: ReadonlySet<string>): Promise<void> {
    const look = async (): Promise<{ missing: Set<string>; others: number }> => await this.#repository.missingBlobs(commit, wanted);
    const areHere = async (): Promise<boolean> => (await look()).missing.size === 0;
    const { missing, others } = await look();
    const nearlyEvery = others <= Math.max(FEW_FILES, wanted.size * FEW_SHARE);
    await this.#markNearlyEvery(nearlyEvery);
    if (missing.size === 0) return;
    const access = await ask();
    if (!this.#wholeOnly) {
      const most = nearlyEvery && missing.size > wanted.size / 2;
      if (most && (await this.#byId(commit, access, 'everySmall', areHere)) === true) return;
      const refused = await this.#blobs(access, [...(most ? (await look()).missing : missing)]);
      if (await areHere()) return;
      await this.#untilHere(commit, access, WHOLE, areHere);
      // What only git has failed at is asked for in part again the next time.
      this.#wholeOnly = refused?.reason !== 'GitFailed';
      return;
    }
    await this.#untilHere(commit, access, WHOLE, areHere);
  }

  /** Leaves it at what the host gives; returns why that is not all, if it says so. */
  async #blobs(access: RemoteAccess, oids: readonly string[]): Promise<SyncError | undefined> {
    for (let at = 0; at < oids.length; at += BATCH) {
      const refused = await this.#refusal(() => fetchBlobs(this.#repository.gitDir, access, oids.slice(at, at + BATCH)));
      if (refused) return refused;
    }
    return undefined;
  }

  /** Why the host, or git, does not want to fetch in this way. A git that was ended in the middle is no answer: it is started once more. */
  async #refusal(fetch: () => Promise<void>): Promise<SyncError | undefined> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        await fetch();
        return undefined;
      } catch (error) {
        await removeLeftovers(this.#repository.gitDir); // of the git that was just ended
        if (error instanceof CutShort && isFirst) continue;
        if (error instanceof SyncError && !(error instanceof CutShort) && REFUSED.includes(error.reason)) return error;
        throw error;
      }
    }
  }

  /** Some hosts give a commit only by a name that they advertise, others none without its history: the last scope is that of everything. */
  async #untilHere(commit: string, access: RemoteAccess, scopes: readonly FetchScope[], isHere: () => Promise<boolean>): Promise<void> {
    for (const scope of scopes.slice(0, -1)) {
      if ((await this.#byId(commit, access, scope, isHere)) === true) return;
      const name = (await listRemote(access)).find((ref) => ref.commit === commit)?.name;
      if (name !== undefined && (await this.#attempt(commit, access, [`${name}:refs/fetched`], scope, isHere)) === true) return;
    }
    const all = ['refs/heads/*:refs/remote/heads/*', 'refs/tags/*:refs/remote/tags/*'];
    const last = await this.#attempt(commit, access, all, scopes.at(-1) ?? 'everything', isHere);
    if (last === true) return;
    if (last !== false && last.reason === 'GitFailed') throw last;
    throw new SyncError(
      'RefNotFound',
      `${access.remote.url} has no commit ${commit}: it was deleted, or was never pushed to a branch or tag there. Check spec.git.ref.`,
    );
  }

  async #byId(commit: string, access: RemoteAccess, scope: FetchScope, isHere: () => Promise<boolean>): Promise<boolean | SyncError> {
    return await this.#attempt(commit, access, [`${commit}:${pinOf(commit)}`], scope, isHere);
  }

  /** Whether what is wanted is here afterwards, or why the host did not give it. */
  async #attempt(
    commit: string,
    access: RemoteAccess,
    wanted: readonly string[],
    scope: FetchScope,
    isHere: () => Promise<boolean>,
  ): Promise<boolean | SyncError> {
    const refused = await this.#refusal(() => fetchInto(this.#repository.gitDir, access, wanted, scope));
    if (refused) return refused;
    if (!(await isHere())) return false;
    if (!wanted.some((refspec) => refspec.endsWith(pinOf(commit)))) await this.#repository.pin(commit);
    return true;
  }

  async #nearlyEvery(): Promise<boolean> {
    return (await stat(join(this.#repository.gitDir, MARK)).catch(() => undefined)) !== undefined;
  }

  async #markNearlyEvery(is: boolean): Promise<void> {
    const mark = join(this.#repository.gitDir, MARK);
    if (!is) await rm(mark, { force: true });
    else if (!(await this.#nearlyEvery())) await writeFile(mark, '');
  }
}

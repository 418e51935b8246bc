import { rm } from 'node:fs/promises';
import type { GitSettings } from '../clients/git/environment.ts';
import type { RemoteRef } from '../clients/git/refs.ts';
import { fetchInto, type RemoteAccess } from '../clients/git/remote-client.ts';
import { listRefs, packCount, repack } from '../clients/git/repack.ts';
import { Repository } from '../clients/git/repository.ts';
import { SyncError } from '../domain/errors.ts';
import { InTurn } from './in-turn.ts';
import { removeLeftovers } from './leftovers.ts';
import { RecentMap } from './recent-map.ts';

/** More than this are put together. */
const MOST_PACKS = 30;

/**
 * The commits of a remote without their content, beside the mirror, which has no history: tells whether a commit lies on a branch or
 * tag. Filled only when somebody asks for a commit by its id.
 */
export class History {
  readonly #repository: Repository;
  readonly #settings: GitSettings;
  readonly #turns = new InTurn();
  /** Names that reach a commit, each with the commit that it named then. */
  readonly #proven = new RecentMap<string, readonly RemoteRef[]>(256);
  #clean = false;

  constructor(gitDir: string, settings: GitSettings) {
    this.#repository = new Repository(gitDir, settings);
    this.#settings = settings;
  }

  /**
   * Whether one of the names that the remote shows now reaches a commit.
   * @throws SyncError of the git side.
   */
  async reaches(commit: string, advertised: readonly RemoteRef[], access: () => Promise<RemoteAccess>): Promise<boolean> {
    if (advertised.some((ref) => ref.commit === commit) || this.#isProven(commit, advertised)) return true;
    return await this.#turns.run(async () => {
      if (this.#isProven(commit, advertised)) return true;
      const names = new Set(await this.#namesThatReach(commit, await access()));
      const proof = advertised.filter((ref) => names.has(ref.name));
      this.#proven.set(commit, proof);
      return proof.length > 0;
    });
  }

  /** Puts many packs together. @throws SyncError of the git side */
  async tidy(): Promise<void> {
    const { gitDir } = this.#repository;
    await this.#turns.run(async () => {
      if ((await packCount(gitDir)) > MOST_PACKS) await repack(gitDir, this.#settings, await listRefs(gitDir, this.#settings));
    });
  }

  async remove(): Promise<void> {
    await this.#turns.run(() => rm(this.#repository.gitDir, { recursive: true, force: true }));
  }

  #isProven(commit: string, advertised: readonly RemoteRef[]): boolean {
    const proof = this.#proven.get(commit) ?? [];
    return proof.some((known) => advertised.some((ref) => ref.name === known.name && ref.commit === known.commit));
  }

  async #namesThatReach(commit: string, access: RemoteAccess): Promise<string[]> {
    if (!this.#clean) await removeLeftovers(this.#repository.gitDir);
    this.#clean = true;
    try {
      return await this.#fetchAndAsk(commit, access);
    } catch (error) {
      await removeLeftovers(this.#repository.gitDir); // of the git that was just ended
      if (!(error instanceof SyncError) || error.reason !== 'GitFailed') throw error;
      await rm(this.#repository.gitDir, { recursive: true, force: true });
      return await this.#fetchAndAsk(commit, access);
    }
  }

  async #fetchAndAsk(commit: string, access: RemoteAccess): Promise<string[]> {
    await this.#repository.init(commit.length === 64 ? 'sha256' : 'sha1');
    await fetchInto(this.#repository.gitDir, access, ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'], 'history');
    return await this.#repository.refsContaining(commit);
  }
}

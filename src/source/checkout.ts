import type { BlobBody } from '../clients/git/cat-file.ts';
import type { TreeEntry } from '../domain/plan/tree.ts';
import type { AskAccess, Mirror } from './mirror.ts';

/** One repository at one commit. */
export interface Origin {
  readonly mirror: Mirror;
  readonly access: AskAccess;
  readonly commit: string;
  readonly url: string;
  /** Whose eyes it is seen with. */
  readonly identity: string;
}

/** A commit's whole listing, submodules included where they are resolved, and from where each blob is read. */
export class Checkout {
  readonly entries: readonly TreeEntry[];
  /** Tells two listings of one commit apart. */
  readonly kind: string;
  readonly #main: Origin;
  readonly #others: ReadonlyMap<string, Origin>;

  /** @param others the origins of blobs that are not in the main repository */
  constructor(main: Origin, entries: readonly TreeEntry[], others: ReadonlyMap<string, Origin>, kind: string) {
    this.entries = entries;
    this.kind = kind;
    this.#main = main;
    this.#others = others;
  }

  /** The commits that it was made of. */
  get commits(): string[] {
    return [...new Set([this.#main, ...this.#others.values()].map(({ commit }) => commit))];
  }

  originOf(oid: string): Origin {
    return this.#others.get(oid) ?? this.#main;
  }

  /** Has these blobs fetched where they are missing, in as few calls as possible. @throws SyncError of the git side */
  async bring(oids: Iterable<string>): Promise<void> {
    for (const [{ mirror, access, commit }, own] of Map.groupBy(oids, (oid) => this.originOf(oid))) await mirror.bring(commit, access, own);
  }

  /** Reads blobs, one repository after the other. */
  async read<T>(
    oids: Iterable<string>,
    use: (bodies: AsyncIterable<BlobBody>) => Promise<ReadonlyMap<string, T>>,
  ): Promise<Map<string, T>> {
    const all = new Map<string, T>();
    for (const [{ mirror, access, commit }, own] of Map.groupBy(oids, (oid) => this.originOf(oid))) {
      const found = await mirror.read(commit, access, (repository) => use(repository.readBlobs(own)), own);
      for (const [oid, value] of found) all.set(oid, value);
    }
    return all;
  }
}

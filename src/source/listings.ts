import { setTimeout } from 'node:timers/promises';
import type { RemoteRef } from '../clients/git/refs.ts';
import { listRemote, type RemoteAccess } from '../clients/git/remote-client.ts';
import { SyncError } from '../domain/errors.ts';
import { leftAloneMs, type RemoteFailure } from '../domain/remote-backoff.ts';
import { RecentMap } from './recent-map.ts';

/** Objects that ask at about the same time are waited for this long, where several are known to share a remote. */
const GATHER_MS = 100;
const REMEMBER_ASKERS_MS = 10 * 60_000;

/** Who asks, and how fresh the answer must be. */
export interface Ask {
  readonly asker: string;
  /** Steady milliseconds (`performance.now`): what was asked of the host before then is no answer. */
  readonly notBefore: number;
  /** False for a look that only the clock asked for: such a one does not disturb a host that failed lately. */
  readonly hasReason: boolean;
}

interface Listing {
  /** Undefined until the host is asked. */
  startedAt: number | undefined;
  refs: Promise<RemoteRef[]>;
  waiting: number;
  readonly stop: AbortController;
}

/**
 * What one remote shows to one credential at a time: asked once for everybody who asks at about the same time, and left alone for a
 * while after it failed. Knows which credentials have proved that they may read.
 */
export class Listings {
  readonly #last = new RecentMap<string, Listing>(32);
  readonly #failures = new RecentMap<string, RemoteFailure & { readonly error: SyncError }>(32);
  readonly #proved = new Set<string>();
  readonly #askers = new Map<string, number>();

  /**
   * Branches and tags, and what `ref` names where it is neither.
   * @throws SyncError of the git side.
   */
  async list(access: RemoteAccess, ask: Ask, ref?: string): Promise<readonly RemoteRef[]> {
    const proof = access.proof ?? '';
    const scope = ref === undefined || /^refs\/(heads|tags)\//.test(ref) || !ref.startsWith('refs/') ? undefined : ref;
    const key = JSON.stringify([proof, scope ?? '']);
    const known = this.#last.get(key);
    if (known && (known.startedAt === undefined || known.startedAt >= ask.notBefore)) return await this.#wait(known, key, access.signal);
    const failure = this.#failures.get(proof);
    const rest = failure ? leftAloneMs(failure, performance.now(), ask.hasReason) : 0;
    if (failure && rest > 0) throw new SyncError(failure.error.reason, failure.error.message, { retryAfterMs: Math.ceil(rest) });
    const listing: Listing = { startedAt: undefined, refs: Promise.resolve([]), waiting: 0, stop: new AbortController() };
    listing.refs = this.#ask(listing, access, proof, scope, this.#isShared(ask.asker));
    listing.refs.catch(() => (this.#last.get(key) === listing ? this.#last.delete(key) : undefined));
    this.#last.set(key, listing);
    return await this.#wait(listing, key, access.signal);
  }

  /** Whoever asked may go away; when everybody has, the host is not asked any longer. */
  async #wait(listing: Listing, key: string, signal: AbortSignal | undefined): Promise<RemoteRef[]> {
    const called = Promise.withResolvers<never>();
    const callOff = (): void => {
      listing.waiting -= 1;
      if (listing.waiting === 0) {
        if (this.#last.get(key) === listing) this.#last.delete(key);
        listing.stop.abort(signal?.reason);
      }
      called.reject(signal?.reason as Error);
    };
    signal?.throwIfAborted();
    listing.waiting += 1;
    signal?.addEventListener('abort', callOff, { once: true });
    try {
      return await Promise.race([listing.refs, called.promise]);
    } finally {
      signal?.removeEventListener('abort', callOff);
    }
  }

  /**
   * Whether a credential may read, as far as was found out since this process began; asks the host if that is not known.
   * @throws SyncError of the git side.
   */
  async prove(access: RemoteAccess, ask: Ask): Promise<void> {
    if (access.credential.kind !== 'none' && !this.#proved.has(access.proof ?? '')) await this.list(access, ask);
  }

  async #ask(listing: Listing, access: RemoteAccess, proof: string, scope: string | undefined, shared: boolean): Promise<RemoteRef[]> {
    if (shared) await setTimeout(GATHER_MS);
    listing.startedAt = performance.now();
    try {
      const refs = await listRemote({ ...access, signal: listing.stop.signal }, scope);
      this.#failures.delete(proof);
      this.#proved.add(proof);
      return refs;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      if (error.reason === 'AuthenticationFailed' || error.reason === 'RepositoryNotFound') this.#proved.delete(proof);
      const failures = (this.#failures.get(proof)?.failures ?? 0) + 1;
      this.#failures.set(proof, { failures, at: performance.now(), retryAfterMs: error.retryAfterMs, error });
      throw error;
    }
  }

  /** Whether several objects ask for this remote. */
  #isShared(asker: string): boolean {
    const now = performance.now();
    this.#askers.set(asker, now);
    for (const [name, at] of this.#askers) if (at < now - REMEMBER_ASKERS_MS) this.#askers.delete(name);
    return this.#askers.size > 1;
  }
}

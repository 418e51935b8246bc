/** Requests of one address at once, and how fast they come back. */
const BURST = 20;
const PER_SECOND = 2;
/** Addresses remembered: beyond that the longest unheard go. */
const MAX_ADDRESSES = 10_000;

/** A token bucket per address, on the caller's clock. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** Whether one more request of this address is answered now; `nowMs` never goes back. */
  allow(address: string, nowMs: number): boolean {
    const before = this.#buckets.get(address) ?? { tokens: BURST, at: nowMs };
    const tokens = Math.min(BURST, before.tokens + ((nowMs - before.at) / 1000) * PER_SECOND);
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: nowMs });
    if (this.#buckets.size > MAX_ADDRESSES) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    return tokens >= 1;
  }
}

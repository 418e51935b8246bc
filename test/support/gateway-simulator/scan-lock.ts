import { once, EventEmitter } from 'node:events';
import { z } from 'zod';
import { empty, errorPage, invalidBody, json, noRoute, type Reply } from './answers.ts';
import type { Faults } from './faults.ts';

/** Seconds [facts 1.4]. */
const Wish = z.strictObject({ acquireTimeout: z.number().min(0).default(0), holdTimeout: z.number().min(0).default(60) });

/**
 * The lock of one kind of scan [facts 1.4]: 200 acquired, 409 held by another, 408 when waiting for it took too long, 400 and 500 for bad
 * bodies; ends by itself after its hold time, or with a scan request by anybody. No source says when 409 comes and when 408: here 409 is
 * for who does not want to wait.
 */
export class ScanLock {
  #held: { readonly actor: string; readonly until: number; readonly timer: NodeJS.Timeout } | undefined;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #since = process.hrtime.bigint();

  get actor(): string | undefined {
    return this.#held?.actor;
  }

  take(actor: string, holdSeconds: number): void {
    const timer = setTimeout(() => this.release(), holdSeconds * 1000);
    timer.unref();
    this.#held = { actor, until: Date.now() + holdSeconds * 1000, timer };
  }

  release(): void {
    clearTimeout(this.#held?.timer);
    this.#held = undefined;
    this.#changes.emit('free');
  }

  /** Resolves when nobody holds it: writes of the API wait meanwhile [facts 1.4]. */
  async free(): Promise<void> {
    while (this.#held) await once(this.#changes, 'free');
  }

  async #freeWithin(signal: AbortSignal): Promise<boolean> {
    try {
      for (; this.#held;) await once(this.#changes, 'free', { signal });
      return true;
    } catch {
      return false;
    }
  }

  async acquire(faults: Faults, actor: string, body: string, path: string): Promise<Reply> {
    if (faults.locks === 'absent') return noRoute(path);
    if (faults.locks === 'taken') return empty(409);
    if (body === '') return faults.lockWithoutBody === 500 ? errorPage(500, 'Server Error') : invalidBody();
    const wish = Wish.safeParse(parsed(body));
    if (!wish.success) return invalidBody();
    const { acquireTimeout, holdTimeout } = wish.data;
    if (this.#held) {
      if (acquireTimeout === 0) return empty(409);
      const signal = AbortSignal.timeout(acquireTimeout * 1000);
      if (!(await this.#freeWithin(signal))) return empty(408);
    }
    this.take(actor, holdTimeout);
    return json(this.#info());
  }

  show(faults: Faults, path: string): Reply {
    if (faults.locks === 'absent') return noRoute(path);
    if (faults.locks === 'taken') return json({ timestamp: 1, remaining: 30, actor: 'api-token:somebody:10.0.0.9' });
    return this.#held ? json(this.#info()) : empty(204);
  }

  /** `timestamp` is opaque and no epoch [facts 1.4]. */
  #info(): unknown {
    const { until = 0, actor = '' } = this.#held ?? {};
    const timestamp = Number((process.hrtime.bigint() - this.#since) / 1_000_000n);
    return { timestamp, remaining: Math.max(0, Math.floor((until - Date.now()) / 1000)), actor };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

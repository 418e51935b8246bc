import { setTimeout as delay } from 'node:timers/promises';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;
/** Keys worked on at once. */
const PARALLEL = 16;

/**
 * Work by key: what is added while a key waits or is worked on becomes one further run; a run that fails comes again by itself, with a
 * growing pause, until it succeeds. Nothing is worked on before `open`.
 */
export class KeyedQueue {
  readonly #work: (key: string, reasons: readonly string[]) => Promise<void>;
  readonly #onError: (key: string, error: unknown) => void;
  readonly #waiting = new Map<string, Set<string>>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #opened = false;

  constructor(work: (key: string, reasons: readonly string[]) => Promise<void>, onError: (key: string, error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  add(key: string, reason: string): void {
    const reasons = this.#waiting.get(key);
    if (reasons) reasons.add(reason);
    else this.#waiting.set(key, new Set([reason]));
    this.#pump();
  }

  open(): void {
    this.#opened = true;
    this.#pump();
  }

  /** Ends; resolves when nothing runs any more. What still waits is dropped: the next start looks at everything anew. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#busy.values());
  }

  #pump(): void {
    if (!this.#opened || this.#stop.signal.aborted) return;
    for (const [key, reasons] of this.#waiting) {
      if (this.#busy.size >= PARALLEL) return;
      if (this.#busy.has(key)) continue;
      this.#waiting.delete(key);
      // Begun in a later turn: work may add to its own key, and the key must be known as busy by then.
      const run = Promise.resolve()
        .then(() => this.#untilDone(key, reasons))
        .finally(() => {
          this.#busy.delete(key);
          this.#pump();
        });
      this.#busy.set(key, run);
    }
  }

  async #untilDone(key: string, reasons: ReadonlySet<string>): Promise<void> {
    const { signal } = this.#stop;
    for (let pause = FIRST_DELAY_MS; !signal.aborted; pause = Math.min(pause * 2, MAX_DELAY_MS)) {
      try {
        await this.#work(key, [...reasons]);
        return;
      } catch (error) {
        this.#onError(key, error);
        await delay(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

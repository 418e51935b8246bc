/** Lets one caller in at a time, in the order of asking. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Waits for its turn; a caller whose signal is aborted meanwhile gives up its place at once. */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#tail;
    const { promise: left, resolve: leave } = Promise.withResolvers<undefined>();
    this.#tail = before.then(() => left);
    try {
      await orAborted(before, signal);
      return await work();
    } finally {
      leave(undefined);
    }
  }
}

async function orAborted(wait: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([wait, aborted]);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

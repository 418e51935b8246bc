/** Does one thing after the other, also after one that failed. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins when everything before has ended; the answer and the failure are the caller's. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

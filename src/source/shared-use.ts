/** Lets many use something at once, or one change it: who changes it never waits for users, users wait for who changes it. */
export class SharedUse {
  #users = 0;
  #changing: Promise<unknown> | undefined;

  async during<T>(use: () => Promise<T>): Promise<T> {
    while (this.#changing) await this.#changing.catch(() => undefined);
    this.#users += 1;
    try {
      return await use();
    } finally {
      this.#users -= 1;
    }
  }

  /** Undefined, without having done anything, while anybody uses it. */
  async changeIfFree<T>(change: () => Promise<T>): Promise<T | undefined> {
    if (this.#users > 0 || this.#changing) return undefined;
    const changing = change();
    this.#changing = changing;
    try {
      return await changing;
    } finally {
      this.#changing = undefined;
    }
  }
}

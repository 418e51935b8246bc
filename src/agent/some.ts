/** Items that are named: whatever there is more of is only counted. */
const KEPT = 1_000;

/** How many there are, and the first of them: what is found on a gateway may be any number. */
export class Some<T> implements Iterable<T> {
  readonly #first: T[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(item: T): void {
    this.#count += 1;
    if (this.#first.length < KEPT) this.#first.push(item);
  }

  [Symbol.iterator](): Iterator<T, undefined> {
    return this.#first[Symbol.iterator]();
  }
}

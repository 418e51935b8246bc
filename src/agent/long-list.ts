import { join } from 'node:path';
import { linesOf } from './hash.ts';
import type { Layout } from './layout.ts';
import { PIECE, writeText } from './text-pieces.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Items up to this many stay in memory: the plans of most commits. */
export const IN_MEMORY = 1_000;

/** What can be gone through again and again. */
export interface Listed<T> extends Iterable<T> {
  readonly length: number;
}

/** The same list, each item made into another as it is come to. */
export function mapped<T, U>(list: Listed<T>, make: (item: T) => U): Listed<U> {
  return {
    length: list.length,
    *[Symbol.iterator]() {
      for (const item of list) yield make(item);
    },
  };
}

/** The first items, at most so many. */
export function firstOf<T>(list: Iterable<T>, atMost: number): T[] {
  const first: T[] = [];
  for (const item of list) {
    if (first.length === atMost) break;
    first.push(item);
  }
  return first;
}

/**
 * A list of any length in bounded memory: beyond the first thousand its items lie as JSON lines in a file on the volume that has no name, so
 * that it is gone when this process is. It can be gone through any number of times, also while others go through it.
 */
class LongList<T> implements Listed<T>, Disposable {
  readonly #volume: VolumeFs;
  readonly #path: string;
  #items: T[] | undefined = [];
  #length = 0;
  #fd: number | undefined;
  #unwritten = '';

  constructor(volume: VolumeFs, path: string) {
    this.#volume = volume;
    this.#path = path;
  }

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    this.#length += 1;
    if (this.#items && this.#items.length < IN_MEMORY) {
      this.#items.push(item);
      return;
    }
    if (this.#items) this.#moveOut(this.#items);
    this.#collect(item);
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    if (this.#items) {
      yield* this.#items;
      return;
    }
    this.#write();
    for (const line of linesOf(this.#fd ?? -1)) yield JSON.parse(line) as T;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) this.#volume.close(this.#fd);
    this.#fd = undefined;
    this.#items = [];
  }

  #moveOut(items: readonly T[]): void {
    this.#fd = this.#volume.create(this.#path, 'append', 0o600);
    this.#volume.remove(this.#path);
    this.#items = undefined;
    for (const item of items) this.#collect(item);
  }

  #collect(item: T): void {
    this.#unwritten += `${JSON.stringify(item)}\n`;
    if (this.#unwritten.length > PIECE) this.#write();
  }

  #write(): void {
    if (this.#fd === undefined || this.#unwritten === '') return;
    writeText(this.#volume, this.#fd, this.#unwritten);
    this.#unwritten = '';
  }
}
export type { LongList };

/** Makes lists that all go together. */
export class Lists implements Disposable {
  readonly #layout: Layout;
  readonly #made: Disposable[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  make<T>(): LongList<T> {
    const list = new LongList<T>(this.#layout.volume, join(this.#layout.staging, `list-${this.#made.length}`));
    this.#made.push(list);
    return list;
  }

  [Symbol.dispose](): void {
    for (const list of this.#made) list[Symbol.dispose]();
  }
}

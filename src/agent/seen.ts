import type { Stats } from 'node:fs';
import { comparePaths, type ManifestEntry } from '../domain/manifest.ts';
import { linesOf } from './hash.ts';
import type { Layout } from './layout.ts';
import { writeLines } from './lines-file.ts';
import type { Lists, LongList } from './long-list.ts';
import { errnoOf } from './volume-error.ts';

/** A file that changed this shortly before it was read may change again without its time telling. */
const SETTLED_MS = 1_000;

type Row = readonly [path: string, sha256: string, size: number, mtimeMs: number, ino: number];

/**
 * Which files had the bytes of the manifest when they were read last, and how they looked then: one line per file, in the order of manifests.
 * Asked and told in that order. It may be lost: then everything is read once more.
 */
export class Seen implements Disposable {
  readonly #layout: Layout;
  readonly #fd: number | undefined;
  readonly #before: Iterator<string, undefined>;
  /** Absent where nothing is to be noted. */
  readonly #rows: LongList<Row> | undefined;
  #at: Row | undefined;
  /** Rows that were known before. */
  #known = 0;
  /** Rows that are as they were known before. */
  #same = 0;

  private constructor(layout: Layout, lists: Lists | undefined, fd: number | undefined) {
    this.#layout = layout;
    this.#fd = fd;
    this.#before = fd === undefined ? [][Symbol.iterator]() : linesOf(fd);
    this.#rows = lists?.make<Row>();
    this.#next();
  }

  /** @param lists absent: nothing is noted, and nothing written */
  static read(layout: Layout, lists: Lists | undefined): Seen {
    try {
      return new Seen(layout, lists, layout.volume.open(layout.seen));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Seen(layout, lists, undefined);
      throw error;
    }
  }

  /** Whether this file was read before and looks as it did then. */
  has({ path, sha256 }: ManifestEntry, stat: Stats): boolean {
    while (this.#at && comparePaths(this.#at[0], path) < 0) this.#next();
    if (this.#at?.[0] !== path) return false;
    const [, digest, size, mtimeMs, ino] = this.#at;
    return digest === sha256 && size === stat.size && mtimeMs === stat.mtimeMs && ino === stat.ino;
  }

  /** Asked after `has` for the same file. */
  add(entry: ManifestEntry, stat: Stats, nowMs: number): void {
    const { size, mtimeMs, ino } = stat;
    if (mtimeMs >= nowMs - SETTLED_MS) return;
    if (this.has(entry, stat)) this.#same += 1;
    this.#rows?.push([entry.path, entry.sha256, size, mtimeMs, ino]);
  }

  /** Writes nothing when nothing is new. */
  async write(): Promise<void> {
    if (!this.#rows) return;
    while (this.#at) this.#next();
    if (this.#same === this.#known && this.#same === this.#rows.length) return;
    const { volume, seen } = this.#layout;
    await writeLines(volume, `${seen}.new`, this.#rows);
    volume.rename(`${seen}.new`, seen);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) this.#layout.volume.close(this.#fd);
  }

  #next(): void {
    const line = this.#before.next();
    this.#at = line.done === true ? undefined : rowOf(line.value);
    if (this.#at) this.#known += 1;
  }
}

/** From a line that is damaged on nothing is known. */
function rowOf(line: string): Row | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return Array.isArray(row) && typeof row[0] === 'string' ? (row as unknown as Row) : undefined;
  } catch {
    return undefined;
  }
}

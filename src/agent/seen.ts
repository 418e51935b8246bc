import { readFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { comparePaths, type ManifestEntry } from '../domain/manifest.ts';
import { writeDurably } from './durable.ts';
import type { Layout } from './layout.ts';
import { errnoOf } from './volume-error.ts';

/** A file that changed this shortly before it was read may change again without its time telling. */
const SETTLED_MS = 1_000;

type Row = readonly [path: string, sha256: string, size: number, mtimeMs: number, ino: number];

/**
 * Which files had the bytes of the manifest when they were read last, and how they looked then: one line per file, in the order of manifests.
 * Asked and told in that order. It may be lost: then everything is read once more.
 */
export class Seen {
  readonly #layout: Layout;
  readonly #before: Iterator<string, undefined>;
  readonly #text: string;
  readonly #lines: string[] = [];
  #at: Row | undefined;

  private constructor(layout: Layout, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#before = linesOf(text);
    this.#at = this.#next();
  }

  static async read(layout: Layout): Promise<Seen> {
    try {
      return new Seen(layout, await readFile(layout.seen, 'utf8'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Seen(layout, '');
      throw error;
    }
  }

  /** Whether this file was read before and looks as it did then. */
  has({ path, sha256 }: ManifestEntry, stat: Stats): boolean {
    while (this.#at && comparePaths(this.#at[0], path) < 0) this.#at = this.#next();
    if (this.#at?.[0] !== path) return false;
    const [, digest, size, mtimeMs, ino] = this.#at;
    return digest === sha256 && size === stat.size && mtimeMs === stat.mtimeMs && ino === stat.ino;
  }

  add({ path, sha256 }: ManifestEntry, { size, mtimeMs, ino }: Stats, nowMs: number): void {
    if (mtimeMs < nowMs - SETTLED_MS) this.#lines.push(`${JSON.stringify([path, sha256, size, mtimeMs, ino] satisfies Row)}\n`);
  }

  /** Writes nothing when nothing is new. */
  async write(): Promise<void> {
    const text = this.#lines.join('');
    if (text !== this.#text) await writeDurably(this.#layout.seen, text);
  }

  #next(): Row | undefined {
    const line = this.#before.next();
    return line.done === true ? undefined : rowOf(line.value);
  }
}

function* linesOf(text: string): Generator<string, undefined> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    if (end === -1) return undefined;
    yield text.slice(at, end);
    at = end + 1;
  }
  return undefined;
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

/** A sha256 in lower-case hex: how manifests, files, plans and desired inputs are named everywhere. */
export type Digest = string;

/** Stands for "this product has applied nothing here yet" wherever the digest of a live manifest is expected. */
export const NO_MANIFEST = 'none';

/** One file that this product owns on one gateway. */
export interface ManifestEntry {
  /** Relative to the data directory, `/` between components, no leading `./`. */
  readonly path: string;
  readonly sha256: Digest;
  /** Bytes. */
  readonly size: number;
  /** Git's executable bit, no more. */
  readonly executable: boolean;
  /**
   * Made only where the gateway has nothing at this path: what stands there stays, whatever its bytes. Never deleted. An agent older than
   * this mark writes the file like any other.
   */
  readonly ifAbsent?: true;
}

/** Folders that shall hold nothing but what the manifest lists. */
export interface Mirror {
  /** Sorted, none inside another. */
  readonly folders: readonly string[];
  /** Exclude patterns: what they match is left alone. */
  readonly spares: readonly string[];
}

/** The sorted list of every file this product owns on one gateway at one commit. */
export interface Manifest {
  readonly version: 1;
  readonly mirror?: Mirror;
  readonly entries: readonly ManifestEntry[];
}

/** UTF-16 sorts surrogate pairs (U+10000 and above) before U+E000..U+FFFF; UTF-8 sorts them after. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Byte order of UTF-8, which every machine and locale agrees on. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  if (i === length) return a.length - b.length;
  return utf8Rank(a.charCodeAt(i)) - utf8Rank(b.charCodeAt(i));
}

/** Sorts the entries; the one way to make a manifest. */
export function createManifest(entries: Iterable<ManifestEntry>, mirror?: Mirror): Manifest {
  return { version: 1, ...(mirror && { mirror }), entries: [...entries].sort((a, b) => comparePaths(a.path, b.path)) };
}

/**
 * The canonical text of a manifest: one header line, one line of what is mirrored if anything is, one line per file. The manifest's digest is the sha256 of these bytes,
 * so the same input gives the same digest on any machine.
 */
export function encodeManifest(manifest: Manifest): string {
  return [...manifestPieces(manifest)].join('');
}

/** The canonical text piece by piece, for whoever need not have all of it at once. */
export function* manifestPieces({ entries, mirror }: Manifest): Generator<string> {
  yield `${HEADER}\n${mirror ? `${JSON.stringify([MIRROR, mirror.folders, mirror.spares])}\n` : ''}`;
  for (let at = 0; at < entries.length; at += PIECE)
    yield entries
      .slice(at, at + PIECE)
      .map(lineOf)
      .join('');
}

function lineOf({ path, sha256, size, executable, ifAbsent }: ManifestEntry): string {
  return `${JSON.stringify([path, sha256, size, executable ? 1 : 0, ...(ifAbsent ? [1] : [])])}\n`;
}

/** Reads what `encodeManifest` wrote. @throws Error when the text is not a manifest: a damaged manifest is never half used. */
export function decodeManifest(text: string): Manifest {
  const manifest = new ManifestText(text);
  return createManifest(manifest.entries(), manifest.mirror);
}

/** Lines of a piece. */
const PIECE = 500;

const HEADER = 'ignition-sync manifest 1';
/** Stands where a file line has its path; no path begins with a slash. */
const MIRROR = '/mirror';
const MIRROR_LINE = `["${MIRROR}",`;

/** One path of two manifests: no `before` is an added file, no `after` one that is gone. */
export interface ManifestDifference {
  readonly path: string;
  readonly before?: ManifestEntry;
  readonly after?: ManifestEntry;
}

/**
 * A manifest line by line. Lines are read one by one and only where they are wanted, so that comparing two manifests of many files costs
 * their difference, in time and memory.
 */
export abstract class ManifestLines {
  /** All lines without their ends, the header too. May be asked for again and again. */
  protected abstract allLines(): Generator<string, undefined>;

  /** The folders that shall hold nothing else; undefined when there are none. @throws Error when the line about them is none. */
  get mirror(): Mirror | undefined {
    const all = this.allLines();
    all.next();
    const { value } = all.next();
    all.return(undefined);
    return value?.startsWith(MIRROR_LINE) ? parseMirror(value) : undefined;
  }

  /** How many files it lists. */
  count(): number {
    const lines = this.lines();
    let count = 0;
    while (lines.next().done !== true) count += 1;
    return count;
  }

  /** Every entry, or those whose line begins so. @throws Error at a line that is none. */
  *entries(lineStart = ''): Generator<ManifestEntry> {
    for (const line of this.lines()) if (line.startsWith(lineStart)) yield parseLine(line);
  }

  /** The first path of each of these contents. */
  pathsOf(digests: ReadonlySet<Digest>): Map<Digest, string> {
    const found = new Map<Digest, string>();
    for (const line of this.lines()) {
      const end = line.lastIndexOf('"'); // what follows the digest are numbers
      const digest = line.slice(end - 64, end);
      if (digests.has(digest) && !found.has(digest)) found.set(digest, parseLine(line).path);
    }
    return found;
  }

  /** Those files whose paths are wanted, as a manifest of their own. */
  part(keep: (path: string) => boolean): ManifestLines {
    return new ManifestPart(() => this.lines(), keep);
  }

  /** The paths at which `next` differs, in order. */
  differences(next: ManifestLines): Generator<ManifestDifference> {
    return this.#beside(next, 'differences');
  }

  /** Every path of both, in order. */
  union(next: ManifestLines): Generator<ManifestDifference> {
    return this.#beside(next, 'everything');
  }

  *#beside(next: ManifestLines, which: Which): Generator<ManifestDifference> {
    const [mine, theirs] = [this.lines(), next.lines()];
    try {
      yield* between(mine, theirs, which);
    } finally {
      mine.return(undefined);
      theirs.return(undefined);
    }
  }

  /** The lines of the files. */
  private *lines(): Generator<string, undefined> {
    const all = this.allLines();
    try {
      if (all.next().value !== HEADER) throw new Error('not a manifest');
      const { value: first } = all.next();
      if (first !== undefined && !first.startsWith(MIRROR_LINE)) yield first;
      yield* all;
    } finally {
      all.return(undefined);
    }
    return undefined;
  }
}

class ManifestPart extends ManifestLines {
  readonly #lines: () => Generator<string, undefined>;
  readonly #keep: (path: string) => boolean;

  constructor(lines: () => Generator<string, undefined>, keep: (path: string) => boolean) {
    super();
    this.#lines = lines;
    this.#keep = keep;
  }

  protected *allLines(): Generator<string, undefined> {
    yield HEADER;
    for (const line of this.#lines()) if (this.#keep(parseLine(line).path)) yield line;
    return undefined;
  }
}

type Which = 'differences' | 'everything';

function* between(mine: Generator<string, undefined>, theirs: Generator<string, undefined>, which: Which): Generator<ManifestDifference> {
  let [a, b] = [mine.next(), theirs.next()];
  while (a.done !== true || b.done !== true) {
    if (which === 'differences' && a.done !== true && b.done !== true && a.value === b.value) {
      [a, b] = [mine.next(), theirs.next()];
      continue;
    }
    const before = a.done === true ? undefined : parseLine(a.value);
    const after = b.done === true ? undefined : parseLine(b.value);
    const order = before && after ? comparePaths(before.path, after.path) : before ? -1 : 1;
    if (before && order <= 0) a = mine.next();
    if (after && order >= 0) b = theirs.next();
    const path = (order <= 0 ? before?.path : after?.path) ?? '';
    yield { path, ...(before && order <= 0 && { before }), ...(after && order >= 0 && { after }) };
  }
}

/** A manifest as its canonical text. */
export class ManifestText extends ManifestLines {
  readonly text: string;

  /** @throws Error when the text has no header, or is cut short. */
  constructor(text: string) {
    super();
    if (!text.startsWith(`${HEADER}\n`) || !text.endsWith('\n')) throw new Error('not a manifest, or cut short');
    this.text = text;
  }

  protected *allLines(): Generator<string, undefined> {
    for (let at = 0; at < this.text.length;) {
      const end = this.text.indexOf('\n', at);
      yield this.text.slice(at, end);
      at = end + 1;
    }
    return undefined;
  }
}

function parseMirror(line: string): Mirror {
  const [, folders, spares] = JSON.parse(line) as unknown[];
  if (!isTexts(folders) || !isTexts(spares)) throw new Error(`not a manifest line: ${line}`);
  return { folders, spares };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parseLine(line: string): ManifestEntry {
  const row: unknown = JSON.parse(line);
  if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'string' || typeof row[2] !== 'number')
    throw new Error(`not a manifest line: ${line}`);
  return { path: row[0], sha256: row[1], size: row[2], executable: row[3] === 1, ...(row[4] === 1 && { ifAbsent: true }) };
}

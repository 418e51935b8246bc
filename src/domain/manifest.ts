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
}

/** The sorted list of every file this product owns on one gateway at one commit. */
export interface Manifest {
  readonly version: 1;
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
export function createManifest(entries: Iterable<ManifestEntry>): Manifest {
  return { version: 1, entries: [...entries].sort((a, b) => comparePaths(a.path, b.path)) };
}

/**
 * The canonical text of a manifest: one header line, one line per file. The manifest's digest is the sha256 of these bytes,
 * so the same input gives the same digest on any machine.
 */
export function encodeManifest(manifest: Manifest): string {
  const lines = manifest.entries.map((e) => JSON.stringify([e.path, e.sha256, e.size, e.executable ? 1 : 0]));
  return ['ignition-sync manifest 1', ...lines, ''].join('\n');
}

/**
 * Reads what `encodeManifest` wrote.
 * @throws Error when the text is not a manifest: a damaged manifest is never half used.
 */
export function decodeManifest(text: string): Manifest {
  const lines = text.split('\n');
  if (lines[0] !== 'ignition-sync manifest 1' || lines.at(-1) !== '') throw new Error('not a manifest, or cut short');
  const entries = lines.slice(1, -1).map((line): ManifestEntry => {
    const row: unknown = JSON.parse(line);
    if (!Array.isArray(row) || typeof row[0] !== 'string' || typeof row[1] !== 'string' || typeof row[2] !== 'number')
      throw new Error(`not a manifest line: ${line}`);
    return { path: row[0], sha256: row[1], size: row[2], executable: row[3] === 1 };
  });
  return { version: 1, entries };
}

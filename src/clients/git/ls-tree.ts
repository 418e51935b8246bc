import { SyncError } from '../../domain/errors.ts';
import type { TreeEntry } from '../../domain/plan/tree.ts';

/** Each mode as one text for all entries. */
const MODES = new Map((['100644', '100755', '120000', '160000'] as const).map((mode) => [mode as string, mode]));

/** Files of one commit: more are no project, and may be one small tree that stands a million times in others. */
const MAX_ENTRIES = 1_000_000;
const MAX_BYTES = 256 * 2 ** 20;

const SPACE = 32;

/** Adds up a listing as it comes, which a small repository can make longer than any memory. */
export class TreeLimit {
  #entries = 0;
  #bytes = 0;

  /** Whether this piece is more than a commit may list. */
  readonly isTooMuch = (piece: Buffer): boolean => {
    this.#bytes += piece.length;
    for (let at = piece.indexOf(0); at >= 0; at = piece.indexOf(0, at + 1)) this.#entries += 1;
    return this.isExceeded;
  };

  get isExceeded(): boolean {
    return this.#entries > MAX_ENTRIES || this.#bytes > MAX_BYTES;
  }

  /** What to say then. */
  fault(commit: string): SyncError {
    return new SyncError(
      'UnsupportedContent',
      `Commit ${commit} has more than ${MAX_ENTRIES.toLocaleString('en')} files, or names of more than ${MAX_BYTES / 2 ** 20} MiB: keep what gateways get in a smaller repository.`,
    );
  }
}

/** Reads `ls-tree -r -z`: `<mode> <type> <id>\t<name>\0`, where the name is bytes. */
export function parseTree(output: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let start = 0; start < output.length;) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    if (end < 0 || tab < 0 || tab > end) throw new Error('the listing of the commit was cut short');
    // Texts of their own: pieces of a longer one would keep the whole of it in memory.
    const mode = output.toString('latin1', start, output.indexOf(SPACE, start));
    const oid = output.toString('latin1', output.lastIndexOf(SPACE, tab) + 1, tab);
    const name = output.subarray(tab + 1, end);
    const path = name.toString('utf8');
    // Decoding puts U+FFFD where bytes are no UTF-8; encoding that again gives other bytes than those of the name.
    const invalid = path.includes('\uFFFD') && !Buffer.from(path, 'utf8').equals(name);
    entries.push({
      path,
      mode: normaliseMode(mode),
      oid,
      ...(invalid ? { invalidName: true } : {}),
    });
    start = end + 1;
  }
  return entries;
}

/** Old repositories hold other permission bits (100664); git itself reads no more than the executable bit. */
function normaliseMode(mode: string): TreeEntry['mode'] {
  return MODES.get(mode) ?? ((Number.parseInt(mode, 8) & 0o100) === 0 ? '100644' : '100755');
}

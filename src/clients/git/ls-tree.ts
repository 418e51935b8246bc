import type { TreeEntry } from '../../domain/plan/tree.ts';

const MODES = new Set(['100644', '100755', '120000', '160000']);

/** Reads `ls-tree -r -z`: `<mode> <type> <id>\t<name>\0`, where the name is bytes. */
export function parseTree(output: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let start = 0; start < output.length;) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    if (end < 0 || tab < 0 || tab > end) throw new Error('the listing of the commit was cut short');
    const [mode = '', , oid = ''] = output.toString('latin1', start, tab).split(' ');
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
  if (MODES.has(mode)) return mode as TreeEntry['mode'];
  return (Number.parseInt(mode, 8) & 0o100) === 0 ? '100644' : '100755';
}

import { SyncError } from '../errors.ts';
import { classify } from './protection.ts';
import type { TreeEntry } from './tree.ts';

const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
/** Real trees are some 15 folders deep; a path of thousands would cost every gateway's agent its memory. */
const MAX_DEPTH = 128;

/**
 * Refuses what cannot be put on a gateway exactly as it is in the repository. Called only for files that would be synced: what is
 * excluded or left out anyway may be anything.
 * @param path where the file would land.
 * @throws SyncError UnsupportedContent naming the file.
 */
export function refuseUnsupported(entry: TreeEntry, path: string, field: string): void {
  const refuse = (what: string): never => {
    throw new SyncError('UnsupportedContent', `${field}: "${entry.path}" ${what}, or exclude it with excludePatterns.`);
  };
  if (entry.invalidName) refuse('has a name that is not UTF-8: rename it');
  if (entry.mode === '120000') refuse('is a symbolic link, which is never followed: commit the file itself');
  if (entry.mode === '160000')
    refuse('is a submodule, whose content is not in this repository: set spec.git.submodules: true, commit the files themselves');
  if (classify(path).kind === 'git-internal') refuse('lies in a folder named .git: rename it');
  if (path.split('/').some((name) => utf8Bytes(name) > MAX_NAME_BYTES))
    refuse(`has a name longer than ${MAX_NAME_BYTES} bytes: shorten it`);
  if (path.split('/').length > MAX_DEPTH) refuse(`lies more than ${MAX_DEPTH} folders deep: move it up`);
  if (utf8Bytes(path) > MAX_PATH_BYTES) refuse(`has a path longer than ${MAX_PATH_BYTES} bytes: shorten it`);
}

function utf8Bytes(text: string): number {
  if (text.length * 3 <= MAX_NAME_BYTES) return text.length; // cannot reach either limit, whatever the characters
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** A path as a user wrote it, cleaned: `p`, `p/`, `./p` and `p//q/.` are told apart only where it matters. */
export interface CleanPath {
  /** Components joined by `/`; empty for the root itself. */
  readonly path: string;
  /** It can only mean a directory: it ended in a slash, or is the root. */
  readonly directory: boolean;
}

/**
 * Cleans a relative path.
 * @returns what is wrong with it, as the end of a sentence, when it cannot be one.
 */
export function cleanPath(text: string): CleanPath | { readonly wrong: string } {
  if (text === '') return { wrong: 'is empty' };
  if (text.startsWith('/')) return { wrong: 'starts with a slash: paths are relative, leave the slash out' };
  if (text.includes('\\')) return { wrong: 'contains a backslash: use / between path components' };
  if (text.includes('\0')) return { wrong: 'contains a zero byte' };
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return { wrong: 'contains "..": a mapping stays inside the repository and the data directory' };
  const path = parts.join('/');
  return { path, directory: path === '' || /(^|\/)\.?$/.test(text) };
}

/** Whether `path` is `ancestor` or below it; the empty ancestor is the root. */
export function isAtOrBelow(path: string, ancestor: string): boolean {
  return ancestor === '' || path === ancestor || path.startsWith(`${ancestor}/`);
}

/** Joins two clean paths, either of which may be the root. */
export function joinPath(base: string, rest: string): string {
  if (base === '') return rest;
  return rest === '' ? base : `${base}/${rest}`;
}

/** Every folder above a path, from the top down: `a/b/c` gives `a` and `a/b`. */
export function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.push(path.slice(0, at));
  return folders;
}

/** The last component. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A resource's name as the gateway reads it: components below the type folder may be percent-encoded. */
export function decodeSegment(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not an encoding: the gateway takes such a name as it stands
  }
}

type Json = unknown;

/**
 * Whether what the gateway serves is what the file says. A gateway may add fields with their defaults; it may not leave out or change one. Lists
 * of named things, such as tags, may come in another order.
 */
export function serves(served: Json, written: Json): boolean {
  if (Array.isArray(written)) {
    if (!Array.isArray(served) || served.length !== written.length) return false;
    const names = written.map(nameOf);
    if (names.every((name) => name !== undefined) && new Set(names).size === names.length) {
      const byName = new Map(served.map((one: Json) => [nameOf(one), one]));
      return written.every((one: Json) => serves(byName.get(nameOf(one)), one));
    }
    return written.every((one: Json, index) => serves(served[index], one));
  }
  if (typeof written === 'object' && written !== null) {
    if (typeof served !== 'object' || served === null || Array.isArray(served)) return false;
    const there = served as Record<string, Json>;
    return Object.entries(written).every(([key, value]) => Object.hasOwn(there, key) && serves(there[key], value));
  }
  return served === written;
}

/** How a folder of the provider's tree compares with the definitions of its files. */
export interface TagFolder {
  /** Names of definitions that are not there. */
  readonly missing: readonly string[];
  /** Names of definitions that are there and say something else. */
  readonly other: readonly string[];
  /** Names of what is there and in no file. */
  readonly extra: readonly string[];
}

/** Compares a folder of an exported provider with its definitions; a folder that is not there is an empty one. */
export function compareTags(tree: Json, folder: readonly string[], definitions: readonly Json[]): TagFolder {
  const there = new Map(childrenAt(tree, folder).map((child) => [nameOf(child), child]));
  const wanted = new Map(definitions.map((one) => [nameOf(one) ?? '', one]));
  const missing = [...wanted.keys()].filter((name) => !there.has(name));
  const other = [...wanted].flatMap(([name, one]) => (there.has(name) && !serves(there.get(name), one) ? [name] : []));
  const extra = [...there].flatMap(([name, one]) => (name !== undefined && !wanted.has(name) && !isFolder(one) ? [name] : []));
  return { missing, other, extra };
}

function childrenAt(tree: Json, [first, ...rest]: readonly string[]): readonly Json[] {
  const children = typeof tree === 'object' && tree !== null && 'tags' in tree && Array.isArray(tree.tags) ? (tree.tags as Json[]) : [];
  if (first === undefined) return children;
  return childrenAt(
    children.find((one) => nameOf(one) === first),
    rest,
  );
}

function isFolder(node: Json): boolean {
  return typeof node === 'object' && node !== null && 'tagType' in node && node.tagType === 'Folder';
}

function nameOf(value: Json): string | undefined {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? value.name : undefined;
}

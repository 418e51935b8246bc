import fc from 'fast-check';

/** One file as git has it. */
interface PlainFile {
  readonly content: string;
  readonly executable: boolean;
}
/** Files by path. */
export type Tree = Readonly<Record<string, PlainFile>>;

/** Two commits, between which files are added, changed, deleted, and become folders and back. */
export interface Scenario {
  readonly old: Tree;
  readonly next: Tree;
}

const NAMES = ['a', 'b', 'c d', 'ü', 'view.json', 'resource.json'];
const path = fc
  .tuple(
    fc.constantFrom('projects/P', 'projects/Q', 'config/resources/core/ignition/x'),
    fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
  )
  .map(([root, names]) => [root, ...names].join('/'));
const file = fc.record({
  content: fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.nat(200_000).map((size) => 'x'.repeat(size)),
  ),
  executable: fc.boolean(),
});
/** Any commit: a few files in a few folders, so that two of them meet in every way. */
export const tree = fc.array(fc.tuple(path, file), { minLength: 3, maxLength: 60 }).map((files): Tree => withoutClashes(files));

/** A commit cannot have a file and a folder of one name: the later one wins. */
function withoutClashes(files: readonly (readonly [string, PlainFile])[]): Tree {
  const kept = new Map<string, PlainFile>();
  for (const [at, content] of files) {
    for (const other of [...kept.keys()]) if (other.startsWith(`${at}/`) || at.startsWith(`${other}/`)) kept.delete(other);
    kept.set(at, content);
  }
  return Object.fromEntries(kept);
}

/** The same seed gives the same scenarios on any machine. */
export function scenarios(seed: number, count: number): Scenario[] {
  const pair = fc.tuple(tree, tree, fc.double({ min: 0, max: 1, noNaN: true })).map(([old, other, share]): Scenario => {
    // Part of the old commit stays as it is, as in real commits.
    const kept = Object.entries(old).filter((_, i, all) => i < share * all.length);
    return { old, next: withoutClashes([...kept, ...Object.entries(other)]) };
  });
  return fc.sample(pair, { seed, numRuns: count });
}

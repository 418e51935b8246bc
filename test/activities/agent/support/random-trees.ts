import fc from 'fast-check';

/** One file as git has it. */
interface PlainFile {
  readonly content: string;
  readonly executable: boolean;
}
/** Files by path. */
export type Tree = Readonly<Record<string, PlainFile>>;

/** How the second commit comes over the first: `mirror` and `overwrite` take from others what the snapshot must keep. */
const MANNERS = ['plain', 'mirror', 'overwrite'] as const;

/** Two commits, between which files are added, changed, deleted, and become folders and back. */
export interface Scenario {
  readonly old: Tree;
  readonly next: Tree;
  readonly manner: (typeof MANNERS)[number];
  /** What others wrote between the two: with `mirror` files of their own in `MIRRORED`, with `overwrite` other contents of ours. */
  readonly theirs: Tree;
}

/** The folder that the second commit mirrors. */
export const MIRRORED = 'projects/P';

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

/** Others' files beside those of two commits, none of them in the way of either. */
const strangers = fc.array(fc.tuple(fc.array(fc.constantFrom(...NAMES), { maxLength: 3 }), fc.nat(9)), { minLength: 1, maxLength: 8 });

function beside(commits: readonly Tree[], drawn: readonly (readonly [string[], number])[]): Tree {
  const ours = commits.flatMap((commit) => Object.keys(commit));
  const paths = drawn
    .map(([names, number]) => [MIRRORED, ...names, `theirs-${number}`].join('/'))
    .filter((at) => !ours.some((other) => other === at || other.startsWith(`${at}/`) || at.startsWith(`${other}/`)));
  return Object.fromEntries(paths.map((at) => [at, { content: `theirs at ${at}`, executable: false }]));
}

/** The same seed gives the same scenarios on any machine. */
export function scenarios(seed: number, count: number): Scenario[] {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const pair = fc.tuple(tree, tree, share, strangers).map(([old, other, kept, drawn]) => {
    // Part of the old commit stays as it is, as in real commits.
    const staying = Object.entries(old).filter((_, i, all) => i < kept * all.length);
    const next = withoutClashes([...staying, ...Object.entries(other)]);
    const edited = Object.entries(old).filter((_, i) => i % 3 === 0);
    return {
      old,
      next,
      strangers: beside([old, next], drawn),
      edits: Object.fromEntries(edited.map(([at, was]) => [at, { ...was, content: `${was.content} and theirs` }])),
    };
  });
  return fc.sample(pair, { seed, numRuns: count }).map(({ old, next, strangers: found, edits }, number): Scenario => {
    const manner = MANNERS[number % MANNERS.length] ?? 'plain';
    return { old, next, manner, theirs: { plain: {}, mirror: found, overwrite: edits }[manner] };
  });
}

/** What lies on the volume with either commit live: with others' work before the second, and after it what it left alone. */
export function seen({ old, next, manner, theirs }: Scenario): { readonly old: Tree; readonly next: Tree } {
  if (manner !== 'overwrite') return { old: { ...old, ...theirs }, next };
  // What the second commit does not change stays as they left it.
  const same = (at: string): boolean => old[at]?.content === next[at]?.content && old[at]?.executable === next[at]?.executable;
  return { old: { ...old, ...theirs }, next: { ...next, ...Object.fromEntries(Object.entries(theirs).filter(([at]) => same(at))) } };
}

import type { Stats } from 'node:fs';
import { posix } from 'node:path';
import type { Change, FoundFile, FoundFolder } from './change.ts';
import { Conflicts } from './conflicts.ts';
import { hashFile } from './hash.ts';
import type { Listed, Lists } from './long-list.ts';
import { roomMakers } from './order.ts';
import type { Doing } from './ports.ts';
import { asOwnerMismatch } from './owners.ts';
import { foldersBelow } from './room.ts';
import type { Standing } from './tree.ts';
import { isVacant } from './vacant.ts';
import type { VolumeFs } from './volume-fs.ts';
import type { Wanted } from './wanted.ts';

/**
 * `hold`: what differs from what we last wrote holds the plan. `replace`: it is replaced (first apply, restore); the snapshot keeps it.
 * `exact`: a file counts as being there already only with all its permission bits, not just the executable one.
 * `takeOver`: whether a place that we never wrote to may be taken from whoever has a file there, when a plan newly owns it.
 */
export interface SurveyRules {
  readonly differences: 'hold' | 'replace';
  readonly exact: boolean;
  readonly takeOver: boolean;
  /** Folders that are to go if they are empty in the end, deepest first. */
  readonly prune?: readonly FoundFolder[];
}

/** The state of the gateway at the paths of a plan. */
export interface Survey {
  /** What is really to be done. */
  readonly changes: Listed<Change>;
  /** Folders that exist on the way of these changes. */
  readonly folders: Listed<FoundFolder>;
  /** Folders that hold nothing foreign and make room for a file, deepest first. */
  readonly room: readonly string[];
  /** Files that were there already, byte for byte. */
  readonly adopted: number;
  /** Files of somebody else that are replaced because the plan newly owns their place. */
  readonly takenOver: number;
  /** Files that are replaced although somebody changed them since we wrote them; the snapshot keeps them. */
  readonly replaced: readonly string[];
  /** Files that somebody deleted since we wrote them, and that are written again. */
  readonly revived: readonly string[];
  /** Somebody else's files that go because their folders are mirrored. */
  readonly foreign: readonly string[];
  /** Folders that go with them if they are empty then, deepest first. */
  readonly prune: readonly string[];
}

/**
 * Looks at every path of a plan, and at nothing else.
 * @param wanted in byte order of the paths
 * @param lists where the answer's lists are made: it holds as long as they do
 * @throws SyncError LinkInTheWay, InTheWay, LocalChange
 */
export async function survey(tree: VolumeFs, wanted: Listed<Wanted>, rules: SurveyRules, lists: Lists, doing: Doing): Promise<Survey> {
  const leaving = roomMakers(wanted);
  const conflicts = new Conflicts();
  const changes = lists.make<Change>();
  const folders = lists.make<FoundFolder>();
  const onTheWay = new FoldersOnTheWay(tree, folders);
  const room: string[] = [];
  let adopted = 0;
  let takenOver = 0;
  const replaced: string[] = [];
  const revived: string[] = [];
  const foreign: string[] = [];
  let index = 0;
  for (const want of wanted) {
    if (index++ % 200 === 0) await breathe(doing, index, wanted.length);
    if (want.ifAbsent && !isVacant(tree, want.path)) {
      adopted += 1;
      continue;
    }
    const found = standingFor(tree.look(want.path), want, leaving, conflicts);
    if (found === 'conflict') continue;
    let before: FoundFile | undefined;
    if (found.kind === 'folder') {
      if (!want.after) continue;
      const emptied = foldersBelow(tree, want.path, (path) => leaving.has(path) || conflicts.inTheWay.add(path));
      for (const folder of emptied) folders.push(folder);
      room.push(...emptied.map(({ path }) => path));
    } else if (found.kind === 'file') {
      before = await readFound(tree, want.path, found);
    }
    const verdict = judge(want, before, rules);
    if (verdict === 'there') adopted += want.after ? 1 : 0;
    else if (verdict === 'local') conflicts.local.add(want.path);
    else {
      const lent = before !== undefined && before.sha256 === want.madeIfAbsent;
      const taken = before !== undefined && want.after !== undefined && want.lastWritten === undefined && rules.takeOver && !lent;
      if (taken) takenOver += 1;
      else if (want.foreign) foreign.push(want.path);
      else if (before && !lent && before.sha256 !== want.lastWritten && before.sha256 !== want.after?.sha256) replaced.push(want.path);
      else if (!before && want.lastWritten !== undefined) revived.push(want.path);
      changes.push({ path: want.path, ...(before && { before }), ...(want.after && { after: want.after }) });
      onTheWay.note(want.path);
    }
  }
  conflicts.raise();
  const { prune = [] } = rules;
  for (const folder of prune) folders.push(folder);
  return { changes, folders, room, adopted, takenOver, replaced, revived, foreign, prune: prune.map(({ path }) => path) };
}

/** Sorts out what stands in the way; what makes room in this same plan counts as absent. */
function standingFor(
  found: Standing,
  want: Wanted,
  leaving: ReadonlySet<string>,
  conflicts: Conflicts,
): Exclude<Standing, { kind: 'blocked' }> | 'conflict' {
  if (found.kind === 'blocked') {
    if (found.by === 'file' && (leaving.has(found.at) || !want.after)) return { kind: 'absent' };
    (found.by === 'link' ? conflicts.links : conflicts.inTheWay).add(found.at);
    return 'conflict';
  }
  if (found.kind === 'link' || found.kind === 'special') {
    (found.kind === 'link' ? conflicts.links : conflicts.inTheWay).add(want.path);
    return 'conflict';
  }
  return found;
}

function judge(want: Wanted, before: FoundFile | undefined, rules: SurveyRules): 'there' | 'local' | 'change' {
  if (!want.after && !before) return 'there';
  if (want.after && before?.sha256 === want.after.sha256 && sameMode(before.mode, want.after.mode, rules)) return 'there';
  if (rules.differences === 'replace' || want.foreign) return 'change';
  // What was never ours is taken over as on a first apply: the snapshot keeps it, and the result counts it.
  if (rules.takeOver && want.lastWritten === undefined && want.after) return 'change';
  // Nothing where nothing of ours was is no difference; something there, or nothing where we wrote, is somebody's work.
  return before?.sha256 === want.lastWritten || before?.sha256 === want.after?.sha256 ? 'change' : 'local';
}

function sameMode(a: number, b: number, rules: SurveyRules): boolean {
  return rules.exact ? a === b : (a & 0o100) === (b & 0o100);
}

async function readFound(tree: VolumeFs, path: string, found: { readonly stat: Stats }): Promise<FoundFile | undefined> {
  const sha256 = await hashFile(tree, path).catch((error: unknown) => {
    throw asOwnerMismatch(tree, path, error);
  });
  if (sha256 === undefined) return undefined;
  const { size, mode, ino, mtimeMs } = found.stat;
  return { sha256, size, mode: mode & 0o7777, ino, mtimeMs };
}

/** Notes each folder on the way to paths that come in order, once. */
class FoldersOnTheWay {
  readonly #tree: VolumeFs;
  readonly #found: { push(folder: FoundFolder): void };
  #last = '';

  constructor(tree: VolumeFs, found: { push(folder: FoundFolder): void }) {
    this.#tree = tree;
    this.#found = found;
  }

  note(path: string): void {
    for (let folder = posix.dirname(path); folder !== '.' && !this.#last.startsWith(`${folder}/`); folder = posix.dirname(folder)) {
      const standing = this.#tree.look(folder);
      if (standing.kind === 'folder') this.#found.push({ path: folder, mode: standing.stat.mode & 0o7777 });
    }
    this.#last = path;
  }
}

async function breathe(doing: Doing, files: number, of: number): Promise<void> {
  doing.signal.throwIfAborted();
  doing.onProgress({ doing: 'comparing', files, of });
  await new Promise((resolve) => setImmediate(resolve));
}

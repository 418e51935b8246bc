import type { ManifestEntry, ManifestLines } from '../domain/manifest.ts';
import type { NameTwin } from '../domain/reports.ts';
import { findForeign } from './foreign.ts';
import { hashFile } from './hash.ts';
import type { Layout } from './layout.ts';
import { Lists } from './long-list.ts';
import { Mutex } from './mutex.ts';
import { Seen } from './seen.ts';
import { Some } from './some.ts';
import { findTwins } from './twins.ts';
import { Blocked, errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';
import { giveWay } from './yield.ts';

/** `fast` reads only files whose size, time of change or inode are not those of the last look; `thorough` reads every file. */
export type Depth = 'fast' | 'thorough';

/** How a gateway's files differ from the manifest that is live, in paths. */
export interface Drift {
  /** Other bytes, another executable bit, or no plain file. */
  readonly changed: Some<string>;
  readonly missing: Some<string>;
  /** Files in mirrored folders that are not ours. */
  readonly foreign: Some<string>;
  /** Not ours either, anywhere beside ours: see `findTwins`. */
  readonly twins: Some<NameTwin>;
}

export interface Looking {
  readonly depth: Depth;
  readonly nowMs: number;
  /** Whether a difference at a path is drift on this gateway. */
  readonly counts: (path: string) => boolean;
  /** Writes nothing at all: then the next look has no more to go by than this one had. */
  readonly readOnly?: boolean;
}

/** One look after the other: each writes down what it has read. */
const turns = new WeakMap<Layout, Mutex>();

/**
 * Looks at every owned path and at the mirrored folders. Group, owner and their permission bits are nobody's drift: the kubelet rewrites them.
 */
export async function findDrift(layout: Layout, live: ManifestLines, looking: Looking, signal?: AbortSignal): Promise<Drift> {
  const { counts } = looking;
  const { volume: tree } = layout;
  const { changed, missing } = await compareFiles(layout, live, looking, signal);
  const foreign = new Some<string>();
  if (live.mirror) {
    const found = await findForeign(tree, live.mirror, live);
    for (const path of found.files) if (counts(path)) foreign.add(path);
    for (const path of [...found.conflicts.links, ...found.conflicts.inTheWay]) if (counts(path)) changed.add(path);
  }
  return { changed, missing, foreign, twins: await findTwins(tree, live, signal) };
}

/** Looks at every owned path. */
export async function compareFiles(
  layout: Layout,
  live: ManifestLines,
  looking: Looking,
  signal?: AbortSignal,
): Promise<Pick<Drift, 'changed' | 'missing'>> {
  const turn = turns.get(layout) ?? new Mutex();
  turns.set(layout, turn);
  return turn.run(signal, () => look(layout, live, looking, signal));
}

async function look(
  layout: Layout,
  live: ManifestLines,
  { depth, nowMs, counts, readOnly = false }: Looking,
  signal?: AbortSignal,
): Promise<Pick<Drift, 'changed' | 'missing'>> {
  using lists = readOnly ? undefined : new Lists(layout);
  const [changed, missing] = [new Some<string>(), new Some<string>()];
  using seen = Seen.read(layout, lists);
  let index = 0;
  for (const entry of live.entries()) {
    await giveWay((index += 1));
    signal?.throwIfAborted();
    const verdict = await judge(layout.volume, entry, seen, depth, nowMs);
    if (verdict === 'changed' && counts(entry.path)) changed.add(entry.path);
    else if (verdict === 'missing' && counts(entry.path)) missing.add(entry.path);
  }
  await seen.write();
  return { changed, missing };
}

async function judge(
  tree: VolumeFs,
  entry: ManifestEntry,
  seen: Seen,
  depth: Depth,
  nowMs: number,
): Promise<'same' | 'changed' | 'missing'> {
  const standing = tree.look(entry.path);
  if (standing.kind === 'absent' || standing.kind === 'blocked') return 'missing';
  if (entry.ifAbsent) return 'same'; // whatever stands there may be the gateway's own
  if (standing.kind !== 'file') return 'changed';
  const { stat } = standing;
  if (stat.size !== entry.size || ((stat.mode & 0o100) !== 0) !== entry.executable) return 'changed';
  const known = seen.has(entry, stat);
  if (known && depth === 'fast') {
    seen.add(entry, stat, nowMs);
    return 'same';
  }
  const digest = await digestAt(tree, entry.path);
  if (digest === 'missing') return 'missing';
  if (digest !== entry.sha256) return 'changed';
  seen.add(entry, stat, nowMs);
  return 'same';
}

/** A file that goes while it is looked at is missing. */
async function digestAt(tree: VolumeFs, path: string): Promise<string | undefined> {
  try {
    return await hashFile(tree, path);
  } catch (error) {
    if (error instanceof Blocked || errnoOf(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

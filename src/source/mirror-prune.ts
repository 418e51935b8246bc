import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitSettings } from '../clients/git/environment.ts';
import { deleteRefs, listRefs, packCount, repack } from '../clients/git/repack.ts';
import { pinOf } from '../clients/git/repository.ts';
import { removeLeftovers } from './leftovers.ts';

/** Each fetch leaves one or two packs; more than this are put together although nothing is freed. */
const MOST_PACKS = 30;

/** How often it is noted that a commit is in use, milliseconds. */
const RENEW_MS = 60 * 60_000;

/** Which commits of a mirror stay. */
export interface Keeping {
  /** Somebody may need them, whenever they were used last. */
  readonly needed: ReadonlySet<string>;
  /** What was used since stays, needed or not. */
  readonly usedSince: Date;
}

/** When the commits of a mirror were used last; kept in the age of their pins, so that a new process knows it too. */
export class CommitUse {
  readonly #gitDir: string;
  /** Milliseconds since 1970. */
  readonly #used = new Map<string, number>();
  readonly #renewed = new Map<string, number>();

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
  }

  note(commit: string): void {
    const now = Date.now();
    this.#used.set(commit, now);
    if ((this.#renewed.get(commit) ?? 0) > now - RENEW_MS) return;
    this.#renewed.set(commit, now);
    utimes(join(this.#gitDir, pinOf(commit)), new Date(now), new Date(now)).catch(() => undefined); // it is not pinned yet
  }

  async wasUsedSince(commit: string, since: Date): Promise<boolean> {
    const known = this.#used.get(commit);
    if (known !== undefined && known >= since.getTime()) return true;
    const pin = await stat(join(this.#gitDir, pinOf(commit))).catch(() => undefined);
    return pin === undefined || pin.mtimeMs >= since.getTime();
  }

  forget(commit: string): void {
    this.#used.delete(commit);
    this.#renewed.delete(commit);
  }
}

/**
 * Frees what a mirror holds for nobody. Nothing else may use it meanwhile.
 * @returns the commits that are gone, and whether any stay
 * @throws SyncError GitFailed, GitTimeout; the mirror is whole all the same
 */
export async function pruneMirror(
  gitDir: string,
  settings: GitSettings,
  { needed, usedSince }: Keeping,
  use: CommitUse,
): Promise<{ readonly dropped: readonly string[]; readonly kept: number }> {
  const dropped = new Set<string>();
  const pinned = await readdir(join(gitDir, 'refs', 'pins')).catch(() => []);
  for (const commit of pinned) {
    if (!needed.has(commit) && !(await use.wasUsedSince(commit, usedSince))) dropped.add(commit);
  }
  if (dropped.size > 0 || (await packCount(gitDir)) > MOST_PACKS) {
    const refs = await listRefs(gitDir, settings);
    // A tag that was kept for its signature goes with its commit; what was fetched last is pinned, or nobody's.
    const goes = (ref: string): boolean => ref === 'refs/fetched' || dropped.has(/^refs\/(?:pins|signed)\/(.*)$/.exec(ref)?.[1] ?? '');
    await deleteRefs(gitDir, settings, refs.filter(goes));
    try {
      await repack(
        gitDir,
        settings,
        refs.filter((ref) => !goes(ref)),
      );
    } catch (error) {
      await removeLeftovers(gitDir); // of the git that was just ended
      throw error;
    }
  }
  return { dropped: [...dropped], kept: pinned.length - dropped.size };
}

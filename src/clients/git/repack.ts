import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitEnvironment, type GitSettings } from './environment.ts';
import { localFailure } from './failure.ts';
import { runGit } from './git-process.ts';

const DEADLINE_MS = 10 * 60_000;

/**
 * Writes everything that refs lead to into one new pack, then frees the rest: unlike `git gc` also what was fetched from a host that may
 * leave objects out, which git itself never frees. Nothing else may use the repository meanwhile; after a kill it is whole, if not small.
 * @param refs full names; what cannot be reached from them is gone afterwards
 * @throws SyncError GitFailed, GitTimeout
 */
export async function repack(gitDir: string, settings: GitSettings, refs: readonly string[], signal?: AbortSignal): Promise<void> {
  const folder = join(gitDir, 'objects', 'pack');
  const options = { env: gitEnvironment(settings), deadlineMs: DEADLINE_MS, signal };
  const before = await readdir(folder).catch(() => []);
  let kept = '';
  if (refs.length > 0) {
    // What is missing was never wanted.
    const command = ['pack-objects', '--quiet', '--revs', '--missing=allow-any', '--window=0', join(folder, 'pack')];
    const packed = await runGit([`--git-dir=${gitDir}`, ...command], { ...options, input: `${refs.join('\n')}\n` });
    if (packed.code !== 0) throw localFailure(packed, 'pack what is needed of a mirror');
    kept = `pack-${packed.stdout.toString('latin1').trim()}`;
    await writeFile(join(folder, `${kept}.promisor`), ''); // else git takes what was left out for lost
  }
  for (const name of before) if (!name.startsWith(`${kept}.`)) await rm(join(folder, name), { force: true });
  const pruned = await runGit([`--git-dir=${gitDir}`, 'prune', '--expire=now'], options);
  if (pruned.code !== 0) throw localFailure(pruned, 'free what a mirror does not need');
}

/** Packs of a repository. */
export async function packCount(gitDir: string): Promise<number> {
  const names = await readdir(join(gitDir, 'objects', 'pack')).catch(() => []);
  return names.filter((name) => name.endsWith('.pack')).length;
}

/** Takes refs away. @throws SyncError GitFailed, GitTimeout */
export async function deleteRefs(gitDir: string, settings: GitSettings, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  const exit = await runGit([`--git-dir=${gitDir}`, 'update-ref', '--stdin'], {
    env: gitEnvironment(settings),
    deadlineMs: DEADLINE_MS,
    input: refs.map((ref) => `delete ${ref}\n`).join(''),
  });
  if (exit.code !== 0) throw localFailure(exit, 'let go of commits');
}

/** Full names of all refs. @throws SyncError GitFailed, GitTimeout */
export async function listRefs(gitDir: string, settings: GitSettings): Promise<string[]> {
  const exit = await runGit([`--git-dir=${gitDir}`, 'for-each-ref', '--format=%(refname)'], {
    env: gitEnvironment(settings),
    deadlineMs: DEADLINE_MS,
  });
  if (exit.code !== 0) throw localFailure(exit, 'list what a mirror keeps');
  return exit.stdout.toString('utf8').split('\n').filter(Boolean);
}

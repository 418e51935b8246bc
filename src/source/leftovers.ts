import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what a git that was killed leaves in a repository: locks and half-written files. None may be running there. */
export async function removeLeftovers(gitDir: string): Promise<void> {
  const names = await readdir(gitDir, { recursive: true }).catch(() => []);
  const leftovers = names.filter((name) => name.endsWith('.lock') || /(^|\/)tmp_[^/]*$/.test(name));
  for (const name of leftovers) await rm(join(gitDir, name), { force: true, recursive: true });
}

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what a git that was killed leaves in a repository: locks and half-written files. None may be running there. */
export async function removeLeftovers(gitDir: string): Promise<void> {
  const names = await readdir(gitDir, { recursive: true }).catch(() => []);
  const leftovers = names.filter((name) => name.endsWith('.lock') || /(^|\/)tmp_[^/]*$/.test(name));
  for (const name of leftovers) await rm(join(gitDir, name), { force: true, recursive: true });
}

/** Whether git would take the folder for a repository; without these it would blame the remote. */
export async function looksWhole(gitDir: string): Promise<boolean> {
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => stat(join(gitDir, name)).catch(() => undefined)));
  return parts.every((part) => part !== undefined);
}

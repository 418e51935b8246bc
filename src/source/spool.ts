import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LEFTOVER_MS = 60 * 60_000;

/** Removes files that a crash left on their way; what is younger than an hour may still be on it. */
export async function removeOldFiles(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const found = await stat(file).catch(() => undefined);
    if (found && now.getTime() - found.mtimeMs > LEFTOVER_MS) await rm(file, { force: true });
  }
}

import { existsSync, readdirSync, type Dirent, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

const HOUR_MS = 3_600_000;

/** Lets hours pass for a content store: every file becomes older, and so does what sweeps have taken out. */
export function letPass(store: string, hours: number): void {
  for (const entry of filesIn(store)) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs } = statSync(path);
    utimesSync(path, new Date(), new Date(mtimeMs - hours * HOUR_MS));
  }
  const swept = join(store, 'swept');
  for (const name of namesIn(swept)) renameSync(join(swept, name), join(swept, String(Number(name) - hours * HOUR_MS)));
}

/** Files at any depth of a folder; none where there is no such folder, as where an S3 server keeps only those that hold something. */
export function filesIn(folder: string): Dirent[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { mkdir, open, readdir, rename, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

let counter = 0;

/** A name as one component of a path. */
export function fileName(text: string): string {
  return `_${encodeURIComponent(text)}`;
}

/** What `fileName` was given. */
export function nameOf(file: string): string {
  return decodeURIComponent(file.slice(1));
}

/** Replaces a file as a whole and durably, by way of a folder on the same file system: after a crash it is the old one or the new one. */
export async function replaceFile(target: string, temporaryFolder: string, text: string): Promise<void> {
  counter += 1;
  const temporary = join(temporaryFolder, `pin-${process.pid}-${counter}`);
  for (const folder of [temporaryFolder, dirname(target)]) await mkdir(folder, { recursive: true });
  const file = await open(temporary, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
}

/** Paths and ages in milliseconds of the files in a folder that may not be there. */
export async function filesOf(folder: string, now: Date): Promise<{ path: string; name: string; ageMs: number }[]> {
  const files: { path: string; name: string; ageMs: number }[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found) files.push({ path, name, ageMs: now.getTime() - found.mtimeMs });
  }
  return files;
}

/** Makes a file as young as if it had been written at `now`. */
export async function renewFile(path: string, now: Date): Promise<void> {
  await utimes(path, now, now).catch(() => undefined); // it may be replaced or dropped this very moment
}

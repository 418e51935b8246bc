import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

let counter = 0;

/** A name as one part of a key or path. */
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

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder but our own scratch: path → digest of the bytes, and whether it is executable. */
export function filesOf(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(folder.length + 1);
    if (path.startsWith('.ignition-sync/')) continue;
    const executable = (statSync(full).mode & 0o100) !== 0;
    files.set(path, `${createHash('sha256').update(readFileSync(full)).digest('hex')}${executable ? ' x' : ''}`);
  }
  return files;
}

import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Path to what stands there: kind, permission bits and a digest of the bytes. */
export type Footprint = ReadonlyMap<string, string>;

/**
 * Everything in a data directory that the product must not have touched: all but its own folder and the paths it owns. Folders count too,
 * unless they are on the way to an owned path.
 */
export async function footprint(dataDir: string, owned: Iterable<string> = []): Promise<Footprint> {
  const files = new Set(owned);
  const ways = new Set<string>();
  for (const path of files) for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) ways.add(path.slice(0, at));
  const seen = new Map<string, string>();
  const visit = async (at: string): Promise<void> => {
    for (const name of (await readdir(join(dataDir, at))).sort()) {
      const path = at === '' ? name : `${at}/${name}`;
      if (path === '.ignition-sync' || files.has(path)) continue;
      const stat = await lstat(join(dataDir, path));
      const bits = (stat.mode & 0o7777).toString(8);
      if (stat.isDirectory()) {
        if (!ways.has(path)) seen.set(path, `folder ${bits}`);
        await visit(path);
      } else if (stat.isSymbolicLink()) seen.set(path, `link ${await readlink(join(dataDir, path))}`);
      else if (stat.isFile()) seen.set(path, `file ${bits} ${sha256(await readFile(join(dataDir, path)))}`);
      else seen.set(path, 'special');
    }
  };
  await visit('');
  return seen;
}

/** What differs between two footprints, as sentences; empty when nothing was damaged. */
export function damage(before: Footprint, after: Footprint): string[] {
  const gone = [...before].filter(([path]) => !after.has(path)).map(([path]) => `${path} is gone`);
  const changed = [...before]
    .filter(([path, was]) => after.has(path) && after.get(path) !== was)
    .map(([path, was]) => `${path} was ${was}, is ${String(after.get(path))}`);
  const added = [...after].filter(([path]) => !before.has(path)).map(([path, is]) => `${path} appeared (${is})`);
  return [...gone, ...changed, ...added].sort();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { StackError } from '../failure.ts';
import { SERVERS, type Family, type ServerBinary } from './servers.ts';

/** Where the pinned modules are committed. */
export function modulesDir(family: Family): string {
  return join(import.meta.dirname, '..', 'servers', family);
}

/** The version (without `v`) that a go.mod requires of a module. */
export function requiredVersion(goMod: string, module: string): string {
  const escaped = module.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`^(?:require)?\\s*${escaped} v(\\S+)`, 'm').exec(goMod)?.[1];
  if (found === undefined) throw new StackError(`temporal-dev/servers: no go.mod requires ${module}; run \`go mod tidy\` in its folder.`);
  return found;
}

/** The pinned version of a server. */
export function pinnedVersion(server: ServerBinary): string {
  return requiredVersion(readFileSync(join(modulesDir(server.family), 'go.mod'), 'utf8'), server.module);
}

/** The folder of a family's binaries; its name changes with everything that decides what is built, so clones share it safely. */
export function cacheDir(family: Family, env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(modulesDir(family), file)));
  for (const server of SERVERS.filter((each) => each.family === family)) hash.update(`${server.pkg} ${server.ldflags('V.V').join(' ')}\n`);
  const root = env.XDG_CACHE_HOME ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(root, 'ignition-sync', 'servers', `${family}-${hash.digest('hex').slice(0, 16)}`);
}

import { join } from 'node:path';
import { lock } from '../lock.mjs';
import { buildBinaries, checkDisk, checkGo } from './build.ts';
import { downloadBinary } from './download.ts';
import { findBinary } from './find.ts';
import { cacheDir } from './pins.ts';
import { SERVERS, serverBinary, type BinaryName, type ServerBinary } from './servers.ts';

/** The path of each wanted server. */
export type Binaries = Readonly<Partial<Record<BinaryName, string>>>;

/**
 * Finds the wanted servers, and gets those that are missing: by official download where that is reachable, else by building the
 * pinned modules. Two that want the same server at once share one build.
 * @throws StackError which says what to install or to free.
 */
export async function provideBinaries(
  names: readonly BinaryName[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Binaries> {
  const wanted = SERVERS.filter((server) => names.includes(server.name));
  if ((await missing(wanted, env)).length > 0) await getMissing(wanted, env, say);
  const paths = await Promise.all(wanted.map(async (server) => [server.name, (await findBinary(server, env))?.path] as const));
  return Object.fromEntries(paths);
}

/** The path of a server that was asked for. */
export function binaryPath(binaries: Binaries, name: BinaryName): string {
  const path = binaries[name];
  if (path === undefined) throw new Error(`${serverBinary(name).name} was not asked for.`);
  return path;
}

async function missing(wanted: readonly ServerBinary[], env: NodeJS.ProcessEnv): Promise<ServerBinary[]> {
  const found = await Promise.all(wanted.map((server) => findBinary(server, env)));
  return wanted.filter((_, index) => !found[index]);
}

async function getMissing(wanted: readonly ServerBinary[], env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const root = join(cacheDir('temporal', env), '..');
  const unlock = await lock(join(root, 'lock'), () => say('another start on this machine is getting the servers: waiting for it'));
  try {
    const absent = await missing(wanted, env);
    const downloaded = await Promise.all(absent.map((server) => downloadBinary(server, env, say)));
    const toBuild = absent.filter((_, index) => !downloaded[index]);
    if (toBuild.length === 0) return;
    await checkGo(toBuild, env);
    checkDisk(root, toBuild, SERVERS);
    say(`the first start builds ${toBuild.length} servers; later starts take seconds`);
    await buildBinaries(toBuild, env, say);
  } finally {
    unlock();
  }
}

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { User } from '../kubelet/pod-files.ts';
import { StackError } from '../failure.ts';

/** User and group of the official image. */
const GATEWAY: User = { uid: 2003, gid: 2003 };

/**
 * Whom gateways and agents run as: the user of the official image where root starts them, since nothing is ever refused to root; else, and
 * where that user cannot reach the programs (a clone in root's home), whoever starts them.
 * @param programs that this user must be able to read
 */
export function gatewayUser(...programs: readonly string[]): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const closed = programs.map((program) => realpathSync(program)).find((program) => !mayReach(program));
  if (closed === undefined) return GATEWAY;
  process.stderr.write(`${closed} is closed to user ${GATEWAY.uid}: agents run as root here, to whom no file is refused.\n`);
  return undefined;
}

/** Lets the user go through a folder of ours that is closed to others; what is in it stays as closed as it is. */
export function letThrough(folder: string, { gid }: User): void {
  chownSync(folder, -1, gid);
  chmodSync(folder, (lstatSync(folder).mode & 0o777) | 0o010);
}

/** Gives a folder and all that is in it to the user. */
export function handOver(folder: string, { uid, gid }: User): void {
  const { status, stderr } = spawnSync('chown', ['-Rh', `${uid}:${gid}`, folder], { encoding: 'utf8' });
  if (status !== 0) throw new StackError(`${folder} could not be given to user ${uid}: ${stderr}`);
}

/** Where programs of this user keep what Node has compiled; undefined when somebody else made the folder. */
export function compileCacheOf({ uid, gid }: User): string | undefined {
  const folder = join(tmpdir(), `ignition-sync-compile-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = lstatSync(folder);
  if (made.isDirectory() && made.uid === 0) chownSync(folder, uid, gid);
  else if (!made.isDirectory() || made.uid !== uid) return undefined;
  return folder;
}

function mayReach(path: string): boolean {
  if ((lstatSync(path).mode & 0o004) === 0) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((lstatSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

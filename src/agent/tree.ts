import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, type Stats } from 'node:fs';
import { join, posix } from 'node:path';
import { errnoOf } from './volume-error.ts';

/** What stands at a path. `blocked`: one of the folders on the way is none. */
export type Standing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file' | 'folder' | 'link' | 'special'; readonly stat: Stats }
  | { readonly kind: 'blocked'; readonly at: string; readonly by: 'file' | 'link' | 'special' };

/** Thrown when a folder on the way to a path is not a folder: never followed, never replaced. */
export class Blocked extends Error {
  readonly at: string;
  readonly by: 'file' | 'link' | 'special';
  constructor(at: string, by: 'file' | 'link' | 'special') {
    super(`${at} is a ${by}, not a folder`);
    this.at = at;
    this.by = by;
  }
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Where the kernel lets a path start at an open folder, no later swap of a parent can lead outside. */
const DESCRIPTORS = existsSync('/proc/self/fd') ? '/proc/self/fd' : undefined;
const MAX_OPEN = 128;

/**
 * A directory tree that is never left through a link: every folder on the way to a path is opened without following links and held open,
 * and operations start at the held folder. Paths are relative, `/` between components.
 */
export class Tree implements Disposable {
  readonly root: string;
  readonly #rootFd: number;
  readonly #open = new Map<string, number>();

  constructor(root: string) {
    this.root = root;
    this.#rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** What stands at `path`, itself never followed. */
  look(path: string): Standing {
    let place: string;
    try {
      place = this.at(path);
    } catch (error) {
      if (error instanceof Blocked) return { kind: 'blocked', at: error.at, by: error.by };
      if (errnoOf(error) === 'ENOENT') return { kind: 'absent' };
      throw error;
    }
    const stat = lstatSync(place, { throwIfNoEntry: false });
    return stat === undefined ? { kind: 'absent' } : { kind: kindOf(stat), stat };
  }

  /** The names in a folder; undefined stands for one that is not UTF-8. Empty when the folder has gone. */
  list(folder: string): (string | undefined)[] {
    let names: Buffer[];
    try {
      names = readdirSync(this.at(folder), { encoding: 'buffer' });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
    return names.map((bytes) => {
      const name = bytes.toString();
      return Buffer.from(name).equals(bytes) ? name : undefined;
    });
  }

  /**
   * The name by which the operating system reaches `path` with its folder held open. Valid until the next call.
   * @throws Blocked when a component on the way is not a folder; the system's ENOENT when it is missing.
   */
  at(path: string): string {
    const folder = posix.dirname(path);
    return this.#child(folder === '.' ? '' : folder, posix.basename(path));
  }

  /** Forgets a folder that is being removed or replaced, and all below it. */
  forget(folder: string): void {
    for (const [path, fd] of this.#open) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      closeSync(fd);
      this.#open.delete(path);
    }
  }

  /** From here on folders are looked for anew. */
  forgetAll(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  [Symbol.dispose](): void {
    this.forgetAll();
    closeSync(this.#rootFd);
  }

  #child(folder: string, name: string): string {
    const fd = this.#hold(folder);
    return DESCRIPTORS === undefined ? join(this.root, folder, name) : `${DESCRIPTORS}/${fd}/${name}`;
  }

  #hold(folder: string): number {
    if (folder === '') return this.#rootFd;
    const held = this.#open.get(folder);
    if (held !== undefined) {
      this.#open.delete(folder);
      this.#open.set(folder, held);
      return held;
    }
    const place = this.at(folder);
    const fd = openFolder(place, folder);
    this.#open.set(folder, fd);
    if (this.#open.size > MAX_OPEN) {
      const [oldest, oldestFd] = this.#open.entries().next().value as [string, number];
      this.#open.delete(oldest);
      closeSync(oldestFd);
    }
    return fd;
  }
}

function openFolder(place: string, folder: string): number {
  try {
    return openSync(place, FOLDER);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    const stat = lstatSync(place, { throwIfNoEntry: false });
    const kind = stat === undefined ? 'special' : kindOf(stat);
    throw new Blocked(folder, kind === 'folder' ? 'special' : kind);
  }
}

function kindOf(stat: Stats): 'file' | 'folder' | 'link' | 'special' {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'link' : 'special';
}

import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { join, posix } from 'node:path';
import { Blocked, errnoOf, naming } from './volume-error.ts';

/** What stands at a path. `blocked`: one of the folders on the way is none. */
export type Standing =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file' | 'folder' | 'link' | 'special'; readonly stat: Stats }
  | { readonly kind: 'blocked'; readonly at: string; readonly by: 'file' | 'link' | 'special' };

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
  #rootFd: number | undefined;
  readonly #open = new Map<string, number>();

  constructor(root: string) {
    this.root = root;
    this.#rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  /** What stands at `path`, itself never followed. */
  look(path: string): Standing {
    if (path === '') return { kind: 'folder', stat: fstatSync(this.#hold('')) };
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

  /**
   * The name by which the operating system reaches `path` with its folder held open. Valid until the next call.
   * @throws Blocked when a component on the way is not a folder; the system's ENOENT when it is missing.
   */
  at(path: string): string {
    this.#trim();
    return this.#at(path);
  }

  /** The names of two paths, both valid until the next call. @throws as `at` */
  both(one: string, other: string): [string, string] {
    this.#trim();
    return [this.#at(one), this.#at(other)];
  }

  /** A folder's descriptor, valid until the next call. @throws as `at`, also when the folder itself is none */
  hold(folder: string): number {
    this.#trim();
    return this.#hold(folder);
  }

  /** Forgets a folder that is being removed, moved or replaced, and all below it. */
  forget(folder: string): void {
    for (const [path, fd] of this.#open) {
      // Asked for every rename: no string is made for it.
      if (!path.startsWith(folder) || (path.length > folder.length && path[folder.length] !== '/')) continue;
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
    if (this.#rootFd !== undefined) closeSync(this.#rootFd);
    this.#rootFd = undefined;
  }

  /** What is held beyond the limit goes before a call, never within one: a path may have any number of folders. */
  #trim(): void {
    for (const [path, fd] of this.#open) {
      if (this.#open.size <= MAX_OPEN) return;
      closeSync(fd);
      this.#open.delete(path);
    }
  }

  #at(path: string): string {
    const folder = posix.dirname(path);
    const fd = this.#hold(folder === '.' ? '' : folder);
    return DESCRIPTORS === undefined ? join(this.root, path) : `${DESCRIPTORS}/${fd}/${posix.basename(path)}`;
  }

  #hold(folder: string): number {
    if (this.#rootFd === undefined) throw new Error(`${this.root} was let go of`);
    if (folder === '') return this.#rootFd;
    const held = this.#open.get(folder);
    if (held !== undefined) {
      this.#open.delete(folder);
      this.#open.set(folder, held);
      return held;
    }
    const fd = openFolder(this.#at(folder), folder);
    this.#open.set(folder, fd);
    return fd;
  }
}

function openFolder(place: string, folder: string): number {
  try {
    return openSync(place, FOLDER);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw naming(error, place, folder);
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

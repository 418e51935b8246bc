import { execFile } from 'node:child_process';
import {
  type Dirent,
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { mountsIn } from './mounts.ts';
import { Tree, type Standing } from './tree.ts';
import { errnoOf, flushFault, naming } from './volume-error.ts';
import type { Attributes, VolumeFs } from './volume-fs.ts';

const run = promisify(execFile);
const fsyncFd = promisify(fsync);

/** Never through a link, and never waiting for somebody at the other end of a special file. */
const PLAIN = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const HOW = {
  new: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  over: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND,
};

/** A data directory on a real disk: every call starts at a folder that was reached without following a link, and is held open. */
export class DiskVolume implements VolumeFs {
  readonly root: string;
  readonly #tree: Tree;

  /** Makes the data directory when it is not there. */
  constructor(root: string) {
    mkdirSync(root, { recursive: true });
    this.root = root;
    this.#tree = new Tree(root);
  }

  look(path: string): Standing {
    return this.#tree.look(path);
  }

  list(path: string): Dirent[] {
    return this.#at(path, (place) => readdirSync(place, { withFileTypes: true }));
  }

  open(path: string): number | undefined {
    let fd: number;
    try {
      fd = this.#at(path, (place) => openSync(place, constants.O_RDONLY | PLAIN));
    } catch (error) {
      if (['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined;
      throw error;
    }
    if (fstatSync(fd).isFile()) return fd;
    closeSync(fd);
    return undefined;
  }

  mountsBelow(): string[] {
    try {
      return mountsIn(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(this.root));
    } catch (error) {
      if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return [];
      throw error;
    }
  }

  takesChanges(folder: string): boolean {
    try {
      this.#at(folder, (place) => accessSync(folder === '' ? this.root : place, constants.W_OK | constants.X_OK));
      return true;
    } catch (error) {
      return !['EACCES', 'EPERM'].includes(errnoOf(error) ?? ''); // a volume that takes no writes at all is another fault
    }
  }

  create(path: string, how: 'new' | 'over' | 'append', mode: number): number {
    return this.#at(path, (place) => openSync(place, HOW[how] | PLAIN, mode));
  }

  write(fd: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  }

  settle(fd: number, { mode, owner, times }: Attributes): void {
    fchmodSync(fd, mode);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    if (times) futimesSync(fd, times.atime, times.mtime);
  }

  close(fd: number): void {
    closeSync(fd);
  }

  makeFolder(path: string, attributes?: Attributes): void {
    try {
      this.#at(path, (place) => mkdirSync(place, attributes?.mode ?? 0o700));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    const fd = this.#tree.hold(path);
    if (attributes) this.settle(fd, attributes);
  }

  rename(from: string, to: string): void {
    this.#tree.forget(from);
    this.#tree.forget(to);
    this.#between(from, to, renameSync);
  }

  link(from: string, to: string): void {
    this.#between(from, to, linkSync);
  }

  remove(path: string): void {
    this.#at(path, unlinkSync);
  }

  removeFolder(path: string): void {
    this.#tree.forget(path);
    this.#at(path, (place) => rmdirSync(place));
  }

  async flush(what: string | number): Promise<void> {
    if (typeof what === 'number') return fsyncFd(what);
    const fd = this.#at(what, (place) => openSync(place, constants.O_RDONLY | PLAIN));
    try {
      await fsyncFd(fd);
    } finally {
      closeSync(fd);
    }
  }

  async flushVolume(): Promise<boolean> {
    try {
      await run('sync', ['-f', this.root], { env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' } });
      return true;
    } catch (error) {
      const refused = flushFault(error);
      if (refused) throw refused;
      return false; // no such program, or not this option
    }
  }

  forgetAll(): void {
    this.#tree.forgetAll();
  }

  [Symbol.dispose](): void {
    this.#tree[Symbol.dispose]();
  }

  #at<T>(path: string, call: (place: string) => T): T {
    const place = this.#tree.at(path);
    try {
      return call(place);
    } catch (error) {
      throw naming(error, place, path);
    }
  }

  #between(from: string, to: string, call: (from: string, to: string) => void): void {
    const [source, target] = this.#tree.both(from, to);
    try {
      call(source, target);
    } catch (error) {
      throw naming(naming(error, source, from), target, to);
    }
  }
}

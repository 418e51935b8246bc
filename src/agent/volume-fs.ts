import type { Dirent } from 'node:fs';
import type { Standing } from './tree.ts';

/** What a file or folder of ours is given. */
export interface Attributes {
  /** Permission bits. */
  readonly mode: number;
  /** Set only where it must be given away, which a superuser alone can do. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Kept from a file that this one is a copy of. */
  readonly times?: { readonly atime: Date; readonly mtime: Date };
}

/**
 * The engine's only way to the disk. Paths are relative to the data directory, `/` between components, `''` the directory itself; no
 * component is ever followed through a link. Each verb is one change of the disk, so that a fault can be put at each.
 *
 * Every verb throws the operating system's own error, and `Blocked` when a component on the way to a path is no folder.
 */
export interface VolumeFs extends Disposable {
  /** The data directory as other programs name it. */
  readonly root: string;

  /** What stands at a path, itself never followed. */
  look(path: string): Standing;
  /** What is in a folder. */
  list(path: string): Dirent[];
  /** A descriptor to read a file by, without waiting on a special file; undefined when no plain file stands there. */
  open(path: string): number | undefined;

  /** Where other volumes, or other parts of this one, are mounted below the data directory; empty where the system does not tell. */
  mountsBelow(): readonly string[];
  /** Whether this process may put entries into a folder and take them away. */
  takesChanges(folder: string): boolean;

  /** A descriptor to write a file by. `new` must not be there yet, `over` is emptied, `append` is added to and may be read. */
  create(path: string, how: 'new' | 'over' | 'append', mode: number): number;
  /** Writes all of `bytes`. */
  write(fd: number, bytes: Uint8Array): void;
  /** Gives an open file what it shall have in the end. */
  settle(fd: number, attributes: Attributes): void;
  close(fd: number): void;
  /** Makes a folder in one that is there, or takes the one that is; with these attributes, when they are given. */
  makeFolder(path: string, attributes?: Attributes): void;
  /** Replaces what stands at `to`. */
  rename(from: string, to: string): void;
  /** A second name for a file. */
  link(from: string, to: string): void;
  /** Removes what is no folder. */
  remove(path: string): void;
  /** Removes an empty folder. */
  removeFolder(path: string): void;
  /** Makes a file or folder durable, by path or descriptor. */
  flush(what: string | number): Promise<void>;
  /** Makes everything on the volume durable. @returns false where the machine has no way to do this at once */
  flushVolume(): Promise<boolean>;

  /** From here on folders are looked for anew: others may have moved them. */
  forgetAll(): void;
}

import { DiskVolume } from '../../../../src/agent/disk-volume.ts';
import type { VolumeFs } from '../../../../src/agent/volume-fs.ts';

/** What a disk says that does not take a write. */
export const CODES = ['ENOSPC', 'EIO', 'EACCES', 'EROFS'] as const;
/** `once`: this call only. `lasting`: and every later one until it is mended. `done`: this call only, and after it took effect. */
export const MANNERS = ['once', 'lasting', 'done'] as const;

/** One fault of a disk. */
export interface Fault {
  /** Number of the writing call that fails, from 1. */
  readonly call: number;
  readonly code: (typeof CODES)[number];
  readonly manner: (typeof MANNERS)[number];
}

const WRITING: ReadonlySet<string | symbol> = new Set<keyof VolumeFs>([
  'create',
  'write',
  'settle',
  'makeFolder',
  'rename',
  'link',
  'remove',
  'removeFolder',
  'flush',
  'flushVolume',
]);

/** A real data directory whose disk fails at a chosen write. */
export class FaultyDisk {
  /** Every writing call so far. */
  readonly calls: string[] = [];
  /** The call that failed first. */
  struck: string | undefined;
  #fault: Fault | undefined;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** From here on the disk is well. */
  mend(): void {
    this.#fault = undefined;
  }

  readonly open = (dataDir: string): VolumeFs => {
    const disk = new DiskVolume(dataDir);
    return new Proxy<VolumeFs>(disk, {
      get: (_, verb) => {
        const value: unknown = Reflect.get(disk, verb, disk);
        if (typeof value !== 'function') return value;
        const call = value as (...args: unknown[]) => unknown;
        return WRITING.has(verb) ? (...args: unknown[]) => this.#write(disk, String(verb), call, args) : call.bind(disk);
      },
    });
  };

  #write(disk: VolumeFs, verb: string, call: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    const described = `${verb} ${args.filter((arg) => typeof arg === 'string').join(' → ')}`;
    this.calls.push(described);
    const fault = this.#fault;
    const strikes = fault && (fault.manner === 'lasting' ? this.calls.length >= fault.call : this.calls.length === fault.call);
    if (!strikes) return call.apply(disk, args);
    this.struck ??= described;
    const failure = Object.assign(new Error(`${fault.code}: this disk fails, ${described}`), { code: fault.code, syscall: verb });
    if (fault.manner === 'done') {
      const made = call.apply(disk, args);
      if (verb === 'create') disk.close(made as number);
      if (made instanceof Promise) return made.then(() => Promise.reject(failure));
    } else if (verb === 'write') {
      // A full disk takes what it has room for.
      const [fd, bytes] = args as [number, Uint8Array];
      disk.write(fd, bytes.subarray(0, bytes.length / 2));
    }
    throw failure;
  }
}

import { rmSync, symlinkSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { randomUUID } from 'node:crypto';
import { SyncError } from '../domain/errors.ts';
import { errnoOf } from './volume-error.ts';
import type { VolumeFs } from './volume-fs.ts';

/** Addresses of sockets in the file system are cut at about 100 bytes. */
const MAX_ADDRESS = 100;

/**
 * One agent process per data directory. The lock is a listening socket in the directory: the kernel lets go of it however the process ends,
 * and it is seen by every container that mounts the volume, which process ids are not.
 */
export class WriterLock {
  readonly #volume: VolumeFs;
  readonly #path: string;
  readonly #server: Server;
  readonly #ino: number | undefined;

  private constructor(volume: VolumeFs, path: string, server: Server, ino: number | undefined) {
    this.#volume = volume;
    this.#path = path;
    this.#server = server;
    this.#ino = ino;
  }

  /** @throws SyncError AnotherWriter when another process holds it. */
  static async take(volume: VolumeFs, path: string): Promise<WriterLock> {
    const held = volume.look(path).kind !== 'absent' && (await isHeld(join(volume.root, path)));
    if (held) throw anotherWriter(path);
    const own = `${path}.${randomUUID().slice(0, 8)}`;
    const server = createServer((socket) => socket.destroy());
    await listen(server, join(volume.root, own));
    server.unref();
    const ino = inodeOf(volume, own);
    try {
      // Last one wins; the others see it at their next check.
      volume.rename(own, path);
    } catch (error) {
      server.close();
      throw error;
    }
    return new WriterLock(volume, path, server, ino);
  }

  /** @throws SyncError AnotherWriter when another process has taken over. */
  check(): void {
    if (inodeOf(this.#volume, this.#path) !== this.#ino) throw anotherWriter(this.#path);
  }

  async release(): Promise<void> {
    try {
      if (inodeOf(this.#volume, this.#path) === this.#ino) this.#volume.remove(this.#path);
    } finally {
      await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    }
  }
}

function inodeOf(volume: VolumeFs, path: string): number | undefined {
  const standing = volume.look(path);
  return 'stat' in standing ? standing.stat.ino : undefined;
}

function anotherWriter(path: string): SyncError {
  return new SyncError('AnotherWriter', `Another agent process works on this data directory (${path}): stop one of the two.`);
}

async function listen(server: Server, path: string): Promise<void> {
  await withShortAddress(path, async (address) => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, resolve);
    });
  });
}

async function isHeld(path: string): Promise<boolean> {
  return withShortAddress(path, async (address) => {
    return new Promise<boolean>((resolve, reject) => {
      const socket = createConnection(address, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', (error) => {
        if (['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errnoOf(error) ?? '')) resolve(false);
        else reject(error);
      });
    });
  });
}

/** A deep data directory is reached through a short link for the moment of the call. */
async function withShortAddress<T>(path: string, use: (address: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= MAX_ADDRESS) return use(path);
  const link = join(tmpdir(), `is-${randomUUID().slice(0, 8)}`);
  symlinkSync(join(path, '..'), link);
  try {
    return await use(join(link, path.slice(path.lastIndexOf('/') + 1)));
  } finally {
    rmSync(link, { force: true });
  }
}

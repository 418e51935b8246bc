import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RemoteAccess } from '../clients/git/remote-client.ts';
import { SyncError } from '../domain/errors.ts';

/** How often a running fetch is measured, milliseconds. */
const LOOK_MS = 500;

/** What the mirrors may take of the disk together. A fetch that would take more is ended and says so. */
export class MirrorRoom {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Frees what nobody needs, at once. */
  readonly #free: () => Promise<void>;
  /** A fetch did not fit since room was made last. */
  #isTight = false;

  constructor(folder: string, maxBytes: number, free: () => Promise<void>) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#free = free;
  }

  /** Bytes of all mirrors. */
  async used(): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    const sizes = await Promise.all(
      names.filter((name) => /\.(git|history)$/.test(name)).map((name) => bytesBelow(join(this.#folder, name))),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Begins to look after a fetch, once it is known that there is one. */
  watch(): RoomWatch {
    return new RoomWatch(this);
  }

  /** @throws SyncError MirrorFull when nothing can be freed */
  async makeWayFor(url: string): Promise<void> {
    if (this.#maxBytes === Number.POSITIVE_INFINITY) return;
    if (this.#isTight || (await this.used()) >= this.#maxBytes) await this.#free();
    this.#isTight = false;
    if ((await this.used()) >= this.#maxBytes) throw await this.#full(url);
  }

  /** Why a fetch that is running has to end, if it has to. */
  async overflow(url: string): Promise<SyncError | undefined> {
    if (this.#maxBytes === Number.POSITIVE_INFINITY || (await this.used()) <= this.#maxBytes) return undefined;
    this.#isTight = true;
    return await this.#full(url);
  }

  async #full(url: string): Promise<SyncError> {
    const [used, most] = [await this.used(), this.#maxBytes].map((bytes) => `${Math.ceil(bytes / 1024 / 1024)} MiB`);
    return new SyncError(
      'MirrorFull',
      `The git mirrors have ${used} of the ${most} that MIRROR_MAX_SIZE of the source allows, and what is missing of ${url} does not fit beside what rollouts need: raise it, and the volume with it, or map less.`,
    );
  }
}

/** One fetch, or several for one purpose, as far as room for it goes. */
class RoomWatch implements Disposable {
  readonly #room: MirrorRoom;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(room: MirrorRoom) {
    this.#room = room;
  }

  /**
   * Gives the access on; what is done with it ends when there is no room for it. Whoever asked first cannot call it off: others may be
   * waiting for the same.
   * @throws SyncError MirrorFull
   */
  async over(access: RemoteAccess): Promise<RemoteAccess> {
    const { url } = access.remote;
    await this.#room.makeWayFor(url);
    const look = (): void => {
      this.#timer = setTimeout(() => {
        this.#room.overflow(url).then(
          (full) => (full ? this.#stop.abort(full) : look()),
          () => look(), // files come and go while they are counted
        );
      }, LOOK_MS);
    };
    if (!this.#timer) look();
    return { ...access, signal: this.#stop.signal };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.reduce((sum, stats) => sum + (stats?.isFile() ? stats.size : 0), 0);
}

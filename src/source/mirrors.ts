import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeGitConfig, type GitSettings } from '../clients/git/environment.ts';
import { sha256 } from './digest.ts';
import { MirrorRoom } from './mirror-room.ts';
import { Mirror } from './mirror.ts';

const HOUR_MS = 60 * 60_000;

/** A commit that no plan needs stays this long after it was used; what is being planned is used all the time. */
const SPARED_MS = 24 * HOUR_MS;
/** The same when the disk is full. */
const SPARED_IN_NEED_MS = HOUR_MS;
/** A mirror of which nothing is needed goes when no object has asked for it so long. */
const IDLE_MS = 7 * 24 * HOUR_MS;

export interface MirrorOptions {
  /** Whether `file://` repositories may be read. */
  readonly allowFile: boolean;
  /** Folders of ours besides that of the mirrors, which no `file://` repository may lie in or hold. */
  readonly privateFolders: readonly string[];
  /** Of all mirrors together. */
  readonly maxBytes: number;
  /** Commits that rollouts and plans may still need. */
  readonly neededCommits: () => Promise<ReadonlySet<string>>;
}

/** What pruning did. */
export interface Pruned {
  readonly mirrors: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly removedMirrors: number;
  readonly droppedCommits: number;
  readonly freedBytes: number;
}

/** All mirrors of this installation, in one folder. */
export class Mirrors {
  readonly settings: GitSettings;
  readonly #folder: string;
  readonly #options: MirrorOptions;
  readonly #room: MirrorRoom;
  readonly #mirrors = new Map<string, Mirror>();
  /** When each was asked for last, as far as this process knows. */
  readonly #used = new Map<string, number>();

  private constructor(folder: string, settings: GitSettings, options: MirrorOptions) {
    this.#folder = folder;
    this.settings = settings;
    this.#options = options;
    this.#room = new MirrorRoom(folder, options.maxBytes, async () => {
      await this.#prune(new Date(), SPARED_IN_NEED_MS);
    });
  }

  static async open(folder: string, options: MirrorOptions): Promise<Mirrors> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const privateFolders = [folder, ...options.privateFolders];
    return new Mirrors(folder, { configFile: await writeGitConfig(folder), allowFile: options.allowFile, privateFolders }, options);
  }

  /**
   * The mirror of one URL as one credential sees it. Two objects share it only when they name the same Secret of the same namespace,
   * or when neither needs one: what one credential may read is never shown to another.
   */
  of(url: string, credentialIdentity: string): Mirror {
    const name = sha256(JSON.stringify([url, credentialIdentity])).slice(0, 32);
    this.#used.set(name, Date.now());
    return this.#named(name);
  }

  /**
   * Frees what nobody needs: commits of no plan that were not used for a day, mirrors that no object asked for in a week. What is being
   * fetched or read is left for the next time.
   * @throws when it is not known what is needed: then nothing is removed
   */
  async prune(now: Date): Promise<Pruned> {
    return await this.#prune(now, SPARED_MS);
  }

  async #prune(now: Date, sparedMs: number): Promise<Pruned> {
    const needed = await this.#options.neededCommits();
    const before = await this.#room.used();
    const names = await readdir(this.#folder);
    let [removedMirrors, droppedCommits, mirrors] = [0, 0, 0];
    for (const name of names.flatMap((file) => /^([0-9a-f]{32})\.git$/.exec(file)?.[1] ?? [])) {
      const keeping = { needed, usedSince: new Date(now.getTime() - sparedMs) };
      const mirror = this.#named(name);
      const pruned = await mirror.prune(keeping).catch(() => undefined); // it is as it was; a damaged one is made anew when it is used
      droppedCommits += pruned?.dropped.length ?? 0;
      const isIdle = pruned?.kept === 0 && (await this.#idleSince(name, now)) < now.getTime() - Math.min(IDLE_MS, sparedMs * 7);
      if (isIdle && (await mirror.remove())) {
        await rm(this.#mark(name), { force: true });
        removedMirrors += 1;
      } else mirrors += 1;
    }
    const bytes = await this.#room.used();
    const { maxBytes } = this.#options;
    return { mirrors, bytes, maxBytes, removedMirrors, droppedCommits, freedBytes: Math.max(0, before - bytes) };
  }

  #named(name: string): Mirror {
    let mirror = this.#mirrors.get(name);
    if (!mirror) this.#mirrors.set(name, (mirror = new Mirror(join(this.#folder, `${name}.git`), this.settings, this.#room)));
    return mirror;
  }

  /** Kept in the age of a file, so that a new process knows it too. */
  async #idleSince(name: string, now: Date): Promise<number> {
    const used = this.#used.get(name);
    this.#used.delete(name);
    const marked = await stat(this.#mark(name)).catch(() => undefined);
    const since = used ?? marked?.mtimeMs ?? now.getTime();
    if (used === undefined && marked) return since;
    await writeFile(this.#mark(name), '');
    await utimes(this.#mark(name), new Date(since), new Date(since));
    return since;
  }

  #mark(name: string): string {
    return join(this.#folder, `${name}.used`);
  }
}

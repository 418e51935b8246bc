import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Digest } from '../domain/manifest.ts';
import type { ContentKind } from './losses.ts';
import { errnoOf, inParallel } from './staging.ts';

/**
 * What a sweep takes out of the store lies here for a while, one folder per sweep, before it is gone for good. Sweeps and plans take no
 * lock: whoever reads or plans with something that was swept a moment ago brings it back, and so does the next sweep for what has been
 * pinned meanwhile. A crash leaves each file in one place or the other.
 */
export class Swept {
  readonly #store: string;
  readonly #folder: string;

  constructor(store: string) {
    this.#store = store;
    this.#folder = join(store, 'swept');
  }

  /** Takes one file out, in the sweep that began at `at`. False when it is gone already. */
  async take(path: string, at: Date): Promise<boolean> {
    const place = join(this.#folder, String(at.getTime()), relative(this.#store, path));
    await mkdir(dirname(place), { recursive: true });
    return await moved(path, place);
  }

  /** Puts a file back to its place in the store. False when it was not swept. */
  async bringBack(path: string): Promise<boolean> {
    for (const sweep of await readdir(this.#folder).catch(() => []))
      if (await moved(join(this.#folder, sweep, relative(this.#store, path)), path)) return true;
    return false;
  }

  /**
   * Ends what sweeps before `until` began: what is needed after all goes back, the rest is deleted.
   * @returns digests and bytes that are gone
   */
  async settle(until: Date, isNeeded: (kind: ContentKind, digest: Digest) => boolean): Promise<{ gone: Set<Digest>; bytes: number }> {
    const gone = new Set<Digest>();
    let bytes = 0;
    for (const sweep of await readdir(this.#folder).catch(() => [])) {
      if (!(Number(sweep) < until.getTime())) continue;
      const folder = join(this.#folder, sweep);
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      await inParallel(
        files.filter((file) => file.isFile()),
        async ({ parentPath, name }) => {
          const place = join(parentPath, name);
          const inStore = relative(folder, place);
          if (isNeeded(inStore.split(sep)[0] as ContentKind, name)) return await moved(place, join(this.#store, inStore));
          const { size } = (await stat(place).catch(() => undefined)) ?? { size: 0 };
          await rm(place, { force: true });
          gone.add(name);
          bytes += size;
          return true;
        },
      );
      await rm(folder, { recursive: true, force: true });
    }
    return { gone, bytes };
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

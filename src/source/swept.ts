import type { Digest } from '../domain/manifest.ts';
import type { ContentKind } from './losses.ts';
import type { Objects } from './objects.ts';
import { inParallel } from './parallel.ts';

const SWEPT = 'swept/';

/**
 * What a sweep takes out of the store lies here for a while, below the time of the sweep, before it is gone for good. Sweeps and plans
 * take no lock: whoever reads or plans with something that was swept a moment ago brings it back, and so does the next sweep for what has
 * been pinned meanwhile. A crash leaves each object in one place or the other.
 */
export class Swept {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Takes one object out, in the sweep that began at `at`. False when it is gone already. */
  async take(key: string, at: Date): Promise<boolean> {
    return await this.#objects.move(key, `${SWEPT}${at.getTime()}/${key}`);
  }

  /** Puts an object back to its place in the store. False when it was not swept. */
  async bringBack(key: string): Promise<boolean> {
    for (const sweep of await this.#objects.folders(SWEPT)) if (await this.#objects.move(`${SWEPT}${sweep}/${key}`, key)) return true;
    return false;
  }

  /**
   * Ends what sweeps before `until` began: what is needed after all goes back, the rest is deleted.
   * @returns digests and bytes that are gone
   */
  async settle(until: Date, isNeeded: (kind: ContentKind, digest: Digest) => boolean): Promise<{ gone: Set<Digest>; bytes: number }> {
    const gone = new Set<Digest>();
    let bytes = 0;
    const old: { key: string; size: number }[] = [];
    for (const sweep of await this.#objects.folders(SWEPT))
      if (Number(sweep) < until.getTime())
        for await (const { key, size } of this.#objects.list(`${SWEPT}${sweep}/`)) old.push({ key, size });
    await inParallel(old, async ({ key, size }) => {
      const [, , ...place] = key.split('/');
      const digest = place.at(-1) ?? '';
      if (isNeeded(place[0] as ContentKind, digest)) return await this.#objects.move(key, place.join('/'));
      await this.#objects.remove(key);
      gone.add(digest);
      bytes += size;
      return true;
    });
    return { gone, bytes };
  }
}

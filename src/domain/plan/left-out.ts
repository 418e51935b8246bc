import { count, listSome } from './text.ts';

/** Why a file that a mapping brought is not synced. */
export type LeftOutClass = 'not-synced' | 'runtime-owned' | 'managed-provider' | 'per-gateway' | 'report' | 'overlay-manifest' | 'excluded';

const SENTENCES: Record<LeftOutClass, (files: string, places: string) => string> = {
  'not-synced': (files, places) =>
    `left out ${files} outside projects and config/resources/<collection>, or in places that belong to the gateway: ${places}`,
  'runtime-owned': (files, places) =>
    `left out ${files} that each gateway writes for itself: ${places}; a mapping whose destination is at or below one takes it`,
  'managed-provider': (files, places) =>
    `left out ${files} of tag providers that the gateway generates: ${places}; a mapping whose destination is at or below one takes it`,
  'per-gateway': (files, places) =>
    `left out ${files} that hold each gateway's own systemName: ${places}; spec.normalize.systemName of the profile or the annotation ignition-sync.io/system-name takes them`,
  report: (files, places) => `left out ${files} that are conversion or migration reports: ${places}`,
  'overlay-manifest': (_, places) => `left out config-mode.json of the overlay ${places}: core keeps its own`,
  excluded: (files) => `excluded ${files} by pattern`,
};

/** Collects what is left out, by composed path, so that nothing is counted twice and a path that is taken after all is not counted. */
export class LeftOut {
  readonly #files = new Map<string, { reason: LeftOutClass; place: string }>();

  add(path: string, reason: LeftOutClass, place: string): void {
    this.#files.set(path, { reason, place });
  }

  taken(path: string): void {
    this.#files.delete(path);
  }

  /** One sentence per class: how many files, and the first places with their counts. */
  notes(): string[] {
    const classes = new Map<LeftOutClass, Map<string, number>>();
    for (const { reason, place } of this.#files.values()) {
      const places = classes.get(reason) ?? new Map<string, number>();
      classes.set(reason, places.set(place, (places.get(place) ?? 0) + 1));
    }
    return (Object.keys(SENTENCES) as LeftOutClass[]).flatMap((reason) => {
      const places = classes.get(reason);
      if (!places) return [];
      const total = [...places.values()].reduce((sum, n) => sum + n, 0);
      const names = [...places].map(([place, n]) => (n === 1 ? place : `${place} (${n})`)).sort();
      return [`${SENTENCES[reason](count(total, 'file'), listSome(names, 5))}.`];
    });
  }
}

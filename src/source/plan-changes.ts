import type { PlannedFiles } from '../contract/source-activities.ts';
import type { Manifest, ManifestEntry } from '../domain/manifest.ts';
import { diffManifests, type ManifestDiff } from '../domain/plan/diff.ts';

/** Paths that a kind of gateway is shown with, of all kinds of change together. */
const NAMED_FILES = 20;
/** Gateways that a kind is named by. */
const NAMED_GATEWAYS = 5;
/** Kinds of gateways that travel in a result. */
const MOST_KINDS = 10;
/** Characters of a path in a result: the result stays far below what a Temporal payload may hold, whatever a repository has. */
const MOST_CHARACTERS = 200;

/** What a plan does to the files that are ours, from the manifest that is live to the one that shall be. */
export function ownedChanges(live: Manifest | undefined, next: Manifest, released: readonly ManifestEntry[]): ManifestDiff {
  return diffManifests(ownedBefore(live, next, released), without(next, madeIfAbsent(next)));
}

/** The manifest that is live, without what stays on the gateway as somebody else's. */
export function ownedBefore(live: Manifest | undefined, next: Manifest, released: readonly ManifestEntry[]): Manifest | undefined {
  return live && without(live, [...released, ...madeIfAbsent(live), ...madeIfAbsent(next)]);
}

/** Whether such a file is written is known on the gateway only; it deletes nothing and changes nothing that is there. */
function madeIfAbsent({ entries }: Manifest): readonly ManifestEntry[] {
  return entries.filter(({ ifAbsent }) => ifAbsent);
}

/** What stays on the gateway is not deleted, so it counts for no guard rail. */
function without(manifest: Manifest, left: readonly ManifestEntry[]): Manifest {
  const stays = new Set(left.map(({ path }) => path));
  return stays.size === 0 ? manifest : { ...manifest, entries: manifest.entries.filter(({ path }) => !stays.has(path)) };
}

/** Changes of many gateways in little room: those that change alike are one kind. */
export class KindsOfChange {
  readonly #kinds = new Map<string, { gateways: string[]; first: PlannedFiles }>();

  add(gateway: string, diff: ManifestDiff): void {
    const first = firstOf(diff);
    const key = JSON.stringify(first);
    const kind = this.#kinds.get(key) ?? { gateways: [], first };
    kind.gateways.push(gateway);
    this.#kinds.set(key, kind);
  }

  /** The kinds with the most gateways first. */
  summary(): { readonly gateways: number; readonly such: readonly string[]; readonly files: PlannedFiles }[] {
    return [...this.#kinds.values()]
      .sort((a, b) => b.gateways.length - a.gateways.length)
      .slice(0, MOST_KINDS)
      .map(({ gateways, first }) => ({ gateways: gateways.length, such: gateways.slice(0, NAMED_GATEWAYS), files: first }));
  }
}

/** The first paths of each kind of change, taken in turn, so that many of one kind hide none of another. */
function firstOf({ added, modified, modeChanged, deleted }: ManifestDiff): PlannedFiles {
  const all = { deleted, modified: [...modified, ...modeChanged], added };
  const names = { deleted: [] as string[], modified: [] as string[], added: [] as string[] };
  let left = NAMED_FILES;
  for (let i = 0; i < NAMED_FILES; i += 1) {
    for (const kind of ['deleted', 'modified', 'added'] as const) {
      const entry = all[kind][i];
      if (!entry || left === 0) continue;
      names[kind].push(clipped(entry.path));
      left -= 1;
    }
  }
  const of = (kind: keyof typeof all) => ({ count: all[kind].length, first: names[kind] });
  return { added: of('added'), modified: of('modified'), deleted: of('deleted') };
}

/** The end of a path says more than its beginning. */
function clipped(path: string): string {
  return path.length <= MOST_CHARACTERS ? path : `…${path.slice(1 - MOST_CHARACTERS)}`;
}

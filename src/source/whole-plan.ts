import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest, type Manifest, type ManifestEntry } from '../domain/manifest.ts';
import type { ContentStore } from './content-store.ts';
import { ownedChanges } from './plan-changes.ts';
import type { PlanDocument } from './plan-document.ts';
import { RecentMap } from './recent-map.ts';

/** What a plan does on one gateway, with every path. */
export interface WholeChange {
  readonly gateway: string;
  readonly stage: string;
  readonly wave: number;
  readonly added: readonly string[];
  readonly modified: readonly string[];
  readonly deleted: readonly string[];
  /** Files that were ours and stay as somebody else's. */
  readonly released: readonly string[];
  /** The store has lost the manifest of what is live, so that only what shall be there is known. */
  readonly unknown?: true;
}

/** Files of manifests that are remembered together: gateways of one kind share theirs. */
const MOST_FILES = 100_000;

/**
 * A kept plan, with what it does on each of its gateways in turn.
 * @throws SyncError ContentUnavailable when the store does not have the plan
 */
export async function openPlan(
  store: ContentStore,
  digest: Digest,
): Promise<{ readonly plan: PlanDocument; readonly changes: (only?: readonly string[]) => AsyncGenerator<WholeChange> }> {
  const plan = (await store.readDocument(digest)) as PlanDocument;
  const known = new RecentMap<Digest, Manifest>(MOST_FILES, ({ entries }) => entries.length + 1_000);
  const read = async (of: Digest): Promise<Manifest | undefined> => {
    const manifest = known.get(of) ?? (await store.readManifest(of).catch(unlessLost));
    if (manifest) known.set(of, manifest);
    return manifest;
  };
  async function* changes(only?: readonly string[]): AsyncGenerator<WholeChange> {
    for (const row of plan.gateways) if (!only || only.includes(row.gateway)) yield await wholeChange(row, read);
  }
  return { plan, changes };
}

function unlessLost(error: unknown): undefined {
  if (!(error instanceof SyncError) || error.reason !== 'ContentUnavailable') throw error;
}

async function wholeChange(
  row: PlanDocument['gateways'][number],
  read: (digest: Digest) => Promise<Manifest | undefined>,
): Promise<WholeChange> {
  const { gateway, stage, wave, target, expectLive } = row;
  const next = await read(target);
  const live = expectLive === NO_MANIFEST ? undefined : await read(expectLive);
  const released = row.released === undefined ? undefined : await read(row.released);
  const lost = !next || (expectLive !== NO_MANIFEST && !live) || (row.released !== undefined && !released);
  const of = { gateway, stage, wave };
  if (!next) return { ...of, added: [], modified: [], deleted: [], released: [], unknown: true };
  const stays = released?.entries ?? [];
  const { added, modified, modeChanged, deleted } = ownedChanges(live, next, stays);
  const paths = (entries: readonly ManifestEntry[]): string[] => entries.map(({ path }) => path);
  return {
    ...of,
    added: paths(added),
    modified: paths([...modified, ...modeChanged]).sort(),
    deleted: paths(deleted),
    released: paths(stays),
    ...(lost && { unknown: true as const }),
  };
}

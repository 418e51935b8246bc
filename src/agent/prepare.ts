import { join } from 'node:path';
import type { ApplyInput } from '../contract/gateway-activities.ts';
import { NO_MANIFEST, comparePaths, type Digest, type ManifestLines, type Mirror } from '../domain/manifest.ts';
import type { NodeState } from '../domain/redundancy/node.ts';
import { isMirrored } from '../domain/plan/mirror.ts';
import { baseOf } from './base.ts';
import { contestedAfter, guardContested, type Contested } from './contested.ts';
import { fetchFiles, missingFiles, type Needed } from './content.ts';
import { flushAll, removeAll, writeDurably } from './durable.ts';
import { findForeign, type Foreign } from './foreign.ts';
import { guardPaths } from './guard.ts';
import type { Layout } from './layout.ts';
import type { Lists } from './long-list.ts';
import { obtainManifest } from './manifests.ts';
import { guardOwners } from './owners.ts';
import { guardLoss, listOrKeepToList } from './mirrored.ts';
import { readModes } from './modes.ts';
import { guardMounts } from './mounts.ts';
import type { Clock, Doing, RelayClient, VolumeSpace } from './ports.ts';
import { pairingOf } from './redundancy/pairing.ts';
import { Scratch } from './scratch.ts';
import { guardSpace } from './space.ts';
import type { State } from './state.ts';
import { survey, type Survey } from './survey.ts';
import { giveWay } from './yield.ts';
import { wantedBetween, type Wanted } from './wanted.ts';

export interface Prepared {
  readonly survey: Survey;
  readonly contested: Contested;
  /** See `Base`. */
  readonly standsIn: boolean;
  readonly fetched: { readonly files: number; readonly bytes: number };
}

/** What preparing needs. */
export interface PreparingWith {
  readonly layout: Layout;
  readonly relay: RelayClient;
  readonly space: (folder: string) => Promise<VolumeSpace>;
  readonly clock: Clock;
  /** The gateway's part in a redundant pair, as far as it was asked. */
  readonly node?: NodeState | undefined;
}

/**
 * Everything that can be done for `target` without changing what the gateway reads: the comparison of the gateway with the plan, and the
 * content, verified and durable on the volume. Asked again it only looks.
 */
export async function prepare(
  make: PreparingWith,
  state: State,
  step: ApplyInput,
  purpose: 'stage' | 'apply',
  lists: Lists,
  doing: Doing,
): Promise<Prepared> {
  const { layout, relay } = make;
  const { volume } = layout;
  await clearOthers(layout, step.target);
  const target = await obtainManifest(layout, relay, step.target, doing.signal);
  const base = await baseOf(layout, relay, state, step, doing);
  const { live, writes, mirrorOf } = await pairingOf(make, step, base.manifest, make.node, doing);
  const mirror = mirrorOf(target.mirror);
  const modes = readModes(volume);
  const differences = base.digest === NO_MANIFEST || step.localChanges === 'overwrite' ? 'replace' : 'hold';
  const released = step.released === undefined ? undefined : await obtainManifest(layout, relay, step.released, doing.signal);
  const rules = { modes, released, everything: base.standsIn };
  const changing = (): Iterable<Wanted> => those(wantedBetween(live, target, rules), writes);
  const foreign = await listForeign(layout, { target, mirror }, changing, step.target, purpose);
  const { contested: before = {} } = state;
  const lookedAt = new Set<string>();
  const wanted = lists.make<Wanted>();
  for (const want of inOrder(changing(), foreign.files)) {
    guardPaths([want.path]);
    wanted.push(want);
    if (want.path in before) lookedAt.add(want.path);
    await giveWay(wanted.length);
  }
  const found = await survey(volume, wanted, { differences, exact: false, takeOver: true, prune: foreign.folders }, lists, doing);
  guardMounts(volume, found);
  guardOwners(volume, found);
  if (step.deletesConfirmed !== true) guardLoss(live, base.digest, found);
  guardContested(before, found);
  const contested = contestedAfter(before, found, lookedAt, mirror);

  const scratch = new Scratch(volume, join(layout.stagingFor(step.target), 'tree'), modes);
  const marker = join(layout.stagingFor(step.target), 'verified');
  const trusted = volume.look(marker).kind === 'file';
  const missing = lists.make<Needed>();
  let bytes = 0;
  for await (const each of missingFiles(scratch, found.changes, trusted, doing)) {
    missing.push(each);
    bytes += each.after.size - each.arrived;
  }
  if (missing.length === 0 && trusted) return { survey: found, contested, standsIn: base.standsIn, fetched: { files: 0, bytes: 0 } };

  await removeAll(volume, marker);
  guardSpace(await make.space(join(volume.root, layout.own)), bytes);
  const fetched = await fetchFiles(scratch, missing, { relay, tree: volume, live }, modes, doing);
  for (const { path, after } of found.changes) if (after) scratch.placeFor(path);
  await flushAll(volume, {
    *[Symbol.iterator]() {
      yield* scratch.everything(found.changes);
      yield* [layout.stagingFor(step.target), layout.staging];
    },
  });
  await writeDurably(volume, marker, '');
  return { survey: found, contested, standsIn: base.standsIn, fetched };
}

/** Somebody else's files that the target's mirrored folders would lose. */
async function listForeign(
  layout: Layout,
  { target, mirror }: { readonly target: ManifestLines; readonly mirror: Mirror | undefined },
  changing: () => Iterable<Wanted>,
  digest: Digest,
  purpose: 'stage' | 'apply',
): Promise<Pick<Foreign, 'files' | 'folders'>> {
  if (!mirror) return { files: [], folders: [] };
  const { files, folders, conflicts } = await findForeign(layout.volume, mirror, target);
  conflicts.raise();
  const ours = new Set<string>();
  for (const { path } of changing()) if (isMirrored(mirror, path)) ours.add(path);
  const strangers = files.filter((path) => !ours.has(path)).sort(comparePaths);
  return { files: await listOrKeepToList(layout, digest, purpose, strangers), folders };
}

function* those(wanted: Iterable<Wanted>, writes: (path: string) => boolean): Generator<Wanted> {
  for (const want of wanted) if (writes(want.path)) yield want;
}

function* inOrder(changing: Iterable<Wanted>, foreign: readonly string[]): Generator<Wanted> {
  let next = 0;
  const upTo = function* (path: string | undefined): Generator<Wanted> {
    for (let stranger = foreign[next]; stranger !== undefined; stranger = foreign[(next += 1)]) {
      if (path !== undefined && comparePaths(stranger, path) > 0) return;
      yield { path: stranger, foreign: true };
    }
  };
  for (const want of changing) {
    yield* upTo(want.path);
    yield want;
  }
  yield* upTo(undefined);
}

/** Scratch for another plan is of no use any more: a newer one has taken its place. */
async function clearOthers(layout: Layout, target: string): Promise<void> {
  for (const { name } of layout.volume.list(layout.staging)) {
    if (/^[0-9a-f]{64}$/.test(name) && name !== target) await removeAll(layout.volume, join(layout.staging, name));
  }
}

import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplyInput } from '../contract/activities.ts';
import { SyncError } from '../domain/errors.ts';
import { NO_MANIFEST, type Digest, type ManifestText } from '../domain/manifest.ts';
import type { FoundFolder } from './change.ts';
import { contestedAfter, guardContested, type Contested } from './contested.ts';
import { fetchFiles, missingFiles, type Needed } from './content.ts';
import { flushAll, writeDurably } from './durable.ts';
import { findForeign, type Foreign } from './foreign.ts';
import { guardPaths } from './guard.ts';
import type { Layout } from './layout.ts';
import { obtainManifest } from './manifests.ts';
import { guardLoss, listOrKeepToList } from './mirrored.ts';
import { readModes } from './modes.ts';
import type { Doing, RelayClient, VolumeSpace } from './ports.ts';
import { Scratch } from './scratch.ts';
import { guardSpace } from './space.ts';
import type { State } from './state.ts';
import { survey, type Survey } from './survey.ts';
import { Tree } from './tree.ts';
import { wantedBetween, type Wanted } from './wanted.ts';

export interface Prepared {
  readonly survey: Survey;
  readonly contested: Contested;
  readonly fetched: { readonly files: number; readonly bytes: number };
}

/** What preparing needs. */
export interface PreparingWith {
  readonly layout: Layout;
  readonly relay: RelayClient;
  readonly space: (folder: string) => Promise<VolumeSpace>;
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
  doing: Doing,
): Promise<Prepared> {
  const { layout, relay } = make;
  await clearOthers(layout, step.target);
  const target = await obtainManifest(layout, relay, step.target, doing.signal);
  const live = await obtainManifest(layout, relay, state.live, doing.signal);
  const modes = await readModes(layout.dataDir);
  using tree = new Tree(layout.dataDir);
  const differences = state.live === NO_MANIFEST || step.localChanges === 'overwrite' ? 'replace' : 'hold';
  const released = step.released === undefined ? undefined : await obtainManifest(layout, relay, step.released, doing.signal);
  const changing = wantedBetween(live, target, modes, released);
  const foreign = await listForeign(layout, tree, target, new Set(changing.map(({ path }) => path)), step.target, purpose);
  const wanted = [...changing, ...foreign.files.map((path): Wanted => ({ path, foreign: true }))];
  guardPaths(wanted.map(({ path }) => path));
  const found = withFolders(await survey(tree, wanted, { differences, exact: false, takeOver: true }, doing), foreign.folders);
  guardMounts(tree, found);
  if (step.deletesConfirmed !== true) guardLoss(live, state.live, found);
  const { contested: before = {} } = state;
  guardContested(before, found);
  const contested = contestedAfter(before, found, new Set(wanted.map(({ path }) => path)), target.mirror);

  const scratch = new Scratch(join(layout.stagingFor(step.target), 'tree'), modes);
  const marker = join(layout.stagingFor(step.target), 'verified');
  const needed = found.changes.flatMap(({ path, after }): Needed[] => (after ? [{ path, after }] : []));
  const trusted = existsSync(marker);
  const missing = await missingFiles(scratch, needed, trusted, doing);
  if (missing.length === 0 && trusted) return { survey: found, contested, fetched: { files: 0, bytes: 0 } };

  rmSync(marker, { force: true });
  guardSpace(
    await make.space(layout.own),
    missing.reduce((bytes, { after }) => bytes + after.size, 0),
  );
  const liveByDigest = live.pathsOf(new Set(missing.map(({ after }) => after.sha256)));
  const fetched = await fetchFiles(scratch, missing, { relay, tree, liveByDigest }, modes, doing);
  for (const { path } of needed) scratch.placeFor(path);
  await flushAll(layout.own, [
    ...needed.map(({ path }) => join(scratch.root, path)),
    ...scratch.folders(),
    layout.stagingFor(step.target),
    layout.staging,
  ]);
  await writeDurably(marker, '');
  return { survey: found, contested, fetched };
}

/** Somebody else's files that the target's mirrored folders would lose. */
async function listForeign(
  layout: Layout,
  tree: Tree,
  target: ManifestText,
  changing: ReadonlySet<string>,
  digest: Digest,
  purpose: 'stage' | 'apply',
): Promise<Pick<Foreign, 'files' | 'folders'>> {
  if (!target.mirror) return { files: [], folders: [] };
  const { files, folders, conflicts } = await findForeign(tree, target.mirror, target);
  conflicts.raise();
  const strangers = files.filter((path) => !changing.has(path));
  return { files: await listOrKeepToList(layout, digest, purpose, strangers), folders };
}

function withFolders(found: Survey, folders: readonly FoundFolder[]): Survey {
  const known = new Set(found.folders.map(({ path }) => path));
  return {
    ...found,
    folders: [...found.folders, ...folders.filter(({ path }) => !known.has(path))],
    prune: folders.map(({ path }) => path),
  };
}

/** Renames do not cross file systems, so all or nothing cannot be promised across a mount point. */
function guardMounts(tree: Tree, { folders }: Survey): void {
  const { dev } = lstatSync(tree.root);
  for (const { path } of folders) {
    const standing = tree.look(path);
    if (standing.kind !== 'folder' || standing.stat.dev === dev) continue;
    throw new SyncError(
      'NotSupportedYet',
      `${path} is a mount of its own inside the data directory: mount one volume for the whole of it.`,
    );
  }
}

/** Scratch for another plan is of no use any more: a newer one has taken its place. */
async function clearOthers(layout: Layout, target: string): Promise<void> {
  for (const name of readdirSync(layout.staging)) {
    if (/^[0-9a-f]{64}$/.test(name) && name !== target) await rm(join(layout.staging, name), { recursive: true, force: true });
  }
}

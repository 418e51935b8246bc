import { SyncError } from '../../domain/errors.ts';
import { createManifest, encodeManifest, ManifestText, type ManifestLines } from '../../domain/manifest.ts';
import { count } from '../../domain/plan/text.ts';
import { replicates } from '../../domain/redundancy/replicates.ts';
import { compareFiles } from '../drift.ts';
import type { Layout } from '../layout.ts';
import type { Clock, Doing } from '../ports.ts';
import { Some } from '../some.ts';

/** Files named in a message. */
const NAMED = 3;

/** Compares what replicates, file by file, with a manifest. `before` is what may have been there: what of it is in the manifest no more must be gone. */
async function lackingOf(
  layout: Layout,
  before: ManifestLines,
  wanted: ManifestLines,
  clock: Clock,
  { signal }: Doing,
): Promise<{ count: number; first: string[] }> {
  const { missing, changed } = await compareFiles(
    layout,
    wanted,
    { depth: 'fast', nowMs: clock.now().getTime(), counts: replicates },
    signal,
  );
  const stay = new Some<string>();
  for (const { path, before: was, after } of before.differences(wanted))
    if (was && !after && !was.ifAbsent && replicates(path) && layout.volume.look(path).kind === 'file') stay.add(path);
  return { count: missing.count + changed.count + stay.count, first: [...missing, ...changed, ...stay].slice(0, NAMED) };
}

/**
 * The proof that a standby has what its peer was given: its own files.
 * @throws SyncError ReplicationPending naming what is not there
 */
export async function proveReplica(
  layout: Layout,
  manifests: { readonly before: ManifestLines; readonly target: ManifestLines },
  peer: string,
  clock: Clock,
  doing: Doing,
): Promise<void> {
  const lacking = await lackingOf(layout, manifests.before, manifests.target, clock, doing);
  if (lacking.count === 0) return;
  const more = lacking.count > lacking.first.length ? ` and ${lacking.count - lacking.first.length} more` : '';
  throw new SyncError(
    'ReplicationPending',
    `${count(lacking.count, 'file')} of this commit, which ${peer} has, did not come here by replication yet: ${lacking.first.join(', ')}${more}.`,
  );
}

/**
 * What of ours is on a node whose peer was written while this one could not be asked: the peer's files, where exactly those have
 * replicated; else what this agent wrote last.
 */
export async function baselineOf(
  layout: Layout,
  own: ManifestLines,
  peer: ManifestLines,
  clock: Clock,
  doing: Doing,
): Promise<ManifestLines> {
  if ((await lackingOf(layout, own, peer, clock, doing)).count > 0) return own;
  const entries = [
    ...[...peer.entries()].filter(({ path }) => replicates(path)),
    ...[...own.entries()].filter(({ path }) => !replicates(path)),
  ];
  return new ManifestText(encodeManifest(createManifest(entries, own.mirror)));
}

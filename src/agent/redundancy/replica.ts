import { SyncError } from '../../domain/errors.ts';
import { createManifest, encodeManifest, ManifestText, type ManifestLines } from '../../domain/manifest.ts';
import { count, listSome } from '../../domain/plan/text.ts';
import { replicates } from '../../domain/redundancy/replicates.ts';
import { findDrift, type Drift } from '../drift.ts';
import type { Layout } from '../layout.ts';
import type { Doing } from '../ports.ts';

/** Files named in a message. */
const NAMED = 3;

/** Files that the peer has brought, or not: `missing` ones, `other` bytes than wanted, and those that `stay` although they should be gone. */
interface Replica {
  readonly missing: readonly string[];
  readonly other: readonly string[];
  readonly stay: readonly string[];
}

/** Compares what replicates, file by file, with a manifest. `before` is what may have been there: what of it is in the manifest no more must be gone. */
async function compareReplica(
  layout: Layout,
  before: ManifestLines,
  wanted: ManifestLines,
  nowMs: number,
  { signal }: Doing,
): Promise<Replica> {
  const { missing, changed } = await findDrift(layout, wanted, 'fast', nowMs, signal);
  const stay: string[] = [];
  for (const { path, before: was, after } of before.differences(wanted))
    if (was && !after && !was.ifAbsent && replicates(path) && layout.volume.look(path).kind === 'file') stay.push(path);
  return { missing: missing.filter(replicates), other: changed.filter(replicates), stay };
}

/**
 * The proof that a standby has what its peer was given: its own files.
 * @throws SyncError ReplicationPending naming what is not there
 */
export async function proveReplica(
  layout: Layout,
  manifests: { readonly before: ManifestLines; readonly target: ManifestLines },
  peer: string,
  nowMs: number,
  doing: Doing,
): Promise<void> {
  const { missing, other, stay } = await compareReplica(layout, manifests.before, manifests.target, nowMs, doing);
  const lacking = [...missing, ...other, ...stay];
  if (lacking.length === 0) return;
  throw new SyncError(
    'ReplicationPending',
    `${count(lacking.length, 'file')} of this commit, which ${peer} has, did not come here by replication yet: ${listSome(lacking, NAMED)}.`,
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
  nowMs: number,
  doing: Doing,
): Promise<ManifestLines> {
  const { missing, other, stay } = await compareReplica(layout, own, peer, nowMs, doing);
  if (missing.length + other.length + stay.length > 0) return own;
  const entries = [
    ...[...peer.entries()].filter(({ path }) => replicates(path)),
    ...[...own.entries()].filter(({ path }) => !replicates(path)),
  ];
  return new ManifestText(encodeManifest(createManifest(entries, own.mirror)));
}

/** Drift of a node that gets its files from its peer: only of what does not replicate. */
export function ownDrift({ changed, missing, foreign }: Drift): Drift {
  const own = (paths: readonly string[]): string[] => paths.filter((path) => !replicates(path));
  return { changed: own(changed), missing: own(missing), foreign: own(foreign) };
}

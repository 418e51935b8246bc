import { join } from 'node:path';
import { NO_MANIFEST, type Digest } from '../domain/manifest.ts';
import type { NameTwin, Revision } from '../domain/reports.ts';
import { lastCommits, type CommitRecord } from './commit-log.ts';
import { DiskVolume } from './disk-volume.ts';
import { findDrift, type Depth } from './drift.ts';
import { readJournal } from './journal.ts';
import { Layout } from './layout.ts';
import { keptManifest } from './manifests.ts';
import { listSnapshots } from './snapshot.ts';
import type { Some } from './some.ts';
import { readState, type Scans } from './state.ts';
import { onVolume } from './volume-error.ts';

/** Paths of one kind: how many there are, and the first thousand. */
export interface Found<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/** A snapshot on the volume: what was live before one operation, at the paths that it changed. */
export interface KeptSnapshot {
  readonly folder: string;
  /** Before which operation it was taken. */
  readonly before: string;
  readonly manifest: Digest;
  readonly revision?: Revision | undefined;
  readonly changes?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Everything that the volume of a gateway says of its syncs. */
export interface VolumeReport {
  readonly dataDir: string;
  readonly live: {
    readonly manifest: Digest;
    readonly revision?: Revision | undefined;
    readonly op: string;
    readonly at: string;
    /** Absent when the manifest itself is not on the volume: its agent fetches it when it next needs it. */
    readonly files?: number;
  };
  /** A change that was interrupted: the agent ends it before anything else when it starts. */
  readonly interrupted?: { readonly kind: 'apply' | 'restore'; readonly op: string; readonly direction: 'forward' | 'back' };
  readonly owedScans: Scans;
  /** Newest first. */
  readonly operations: readonly CommitRecord[];
  /** Newest first. */
  readonly snapshots: readonly KeptSnapshot[];
  /** How the files differ from what is live; absent before the first sync, without the manifest, and in the middle of a change. */
  readonly drift?: {
    readonly depth: Depth;
    readonly changed: Found<string>;
    readonly missing: Found<string>;
    readonly foreign: Found<string>;
    readonly twins: Found<NameTwin>;
  };
}

/** Operations that are listed. */
const OPERATIONS = 10;

/**
 * Reads what a gateway's volume says, beside an agent that may be at work there. Takes no lock and writes nothing.
 * @param dataDir a folder that is there
 * @throws SyncError VolumeFailed, OwnerMismatch when it cannot be read, or a record in it is damaged
 */
export async function inspectVolume(dataDir: string, depth: Depth): Promise<VolumeReport> {
  return onVolume('inspecting', async () => {
    using volume = new DiskVolume(dataDir);
    const layout = new Layout(volume);
    const state = readState(layout);
    const journal = readJournal(layout);
    const manifest = await keptManifest(layout, state.live);
    const told = {
      dataDir,
      live: {
        manifest: state.live,
        revision: state.revision,
        op: state.op,
        at: state.at,
        ...(manifest && { files: manifest.count() }),
      },
      owedScans: state.owed,
      operations: lastCommits(layout, OPERATIONS),
      snapshots: snapshotsOn(layout),
    };
    if (journal) return { ...told, interrupted: { kind: journal.kind, op: journal.op, direction: journal.direction } };
    if (!manifest || state.live === NO_MANIFEST) return told;
    const { changed, missing, foreign, twins } = await findDrift(layout, manifest, {
      depth,
      nowMs: Date.now(),
      counts: () => true,
      readOnly: true,
    });
    const drift = { depth, changed: found(changed), missing: found(missing), foreign: found(foreign), twins: found(twins) };
    return readState(layout).seq === state.seq ? { ...told, drift } : told;
  });
}

function snapshotsOn(layout: Layout): KeptSnapshot[] {
  if (layout.volume.look(layout.snapshots).kind !== 'folder') return [];
  return listSnapshots(layout).map(({ folder, op, from, revision, lengths, bytes }) => ({
    folder: join(layout.volume.root, folder),
    before: op,
    manifest: from,
    revision,
    changes: lengths?.changes,
    bytes,
  }));
}

function found<T>(some: Some<T>): Found<T> {
  return { count: some.count, first: [...some] };
}

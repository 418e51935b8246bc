import { z } from 'zod';
import { NO_MANIFEST } from '../domain/manifest.ts';
import { SyncError } from '../domain/errors.ts';
import type { Layout } from './layout.ts';
import { writeDurably } from './durable.ts';
import { readText } from './hash.ts';

const Counts = z.object({ added: z.int(), modified: z.int(), deleted: z.int() });
const Scans = z.object({
  config: z.boolean(),
  projects: z.boolean(),
  newProject: z.boolean(),
  /** Names of the new projects, up to a few: a gateway that does not list one of them has not loaded it. */
  newProjects: z.array(z.string()).readonly().optional(),
});
/** New projects whose names are kept. */
const NAMED_PROJECTS = 50;

/** The ref as the user wrote it, and its commit. */
const Revision = z.object({ ref: z.string(), commit: z.string() });

const SomeFiles = z.object({ files: z.int(), first: z.array(z.string()).readonly() });
/** What an apply took from others. */
const Taken = z.object({
  adopted: z.int().optional(),
  takenOver: z.int().optional(),
  overwritten: SomeFiles.optional(),
  mirrored: SomeFiles.optional(),
});
export type Taken = z.infer<typeof Taken>;

export type Counts = z.infer<typeof Counts>;
export type Scans = z.infer<typeof Scans>;

export const NO_SCANS: Scans = { config: false, projects: false, newProject: false };
export const NO_CHANGES: Counts = { added: 0, modified: 0, deleted: 0 };

/** What this product knows of its gateway: the record of ownership's name and what is still to be done about it. */
export const State = z.object({
  version: z.literal(1),
  /** Digest of the manifest that is live, or `none`. */
  live: z.string(),
  /** What it was made of; absent where nobody said, such as with an earlier control plane. */
  revision: Revision.optional(),
  /** Nothing is recorded as live although something was: this is what came of putting back a change that was made without a record. */
  recordLost: z.boolean().optional(),
  /** The operation that made it live, empty when nothing was applied. */
  op: z.string(),
  at: z.string(),
  /** Counts transactions; orders snapshots. */
  seq: z.int(),
  /** What the last transaction changed. */
  changes: Counts,
  /** And what it took from others: an answer that was lost can be given again. */
  taken: Taken.optional(),
  /** How many snapshots shall be kept, as the last step said; absent before any did. */
  retain: z.object({ count: z.int(), bytes: z.int().optional() }).optional(),
  /** See `contested.ts`. */
  contested: z.record(z.string(), z.int()).optional(),
  /** Scans that changes since the last successful scan still call for. */
  owed: Scans,
  /** Operations that were carried out, newest last: none of them is carried out twice. */
  done: z.array(z.string()),
});
export type State = z.infer<typeof State>;

/** How many carried-out operations are remembered. */
const REMEMBERED = 200;

const FRESH: State = { version: 1, live: NO_MANIFEST, op: '', at: '', seq: 0, changes: NO_CHANGES, owed: NO_SCANS, done: [] };

/** The state on disk; that of a gateway nothing was applied to when there is none. */
export function readState(layout: Layout): State {
  const text = readText(layout.volume, layout.state);
  if (text === undefined) return FRESH;
  try {
    return State.parse(JSON.parse(text));
  } catch (error) {
    throw new SyncError(
      'VolumeFailed',
      `${layout.state} is damaged: restore it from a backup of the volume, or delete it: then what this gateway confirmed last stands in for it.`,
      {
        cause: error,
      },
    );
  }
}

export async function writeState(layout: Layout, state: State): Promise<void> {
  await writeDurably(layout.volume, layout.state, `${JSON.stringify({ ...state, done: state.done.slice(-REMEMBERED) })}\n`);
}

/** Both together: what is needed when either of two changes calls for a scan. */
export function mergeScans(a: Scans, b: Scans): Scans {
  const newProjects = [...new Set([...(a.newProjects ?? []), ...(b.newProjects ?? [])])].slice(0, NAMED_PROJECTS);
  return {
    config: a.config || b.config,
    projects: a.projects || b.projects,
    newProject: a.newProject || b.newProject,
    ...(newProjects.length > 0 && { newProjects }),
  };
}

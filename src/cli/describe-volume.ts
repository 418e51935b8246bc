import type { Found, VolumeReport } from '../agent/inspection.ts';
import { NO_MANIFEST } from '../domain/manifest.ts';
import { count } from '../domain/plan/text.ts';
import { formatRevision } from '../domain/revision.ts';
import type { Revision } from '../domain/reports.ts';

/** Paths of one kind that are listed. */
const LISTED = 20;

/** What `inspect` prints for people. */
export function describeVolume(report: VolumeReport): string {
  const lines = [...ofLive(report), ...ofDrift(report), ...ofOperations(report), ...ofSnapshots(report)];
  return `${lines.join('\n')}\n`;
}

function ofLive({ dataDir, live, interrupted, owedScans }: VolumeReport): string[] {
  const owed = [...(owedScans.config ? ['config'] : []), ...(owedScans.projects || owedScans.newProject ? ['projects'] : [])];
  const stopped =
    interrupted && `interrupted  ${interrupted.kind} ${interrupted.op}: the agent ${ends(interrupted.direction)} it when it starts`;
  if (live.manifest === NO_MANIFEST)
    return [`live         nothing: ignition-sync has applied nothing in ${dataDir}`, ...(stopped ? [stopped] : [])];
  return [
    `live         ${named(live.revision)}, manifest ${live.manifest.slice(0, 12)}`,
    `since        ${live.at}, by ${live.op}`,
    `files        ${live.files ?? 'unknown: the manifest is not on the volume, the agent fetches it when it needs it'}`,
    `owed scans   ${owed.join(', ') || 'none'}`,
    ...(stopped ? [stopped] : []),
  ];
}

function ends(direction: 'forward' | 'back'): string {
  return direction === 'forward' ? 'finishes' : 'puts back';
}

function ofDrift({ drift }: VolumeReport): string[] {
  if (!drift) return ['drift        not compared'];
  const { changed, missing, foreign, twins, depth } = drift;
  const files = changed.count + missing.count + foreign.count;
  const how = depth === 'fast' ? 'by size, time and inode; --thorough reads every file' : 'every file was read';
  return [
    `drift        ${files === 0 ? 'none' : count(files, 'file')} (${how})`,
    ...listed('changed', changed),
    ...listed('deleted', missing),
    ...listed('not ours, in a mirrored folder', foreign),
    ...listed('not ours, named like ours', { count: twins.count, first: twins.first.map(({ path, ours }) => `${path} (ours is ${ours})`) }),
  ];
}

function listed(what: string, { count: all, first }: Found<string>): string[] {
  const shown = first.slice(0, LISTED).map((path) => `  ${what}: ${path}`);
  return all > shown.length ? [...shown, `  ${what}: and ${all - shown.length} more`] : shown;
}

function ofOperations({ operations }: VolumeReport): string[] {
  return [
    `operations   ${operations.length === 0 ? 'none' : 'newest first'}`,
    ...operations.map(({ at, kind, to, revision, undone, changes: { added, modified, deleted } }) => {
      const what = to === NO_MANIFEST ? 'what was before the first sync' : `${named(revision)}, manifest ${to.slice(0, 12)}`;
      if (undone) return `  ${at} ${kind} undone; what people saved meanwhile is kept in late-… beside the snapshots`;
      return `  ${at} ${kind} of ${what}: ${added} added, ${modified} modified, ${deleted} deleted`;
    }),
  ];
}

function ofSnapshots({ snapshots }: VolumeReport): string[] {
  return [
    `snapshots    ${snapshots.length === 0 ? 'none' : 'newest first'}`,
    ...snapshots.map(({ folder, manifest, revision, changes, bytes }) => {
      const what = manifest === NO_MANIFEST ? 'what was before the first sync' : named(revision);
      const holds = changes === undefined ? '' : `: ${count(changes, 'path')}, ${bytes ?? 0} bytes`;
      return `  ${what}${holds}, in ${folder}`;
    }),
  ];
}

function named(revision: Revision | undefined): string {
  return revision ? formatRevision(revision.ref, revision.commit) : 'a commit that was not noted';
}

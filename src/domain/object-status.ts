import type { Condition } from '../api/v1alpha1/conditions.ts';
import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../api/v1alpha1/ignition-sync.ts';
import { hasDrifted } from './drift.ts';
import { setCondition } from './conditions.ts';
import { isFinal, type RolloutReport, type StatusReport } from './reports.ts';
import { commitOf, formatRevision, shortRevision } from './revision.ts';
import { verdicts } from './verdicts.ts';

const HISTORY = 10;
/** Gateways named in a cell. */
const NAMED = 3;

/**
 * Whether a rollout may still speak: reports of an older rollout than the one in status, or of one that status knows as finished
 * (its workflow was reset), change nothing.
 * @param left see `StatusReport`
 */
export function mayReport(status: IgnitionSyncStatus | undefined, n: number | undefined, left = false): boolean {
  const known = status?.rollout;
  if (n === undefined || !known) return true;
  return known.number < n || (known.number === n && (left || !isFinal(known.state)));
}

function rolloutStatus(
  before: IgnitionSyncStatus['rollout'],
  n: number,
  report: RolloutReport,
  now: string,
): NonNullable<IgnitionSyncStatus['rollout']> {
  const said = { ...report, waitingFor: undefined };
  const same = before?.number === n ? before : undefined;
  return { ...same, ...said, number: n, startedAt: same?.startedAt ?? now, ...(isFinal(report.state) ? { finishedAt: now } : {}) };
}

function count(
  gateways: readonly (IgnitionGatewayStatus | undefined)[],
  commit: string | undefined,
): NonNullable<IgnitionSyncStatus['gateways']> {
  const total = gateways.length;
  // One that is Behind and runs this commit was behind another, which is not wanted any more.
  const synced = gateways.filter((g) => (g?.phase === 'Synced' || g?.phase === 'Behind') && commitOf(g.revision) === commit).length;
  const failed = gateways.filter((g) => g?.phase === 'Failed' || g?.phase === 'Restored').length;
  const unreachable = gateways.filter((g) => g?.phase === 'Unreachable').length;
  const drifted = gateways.filter((g) => hasDrifted(g?.conditions)).length;
  const restartPending = gateways.filter((g) => (g?.restartPending?.length ?? 0) > 0).length;
  return {
    total,
    synced,
    failed,
    unreachable,
    ...(drifted > 0 && { drifted }),
    ...(restartPending > 0 && { restartPending }),
    summary: `${synced}/${total}`,
  };
}

type RolloutStatus = NonNullable<IgnitionSyncStatus['rollout']>;

function entry({ number, state, commit, ref, message, startedAt }: RolloutStatus, now: string) {
  return { number, state, commit, ref, message, startedAt, finishedAt: now };
}

/** A rollout that never said how it ended, because its workflow was terminated: the history has it nevertheless. */
function overtaken(before: RolloutStatus | undefined, now: RolloutStatus | undefined, at: string) {
  if (!before || !now || before.number >= now.number || isFinal(before.state)) return [];
  return [entry({ ...before, state: 'Superseded', message: `ended without a word while ${before.state}: ${before.message}` }, at)];
}

/** What a report says about the wait; undefined when it says nothing, and what was said before still holds. */
function said({ rollout, waitingFor }: StatusReport): string | undefined {
  return rollout ? (rollout.waitingFor ?? '') : waitingFor;
}

/** Which gateways a rollout that goes on waits for, in few words; empty when for none. */
export function waitsOf(gateways: readonly { readonly name: string; readonly status?: IgnitionGatewayStatus | undefined }[]): string {
  const waiting = gateways.filter(({ status }) => status?.phase === 'Waiting');
  const named = waiting.slice(0, NAMED).map(({ name, status }) => (status?.reason ? `${name} (${status.reason})` : name));
  const more = waiting.length > NAMED ? [`and ${waiting.length - NAMED} more`] : [];
  return [...named, ...more].join(', ');
}

/**
 * The status of an IgnitionSync after a report, conditions included.
 * `Ready=True` means: this generation's resolved commit is live and loaded on every gateway, and none has yet to be restarted for that.
 * @param insecure see `insecureTransport`
 * @param waits see `waitsOf`
 */
export function objectStatus(
  before: IgnitionSyncStatus | undefined,
  report: StatusReport,
  gateways: readonly (IgnitionGatewayStatus | undefined)[],
  generation: number,
  now: string,
  insecure?: string,
  waits = '',
): IgnitionSyncStatus {
  const rollout =
    report.rollout && report.n !== undefined ? rolloutStatus(before?.rollout, report.n, report.rollout, now) : before?.rollout;
  const revision = report.revision ? formatRevision(report.revision.ref, report.revision.commit) : before?.revision;
  const counts = count(gateways, commitOf(revision));
  const active = rollout !== undefined && !isFinal(rollout.state);
  const finished = report.rollout && rollout && isFinal(rollout.state) && before?.rollout?.finishedAt !== rollout.finishedAt;
  const frozen =
    report.frozen === undefined ? before?.frozen : report.frozen ? { ...report.frozen, since: before?.frozen?.since ?? now } : undefined;
  const synced =
    finished && rollout.state === 'Succeeded' && count(gateways, rollout.commit).synced === gateways.length
      ? { commit: rollout.commit, contentHash: rollout.contentHash, at: now }
      : before?.synced;
  const status: IgnitionSyncStatus = {
    ...before,
    observedGeneration: report.observedGeneration ?? before?.observedGeneration,
    ref: report.revision?.ref ?? before?.ref,
    revision,
    shortRevision: report.revision ? shortRevision(report.revision.ref, report.revision.commit) : before?.shortRevision,
    contentHash: report.contentHash ?? before?.contentHash,
    stage: active ? (rollout.stage ?? '') : '',
    waitingFor: rollout?.state === 'Progressing' ? waits : (said(report) ?? before?.waitingFor ?? ''),
    gateways: counts,
    synced,
    rollout,
    tag: report.revision ? report.revision.tag : before?.tag,
    frozen,
    lastHandledSyncRequest: report.handledSyncRequest ?? before?.lastHandledSyncRequest,
    history: [...(finished ? [entry(rollout, now)] : []), ...overtaken(before?.rollout, rollout, now), ...(before?.history ?? [])].slice(
      0,
      HISTORY,
    ),
  };
  let conditions: Condition[] = before?.conditions ?? [];
  for (const verdict of verdicts(status, report, conditions, generation, insecure)) {
    conditions = setCondition(conditions, { ...verdict, observedGeneration: status.observedGeneration }, now);
  }
  return { ...status, conditions };
}

import type { Condition, ConditionType } from '../api/v1alpha1/conditions.ts';
import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../api/v1alpha1/ignition-sync.ts';
import { setCondition } from './conditions.ts';
import { isFinal, type RolloutReport, type StatusReport } from './reports.ts';
import { commitOf, formatRevision, short } from './revision.ts';

const HISTORY = 10;

/**
 * Whether a rollout may still speak: reports of an older rollout than the one in status, or of one that status knows as finished
 * (its workflow was reset), change nothing.
 */
export function mayReport(status: IgnitionSyncStatus | undefined, n: number | undefined): boolean {
  const known = status?.rollout;
  if (n === undefined || !known) return true;
  return known.number < n || (known.number === n && !isFinal(known.state));
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
  const synced = gateways.filter((g) => g?.phase === 'Synced' && commitOf(g.revision) === commit).length;
  const failed = gateways.filter((g) => g?.phase === 'Failed' || g?.phase === 'Restored').length;
  const unreachable = gateways.filter((g) => g?.phase === 'Unreachable').length;
  return { total, synced, failed, unreachable, summary: `${synced}/${total}` };
}

interface Verdict {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/**
 * The status of an IgnitionSync after a report, conditions included.
 * `Ready=True` means: this generation's resolved commit is live and loaded on every gateway.
 */
export function objectStatus(
  before: IgnitionSyncStatus | undefined,
  report: StatusReport,
  gateways: readonly (IgnitionGatewayStatus | undefined)[],
  generation: number,
  now: string,
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
    finished && rollout.state === 'Succeeded' && counts.synced === counts.total
      ? { commit: rollout.commit, contentHash: rollout.contentHash, at: now }
      : before?.synced;
  const status: IgnitionSyncStatus = {
    ...before,
    observedGeneration: report.observedGeneration ?? before?.observedGeneration,
    ref: report.revision?.ref ?? before?.ref,
    revision,
    stage: active ? (rollout.stage ?? '') : '',
    waitingFor: report.rollout?.waitingFor ?? report.waitingFor ?? (active ? before?.waitingFor : ''),
    gateways: counts,
    synced,
    rollout,
    frozen,
    lastHandledSyncRequest: report.handledSyncRequest ?? before?.lastHandledSyncRequest,
    history: finished
      ? [
          {
            number: rollout.number,
            state: rollout.state,
            commit: rollout.commit,
            ref: rollout.ref,
            message: rollout.message,
            startedAt: rollout.startedAt,
            finishedAt: now,
          },
          ...(before?.history ?? []),
        ].slice(0, HISTORY)
      : before?.history,
  };
  let conditions: Condition[] = before?.conditions ?? [];
  for (const verdict of verdicts(status, report, conditions, generation)) {
    conditions = setCondition(conditions, { ...verdict, observedGeneration: status.observedGeneration }, now);
  }
  return { ...status, conditions };
}

function verdicts(status: IgnitionSyncStatus, report: StatusReport, before: readonly Condition[], generation: number): Verdict[] {
  const { rollout, gateways } = status;
  const active = rollout !== undefined && !isFinal(rollout.state);
  const commit = commitOf(status.revision);
  const stalledBefore = before.find((c) => c.type === 'Stalled' && c.status === 'True');
  const fault =
    report.fault === undefined
      ? stalledBefore
        ? { reason: stalledBefore.reason, message: stalledBefore.message }
        : undefined
      : (report.fault ?? undefined);
  const pausedBefore = before.find((c) => c.type === 'Paused')?.status === 'True';
  const paused = report.paused ?? pausedBefore;
  const holding =
    rollout?.state === 'Holding' || rollout?.state === 'Failed' || rollout?.state === 'Rejected' || rollout?.state === 'Aborted';
  const allSynced = gateways !== undefined && gateways.total > 0 && gateways.synced === gateways.total;
  const current = status.observedGeneration === generation;
  const result: Verdict[] = [
    fault
      ? { type: 'Stalled', status: 'True', reason: fault.reason, message: fault.message }
      : { type: 'Stalled', status: 'False', reason: 'Progressing', message: '' },
    active
      ? { type: 'Reconciling', status: 'True', reason: rollout.state, message: rollout.message }
      : { type: 'Reconciling', status: 'False', reason: rollout?.state ?? 'Idle', message: rollout?.message ?? '' },
    status.revision && report.fault === undefined && fault === undefined
      ? { type: 'RefResolved', status: 'True', reason: 'Resolved', message: status.revision }
      : fault
        ? {
            type: 'RefResolved',
            status: status.revision ? 'True' : 'False',
            reason: status.revision ? 'Resolved' : fault.reason,
            message: status.revision ?? fault.message,
          }
        : {
            type: 'RefResolved',
            status: status.revision ? 'True' : 'Unknown',
            reason: status.revision ? 'Resolved' : 'Pending',
            message: status.revision ?? '',
          },
    allSynced
      ? { type: 'GatewaysSynced', status: 'True', reason: 'AllSynced', message: `${gateways.summary} gateways run ${short(commit ?? '')}` }
      : {
          type: 'GatewaysSynced',
          status: 'False',
          reason:
            (gateways?.failed ?? 0) > 0
              ? 'GatewaysFailed'
              : (gateways?.unreachable ?? 0) > 0
                ? 'Unreachable'
                : gateways?.total === 0
                  ? 'NoGateways'
                  : 'Progressing',
          message: `${gateways?.summary ?? '0/0'} gateways run ${commit ? short(commit) : 'the wanted revision'}`,
        },
    rollout?.state === 'WaitingForApproval'
      ? { type: 'PendingApproval', status: 'True', reason: 'ApprovalPending', message: rollout.message }
      : { type: 'PendingApproval', status: 'False', reason: 'NoApprovalPending', message: '' },
    paused
      ? { type: 'Paused', status: 'True', reason: 'Paused', message: 'no new applies start' }
      : { type: 'Paused', status: 'False', reason: 'NotPaused', message: '' },
    status.frozen
      ? { type: 'Frozen', status: 'True', reason: 'Frozen', message: `emergency stop by ${status.frozen.by}: ${status.frozen.reason}` }
      : { type: 'Frozen', status: 'False', reason: 'NotFrozen', message: '' },
  ];
  result.push(readyVerdict({ fault, active, holding, allSynced, current, status }));
  return result;
}

function readyVerdict(now: {
  fault: { reason: string; message: string } | undefined;
  active: boolean;
  holding: boolean;
  allSynced: boolean;
  current: boolean;
  status: IgnitionSyncStatus;
}): Verdict {
  const { rollout, revision } = now.status;
  if (now.fault) return { type: 'Ready', status: 'False', reason: now.fault.reason, message: now.fault.message };
  if (now.active) return { type: 'Ready', status: 'False', reason: rollout?.state ?? 'Progressing', message: rollout?.message ?? '' };
  if (!now.current)
    return {
      type: 'Ready',
      status: 'False',
      reason: 'Progressing',
      message: 'a newer generation of this object has not been looked at yet',
    };
  if (now.allSynced)
    return { type: 'Ready', status: 'True', reason: 'Synced', message: `${revision ?? ''} is live and loaded on every gateway` };
  if (now.holding) return { type: 'Ready', status: 'False', reason: rollout?.state ?? 'GatewaysFailed', message: rollout?.message ?? '' };
  return { type: 'Ready', status: 'False', reason: 'Progressing', message: `${now.status.gateways?.summary ?? '0/0'} gateways synced` };
}

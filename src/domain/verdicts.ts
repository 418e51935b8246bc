import type { Condition, ConditionType } from '../api/v1alpha1/conditions.ts';
import type { IgnitionSyncStatus } from '../api/v1alpha1/ignition-sync.ts';
import { isFinal, type StatusReport } from './reports.ts';
import { commitOf, short } from './revision.ts';

/** A condition before it has its times. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

type Words = Pick<Verdict, 'reason' | 'message'>;

/** Ends of a rollout after which the gateways do not have what is wanted, although they may all run the wanted commit. */
const BAD_ENDS: readonly string[] = ['Failed', 'Rejected', 'Aborted'];

/**
 * Every condition of an object that has this status. A fault of the object itself (its ref could not be resolved) stands in RefResolved
 * until a report takes it away; a fault that ended a rollout stands in the rollout.
 */
export function verdicts(
  status: IgnitionSyncStatus,
  report: StatusReport,
  before: readonly Condition[],
  generation: number,
  insecure = '',
): Verdict[] {
  const { rollout, revision, frozen } = status;
  const unresolved =
    report.fault === undefined ? before.find((c) => c.type === 'RefResolved' && c.status === 'False') : (report.fault ?? undefined);
  const broken = brokenRollout(status);
  const fault = unresolved ?? (rollout?.state === 'Failed' ? broken : undefined);
  const pausedBy = report.paused ?? pausedAsBefore(before);
  const paused = pausedBy !== false;
  const active = rollout !== undefined && !isFinal(rollout.state);
  return [
    fault ? yes('Stalled', fault) : no('Stalled', { reason: 'NotStalled', message: '' }),
    active
      ? yes('Reconciling', { reason: rollout.state, message: rollout.message })
      : no('Reconciling', { reason: rollout?.state ?? 'Idle', message: rollout?.message ?? '' }),
    refResolved(revision, unresolved),
    gatewaysSynced(status, broken),
    rollout?.state === 'WaitingForApproval'
      ? yes('PendingApproval', { reason: 'ApprovalPending', message: rollout.message })
      : no('PendingApproval', { reason: 'NoApprovalPending', message: '' }),
    pausedBy === 'signal'
      ? yes('Paused', { reason: PAUSED_BY_SIGNAL, message: pauseWords(report.pausedBy, before) })
      : pausedBy
        ? yes('Paused', { reason: 'Paused', message: 'no new applies start while spec.paused is set' })
        : no('Paused', { reason: 'NotPaused', message: '' }),
    frozen
      ? yes('Frozen', { reason: 'Frozen', message: `emergency stop by ${frozen.by}: ${frozen.reason}` })
      : no('Frozen', { reason: 'NotFrozen', message: '' }),
    drifted(status),
    tagMoved(status.tag, unresolved),
    insecure === ''
      ? no('InsecureTransport', { reason: 'NothingGivenUp', message: '' })
      : yes('InsecureTransport', { reason: 'AllowedBySpec', message: insecure }),
    ready({ status, unresolved, broken, paused, current: status.observedGeneration === generation }),
  ];
}

function drifted({ gateways }: IgnitionSyncStatus): Verdict {
  const { drifted: some = 0, total = 0 } = gateways ?? {};
  if (some === 0) return no('Drifted', { reason: 'NoDrift', message: '' });
  return yes('Drifted', { reason: 'Drifted', message: `files were changed on ${some} of ${total} gateways: see their condition Drifted` });
}

/** The reason that tells a pause by signal, which a new run of the workflow must remember, from spec.paused, which it reads. */
export const PAUSED_BY_SIGNAL = 'PausedBySignal';

const BY_SIGNAL = 'no new applies start until somebody sends resume';

/** What was said of a pause stays until it ends: not every report knows it. */
function pauseWords(said: StatusReport['pausedBy'], before: readonly Condition[]): string {
  const known = before.find(({ type, reason }) => type === 'Paused' && reason === PAUSED_BY_SIGNAL)?.message;
  if (said?.by === undefined && said?.reason === undefined) return known ?? BY_SIGNAL;
  return `paused by ${said.by ?? 'somebody'}: ${said.reason ?? 'no reason given'}; ${BY_SIGNAL}`;
}

function pausedAsBefore(before: readonly Condition[]): 'spec' | 'signal' | false {
  const condition = before.find((c) => c.type === 'Paused');
  if (condition?.status !== 'True') return false;
  return condition.reason === PAUSED_BY_SIGNAL ? 'signal' : 'spec';
}

function ready(now: {
  status: IgnitionSyncStatus;
  unresolved: Words | undefined;
  broken: Words | undefined;
  paused: boolean;
  current: boolean;
}): Verdict {
  const { rollout, revision, gateways, frozen } = now.status;
  if (now.unresolved) return no('Ready', now.unresolved);
  if (rollout && !isFinal(rollout.state)) return no('Ready', { reason: rollout.state, message: rollout.message });
  if (!now.current) return no('Ready', { reason: 'Progressing', message: 'a newer generation of this object has not been looked at yet' });
  if (now.broken) return no('Ready', now.broken);
  const restart = restartPending(now.status);
  if (restart && allSynced(now.status)) return no('Ready', restart);
  if (allSynced(now.status)) return yes('Ready', { reason: 'Synced', message: `${revision ?? ''} is live and loaded on every gateway` });
  const summary = `${gateways?.summary ?? '0/0'} gateways synced`;
  if (frozen) return no('Ready', { reason: 'Frozen', message: `${summary}; emergency stop by ${frozen.by}: ${frozen.reason}` });
  if (now.paused) return no('Ready', { reason: 'Paused', message: `${summary}; no new applies start while the object is paused` });
  if (gateways?.total === 0) return no('Ready', { reason: 'NoGateways', message: NO_GATEWAYS });
  return no('Ready', { reason: 'Progressing', message: summary });
}

const NO_GATEWAYS =
  'no gateway belongs to this object: annotate pods of this namespace with ignition-sync.io/inject: "true", or create an IgnitionGateway';

/** Gateways that have the files of the commit, and run what they had before. */
function restartPending({ gateways }: IgnitionSyncStatus): Words | undefined {
  const { restartPending: some = 0, total = 0 } = gateways ?? {};
  if (some === 0) return undefined;
  const message = `${some} of ${total} gateways run all of it only after a restart: see their restartPending. Restart them by hand, or give their SyncProfile restart.windows.`;
  return { reason: 'RestartPending', message };
}

/** What ended the rollout of the wanted commit without success. */
function brokenRollout({ rollout, revision }: IgnitionSyncStatus): Words | undefined {
  if (!rollout || !BAD_ENDS.includes(rollout.state) || rollout.commit !== commitOf(revision)) return undefined;
  return { reason: rollout.reason ?? rollout.state, message: rollout.message };
}

function refResolved(revision: string | undefined, unresolved: Words | undefined): Verdict {
  if (unresolved) return no('RefResolved', unresolved);
  if (revision === undefined) return { type: 'RefResolved', status: 'Unknown', reason: 'Pending', message: '' };
  return yes('RefResolved', { reason: 'Resolved', message: revision });
}

/** A tag that was refused stays where it was in status; one that was followed is shown until the object names another ref. */
function tagMoved(tag: IgnitionSyncStatus['tag'], unresolved: Words | undefined): Verdict {
  if (unresolved?.reason === 'TagMoved') return yes('TagMoved', { reason: 'Refused', message: unresolved.message });
  if (tag?.previous === undefined) return no('TagMoved', { reason: 'NotMoved', message: '' });
  const message = `${tag.name} named ${tag.previous} before and names ${tag.commit} now`;
  return yes('TagMoved', { reason: 'Followed', message });
}

function gatewaysSynced(status: IgnitionSyncStatus, broken: Words | undefined): Verdict {
  const { gateways, revision } = status;
  const commit = commitOf(revision);
  const message = `${gateways?.summary ?? '0/0'} gateways run ${commit === undefined ? 'the wanted revision' : short(commit)}`;
  const restart = restartPending(status);
  if (restart && allSynced(status)) return no('GatewaysSynced', restart);
  if (allSynced(status)) return yes('GatewaysSynced', { reason: 'AllSynced', message });
  if ((gateways?.failed ?? 0) > 0) return no('GatewaysSynced', { reason: 'GatewaysFailed', message });
  if ((gateways?.unreachable ?? 0) > 0) return no('GatewaysSynced', { reason: 'Unreachable', message });
  if (gateways?.total === 0) return no('GatewaysSynced', { reason: 'NoGateways', message });
  return no('GatewaysSynced', { reason: broken?.reason ?? 'Progressing', message });
}

/** Every gateway runs the wanted commit, composed by the wanted specs. */
function allSynced(status: IgnitionSyncStatus): boolean {
  const { gateways, synced, contentHash } = status;
  return gateways !== undefined && gateways.total > 0 && gateways.synced === gateways.total && synced?.contentHash === contentHash;
}

function yes(type: ConditionType, { reason, message }: Words): Verdict {
  return { type, status: 'True', reason, message };
}

function no(type: ConditionType, { reason, message }: Words): Verdict {
  return { type, status: 'False', reason, message };
}

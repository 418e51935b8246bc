import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { GatewayReport } from './reports.ts';
import { formatRevision, shortRevision } from './revision.ts';

const HISTORY = 10;
const NAMED = 20;
const TERMINAL: readonly GatewayReport['phase'][] = ['Synced', 'Restored', 'Failed', 'Unreachable'];

/** The status of one IgnitionGateway after a report. `since` moves only when the phase does. */
export function gatewayStatus(before: IgnitionGatewayStatus | undefined, report: GatewayReport, now: string): IgnitionGatewayStatus {
  const desired = formatRevision(report.ref, report.commit);
  const changed = before?.phase !== report.phase || before.desired !== desired;
  const message = report.fault?.message ?? report.note ?? '';
  const history = before?.history ?? [];
  const manifest = report.confirmed?.manifest;
  const entry = {
    commit: report.commit,
    ref: report.ref,
    phase: report.phase,
    message,
    at: now,
    ...(manifest === undefined ? {} : { manifest }),
  };
  return {
    ...before,
    phase: report.phase,
    since: changed ? now : (before.since ?? now),
    waitingFor: report.waitingFor ?? '',
    desired,
    ...liveRevision(before, report),
    ...(report.live === undefined ? {} : { live: report.live }),
    ...(report.confirmed ? { confirmed: { ...report.confirmed, at: now } } : {}),
    ...pendingRestart(report),
    reason: report.fault?.reason ?? '',
    message,
    history: changed && TERMINAL.includes(report.phase) ? [entry, ...history].slice(0, HISTORY) : history,
  };
}

/** The revision that is live after a report: a gateway that was put back runs what it ran before, not what was tried. */
function liveRevision(
  before: IgnitionGatewayStatus | undefined,
  { phase, ref, commit, live, standsIn }: GatewayReport,
): Partial<IgnitionGatewayStatus> {
  if (phase === 'Synced') return { revision: formatRevision(ref, commit), shortRevision: shortRevision(ref, commit) };
  if (live === undefined || before?.confirmed === undefined || before.confirmed.manifest === live) return {};
  if (phase !== 'Restored') return {};
  const manifest = standsIn ?? live;
  const known = before.history?.find((entry) => entry.phase === 'Synced' && entry.manifest === manifest);
  const confirmed = { ...before.confirmed, manifest };
  if (!known) return { revision: undefined, shortRevision: undefined, confirmed: standsIn === undefined ? undefined : confirmed };
  return {
    revision: formatRevision(known.ref, known.commit),
    shortRevision: shortRevision(known.ref, known.commit),
    confirmed,
  };
}

/**
 * What changes in a status when an agent says what waits for a restart of its gateway; undefined when that is nothing new. Null takes away.
 * @param now ISO 8601
 */
export function withRestart(
  before: IgnitionGatewayStatus | undefined,
  pending: readonly string[],
  now: string,
): { readonly restartPending: readonly string[] | null; readonly message?: string } | undefined {
  const named = pending.slice(0, NAMED);
  const { restartPending: had = [], phase } = before ?? {};
  if (JSON.stringify(named) === JSON.stringify(had)) return undefined;
  if (named.length > 0) return { restartPending: named };
  const message = `seen to be restarted at ${now}; what it has loaded is proved with the next sync`;
  return { restartPending: null, ...(phase === 'Synced' && { message }) };
}

/** What waits for a restart, where the report knows. */
function pendingRestart({ restartPending: pending }: GatewayReport): Partial<IgnitionGatewayStatus> {
  if (!pending) return {};
  return { restartPending: pending.length === 0 ? undefined : pending.slice(0, NAMED) };
}

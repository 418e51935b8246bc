import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { GatewayReport } from './reports.ts';
import { formatRevision, shortRevision } from './revision.ts';

const HISTORY = 10;
const TERMINAL: readonly GatewayReport['phase'][] = ['Synced', 'Restored', 'Failed', 'Unreachable'];

/** The status of one IgnitionGateway after a report. `since` moves only when the phase does. */
export function gatewayStatus(before: IgnitionGatewayStatus | undefined, report: GatewayReport, now: string): IgnitionGatewayStatus {
  const desired = formatRevision(report.ref, report.commit);
  const changed = before?.phase !== report.phase || before.desired !== desired;
  const message = report.fault?.message ?? report.note ?? '';
  const history = before?.history ?? [];
  const entry = { commit: report.commit, ref: report.ref, phase: report.phase, message, at: now };
  return {
    ...before,
    phase: report.phase,
    since: changed ? now : (before.since ?? now),
    waitingFor: report.waitingFor ?? '',
    desired,
    ...(report.phase === 'Synced' ? { revision: desired, shortRevision: shortRevision(report.ref, report.commit) } : {}),
    ...(report.live === undefined ? {} : { live: report.live }),
    ...(report.confirmed ? { confirmed: { ...report.confirmed, at: now } } : {}),
    reason: report.fault?.reason ?? '',
    message,
    history: changed && TERMINAL.includes(report.phase) ? [entry, ...history].slice(0, HISTORY) : history,
  };
}

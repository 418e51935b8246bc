import type { ReportResult } from '../../contract/activities.ts';
import { announcement } from '../../domain/announcement.ts';
import { asksForApproval } from '../../domain/approval.ts';
import { SyncError } from '../../domain/errors.ts';
import { insecureTransport } from '../../domain/git-policy.ts';
import { gatewayStatus } from '../../domain/gateway-status.ts';
import { mayReport, objectStatus, waitsOf } from '../../domain/object-status.ts';
import type { GatewayReport, StatusReport } from '../../domain/reports.ts';
import type { Announcer, ObjectStore } from './ports.ts';

/** Writers of one object's status: its workflow, its rollout, the wave. They meet rarely, so few attempts are plenty. */
const ATTEMPTS = 10;

/** Writes news into the status of an object and of its gateways; what turns is announced by whoever wrote it. */
export function createReportStatus(store: ObjectStore, announcer: Announcer, now: () => Date) {
  async function writeGateway(namespace: string, report: GatewayReport): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const stored = await store.gateway(namespace, report.gateway);
      if (!stored) return; // scaled down meanwhile
      if (await store.replaceGatewayStatus(stored, gatewayStatus(stored.status, report, now().toISOString()))) return;
    }
    throw new SyncError('Internal', `status of IgnitionGateway ${namespace}/${report.gateway} keeps changing under us`);
  }

  return async function reportStatus(report: StatusReport): Promise<ReportResult> {
    const { namespace, name, uid } = report.object;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sync = await store.sync(namespace, name);
      if (!sync || (uid !== '' && sync.metadata.uid !== uid)) return { current: false };
      if (!mayReport(sync.status, report.n, report.left)) return { current: false };
      if (attempt === 0) await Promise.all((report.gateways ?? []).map((g) => writeGateway(namespace, g)));
      const gateways = (await store.gateways(namespace)).filter((g) => g.spec.syncRef.name === name);
      const status = objectStatus(
        sync.status,
        report,
        gateways.map((g) => g.status),
        sync.metadata.generation,
        now().toISOString(),
        insecureTransport(sync.spec),
        waitsOf(gateways.map((g) => ({ name: g.metadata.name, status: g.status }))),
      );
      if (!(await store.replaceSyncStatus(sync, status))) continue;
      const news = announcement(sync.status?.conditions, status.conditions);
      if (news) await announcer.announce(sync, news);
      return { current: true, ...(asksForApproval(sync.spec) && { approvalRequired: true }) };
    }
    throw new SyncError('Internal', `status of IgnitionSync ${namespace}/${name} keeps changing under us`);
  };
}

import type { ReportResult } from '../../contract/control-activities.ts';
import { announcement, gatewayAnnouncement } from '../../domain/announcement.ts';
import { asksForApproval } from '../../domain/approval.ts';
import { behindStatus } from '../../domain/behind.ts';
import { SyncError } from '../../domain/errors.ts';
import { insecureTransport } from '../../domain/git-policy.ts';
import { gatewayStatus } from '../../domain/gateway-status.ts';
import { mayReport, objectStatus, waitsOf } from '../../domain/object-status.ts';
import type { GatewayReport, StatusReport } from '../../domain/reports.ts';
import type { IgnitionSyncStatus } from '../../api/v1alpha1/ignition-sync.ts';
import type { Announcer, ObjectStore, StoredGateway } from './ports.ts';

/** Writers of one object's status: its workflow, its rollout, the wave. They meet rarely, so few attempts are plenty. */
const ATTEMPTS = 10;
/** Gateways whose status is written at a time, where a fleet of any size turns at once. */
const AT_ONCE = 10;

/** Writes news into the status of an object and of its gateways; what turns is announced by whoever wrote it. */
export function createReportStatus(store: ObjectStore, announcer: Announcer, now: () => Date) {
  async function writeGateway(namespace: string, report: GatewayReport): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const stored = await store.gateway(namespace, report.gateway);
      if (!stored) return; // scaled down meanwhile
      const status = gatewayStatus(stored.status, report, now().toISOString());
      if (!(await store.replaceGatewayStatus(stored, status))) continue;
      const news = gatewayAnnouncement(stored.status, status);
      if (news) await announcer.announceGateway(stored, news);
      return;
    }
    throw new SyncError('Internal', `status of IgnitionGateway ${namespace}/${report.gateway} keeps changing under us`);
  }

  /** What waits for a commit that is wanted says so; whoever has begun meanwhile says what it is doing. */
  async function writeBehind(gateways: readonly StoredGateway[], sync: IgnitionSyncStatus): Promise<void> {
    const rest = [...gateways];
    const writer = async (): Promise<void> => {
      for (let next = rest.shift(); next; next = rest.shift()) await writeOneBehind(next, sync);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, writer));
  }

  async function writeOneBehind(listed: StoredGateway, sync: IgnitionSyncStatus): Promise<void> {
    let stored: StoredGateway | undefined = listed;
    for (let attempt = 0; stored && attempt < ATTEMPTS; attempt += 1) {
      const status = behindStatus(stored.status, sync, now().toISOString());
      if (!status || (await store.replaceGatewayStatus(stored, status))) return;
      stored = await store.gateway(stored.metadata.namespace, stored.metadata.name);
    }
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
      if (mayLeaveBehind(report)) await writeBehind(gateways, status);
      const news = announcement(sync.status?.conditions, status.conditions);
      if (news) await announcer.announce(sync, news);
      return { current: true, ...(asksForApproval(sync.spec) && { approvalRequired: true }) };
    }
    throw new SyncError('Internal', `status of IgnitionSync ${namespace}/${name} keeps changing under us`);
  };
}

/** What changes which commit is wanted, or what its rollout waits for. A plan in the making is not waited for by gateways yet. */
function mayLeaveBehind({ revision, rollout }: StatusReport): boolean {
  return revision !== undefined || (rollout !== undefined && rollout.state !== 'Planning');
}

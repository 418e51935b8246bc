import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import { driftAnnouncement, gatewayAnnouncement } from '../../../src/domain/announcement.ts';
import { withDrift } from '../../../src/domain/drift.ts';
import { gatewayStatus } from '../../../src/domain/gateway-status.ts';
import type { GatewayReport } from '../../../src/domain/reports.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
const T = '2026-01-01T00:00:00.000Z';

/** What is said while a gateway goes through these phases, `phase` or `phase:reason:message`, of a commit each. */
function told(...steps: readonly (readonly [commit: string, phases: string])[]): string[] {
  let status: IgnitionGatewayStatus | undefined;
  return steps.flatMap(([commit, phases]) =>
    phases.split(' ').flatMap((text) => {
      const [phase, reason, message = ''] = text.split(':') as [GatewayReport['phase'], 'ScanFailed' | undefined, string?];
      const next = gatewayStatus(status, { gateway: 'a', ref: 'main', commit, phase, ...(reason && { fault: { reason, message } }) }, T);
      const news = gatewayAnnouncement(status, next);
      status = next;
      return news ? [`${news.type} ${news.reason}: ${news.message}`] : [];
    }),
  );
}

test.each([
  {
    name: 'commit after commit goes through',
    steps: [
      [A, 'Staging Applying Scanning Synced'],
      [B, 'Staging Synced'],
    ],
    says: [],
  },
  {
    name: 'it fails, and the next commit mends it',
    steps: [
      [A, 'Synced'],
      [B, 'Staging Failed:ScanFailed:no'],
      [A, 'Staging Synced'],
    ],
    says: ['Warning ScanFailed: failed at bbbbbbbb: no', 'Normal Synced: aaaaaaaa is live; before, it failed at bbbbbbbb'],
  },
  {
    name: 'it is put back',
    steps: [[B, 'Restoring Restored:ScanFailed:no']],
    says: ['Warning ScanFailed: was put back to what it ran before at bbbbbbbb: no'],
  },
  {
    name: 'it fails again and again in the same way',
    steps: [[B, 'Failed:ScanFailed:no Staging Failed:ScanFailed:no Staging Failed:ScanFailed:no']],
    says: ['Warning ScanFailed: failed at bbbbbbbb: no'],
  },
  {
    name: 'it fails in another way',
    steps: [[B, 'Failed:ScanFailed:no Staging Failed:VolumeFailed:full']],
    says: ['Warning ScanFailed: failed at bbbbbbbb: no', 'Warning VolumeFailed: failed at bbbbbbbb: full'],
  },
  {
    name: 'it is away, and comes back',
    steps: [[B, 'Unreachable:Unreachable:away Staging Synced']],
    says: [
      'Warning Unreachable: could not be reached at bbbbbbbb: away',
      'Normal Synced: bbbbbbbb is live; before, it could not be reached at bbbbbbbb',
    ],
  },
  { name: 'it waits for people', steps: [[B, 'Staging Waiting:DesignerOpen:ada Applying Synced']], says: [] },
] as { name: string; steps: [string, string][]; says: string[] }[])('events of a gateway when $name', ({ steps, says }) => {
  expect(told(...steps)).toEqual(says);
});

test('drift is said once when it comes and once when it goes, however often and in whatever number it is reported', () => {
  const files = (changed: number) => ({ changed, missing: 0, foreign: 0, first: ['projects/p/a'] });
  let conditions = withDrift(undefined, files(0), T);
  const says = [files(0), files(1), files(2), files(0), files(0)].map((report) => {
    const next = withDrift(conditions, report, T);
    const news = driftAnnouncement(conditions, next);
    conditions = next ?? conditions;
    return news && `${news.type} ${news.reason}`;
  });
  expect(driftAnnouncement(undefined, withDrift(undefined, files(0), T))).toBeUndefined();
  expect(says).toEqual([undefined, 'Warning Drifted', undefined, 'Normal NoDrift', undefined]);
});

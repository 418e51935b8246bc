import type { IgnitionGatewayStatus } from '../../../src/api/v1alpha1/ignition-gateway.ts';
import { isOutOfDate } from '../../../src/domain/out-of-date.ts';
import { isStandby, nodeSummary, type NodeState } from '../../../src/domain/redundancy/node.ts';
import { withNode } from '../../../src/domain/redundancy/status.ts';

test.each<[NodeState, string, boolean]>([
  [{ running: true, role: 'Master', activityLevel: 'Active', projectState: 'Good' }, 'Master/Active', false],
  [{ running: true, role: 'Backup', activityLevel: 'Cold', projectState: 'Good' }, 'Backup/Cold/Good', true],
  [{ running: true, role: 'Backup', activityLevel: 'Warm', projectState: 'OutOfDate' }, 'Backup/Warm/OutOfDate', true],
  [{ running: true, role: 'Backup', activityLevel: 'Active' }, 'Backup/Active', false],
  [{ running: true, role: 'Backup' }, 'Backup', true],
  [{ running: false, role: 'Backup' }, 'Backup/not running', true],
  [{ running: true, role: 'Independent', activityLevel: 'Active' }, '', false],
  [{ running: true }, '', false],
  [{ running: false }, '', false],
])('%j is shown as "%s"; a standby: %s', (node, summary, standby) => {
  expect(nodeSummary(node)).toBe(summary);
  expect(isStandby(node)).toBe(standby);
});

test('a gateway without a peer gets no word of it in its status, unless it had one', () => {
  const alone = { running: true, role: 'Independent', activityLevel: 'Active' };
  expect(withNode(undefined, alone, 't')).toBeUndefined();
  expect(withNode({ role: 'Master', activityLevel: 'Active', summary: 'Master/Active', since: 's' }, alone, 't')).toMatchObject({
    summary: '',
  });
});

test('a standby whose gateway did not run is caught up with when it says something else than before, not at each hello', () => {
  const agent = { version: '1', protocol: 1, lastHello: '2026-01-01T10:00:00Z', podUid: 'u' };
  const status = (redundancySince: string): IgnitionGatewayStatus => ({
    phase: 'Unreachable',
    reason: 'ReplicationPending',
    since: '2026-01-01T09:00:00Z',
    agent,
    redundancy: { role: 'Backup', summary: 'Backup/Cold/Good', since: redundancySince },
  });
  expect(isOutOfDate(status('2026-01-01T08:59:00Z'))).toBe(false);
  expect(isOutOfDate(status('2026-01-01T09:01:00Z'))).toBe(true);
  expect(isOutOfDate({ phase: 'Unreachable', reason: 'Unreachable', since: '2026-01-01T09:00:00Z', agent })).toBe(true);
});

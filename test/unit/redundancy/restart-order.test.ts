import type { SeenNode } from '../../../src/domain/redundancy/judge-pair.ts';
import type { NodeState } from '../../../src/domain/redundancy/node.ts';
import { restartedFirst, restartObstacle } from '../../../src/domain/redundancy/restart-order.ts';

const STATES: Record<string, NodeState | 'tooOld'> = { down: { running: false }, old: 'tooOld' };
for (const role of ['Master', 'Backup', 'Independent']) {
  STATES[`${role}/Active`] = { running: true, role, activityLevel: 'Active' };
  STATES[`${role}/Cold`] = { running: true, role, activityLevel: 'Cold' };
  for (const projectState of ['Good', 'OutOfDate'])
    STATES[`${role}/Cold/${projectState}`] = { running: true, role, activityLevel: 'Cold', projectState };
}
const seen = (gateway: string, word: string): SeenNode => {
  const state = STATES[word];
  return state === undefined ? { gateway } : { gateway, state };
};

/** `m` is configured as the master, `b` as the backup. */
test.each([
  ['Master/Active', 'Backup/Cold/Good', 'b', 'm and b'],
  ['Master/Active', 'Backup/Cold/OutOfDate', 'b', 'b'],
  ['Master/Active', 'Backup/Cold', 'b', 'b'],
  ['Master/Active', 'down', 'b', 'b'],
  ['Master/Active', 'away', 'b', 'b'],
  // after a failover the master is the standby
  ['Master/Cold/Good', 'Backup/Active', 'm', 'm and b'],
  ['down', 'Backup/Active', 'm', 'm'],
  ['Independent/Active', 'Independent/Active', 'b', 'm and b'],
  // nobody knows who carries the plant
  ['Master/Active', 'Backup/Active', 'b', ''],
  ['Master/Cold/Good', 'Backup/Cold/Good', 'b', ''],
  ['away', 'Backup/Cold/Good', 'b', ''],
  ['down', 'down', 'b', ''],
  ['old', 'Backup/Active', 'b', ''],
])('of %s and %s %s is restarted first, and these may be now: %s', (master, backup, first, may) => {
  const nodes = [seen('m', master), seen('b', backup)] as const;
  expect(restartedFirst(nodes)).toBe(first);
  expect(['m', 'b'].filter((gateway) => restartObstacle(gateway, nodes) === undefined).join(' and ')).toBe(may);
});

test('what is in the way names the other node, what is wrong with it, and what to do', () => {
  expect(restartObstacle('m', [seen('m', 'Master/Active'), seen('b', 'Backup/Cold/OutOfDate')])).toEqual({
    reason: 'PeerNotReady',
    message:
      'm waits for a restart, and b, the other node of its pair, could not carry the plant meanwhile: it does not have everything (OutOfDate instead of Good). It was not restarted. When b is back: retryGateway m; or restart m by hand, then retryGateway.',
  });
});

import { judgePair, type SeenNode } from '../../../src/domain/redundancy/judge-pair.ts';
import type { NodeState } from '../../../src/domain/redundancy/node.ts';

const STATES: Record<string, NodeState | 'tooOld' | undefined> = {
  away: undefined,
  old: 'tooOld',
  down: { running: false },
  mute: { running: true },
  alone: { running: true, role: 'Independent', activityLevel: 'Active' },
  ...Object.fromEntries(
    ['Master', 'Backup'].flatMap((role) =>
      ['Active', 'Warm', 'Cold'].map((activityLevel) => [`${role}/${activityLevel}`, { running: true, role, activityLevel }]),
    ),
  ),
  'Primary/Active': { running: true, role: 'Primary', activityLevel: 'Active' },
  'Backup/Undecided': { running: true, role: 'Backup', activityLevel: 'Undecided' },
};

const seen = (gateway: string, word: string): SeenNode => {
  const state = STATES[word];
  return state === undefined ? { gateway } : { gateway, state };
};

/** `m` is configured as the master, `b` as the backup. */
function verdict(master: string, backup: string, policy: 'hold' | 'proceed' = 'hold'): string {
  const found = judgePair(policy, [seen('m', master), seen('b', backup)]);
  switch (found.is) {
    case 'write':
      return `write ${found.writer}, then ${found.other}${found.failedOver ? ' (failed over)' : ''}${found.stopped ? ' (stopped)' : ''}`;
    case 'held':
      return `${found.gateway} holds: ${found.fault.reason}`;
    case 'unsettled':
      return `wait: ${found.fault.reason}`;
    default:
      return found.is;
  }
}

test.each([
  ['Master/Active', 'Backup/Cold', 'write m, then b'],
  ['Master/Active', 'Backup/Warm', 'write m, then b'],
  ['Primary/Active', 'Backup/Cold', 'write m, then b'],
  ['Master/Active', 'away', 'write m, then b'],
  ['Master/Active', 'down', 'write m, then b'],
  ['Master/Active', 'mute', 'write m, then b'],
  ['Master/Active', 'Backup/Undecided', 'write m, then b'],
  ['down', 'down', 'write m, then b (stopped)'],
  // both say that they are active, for some seconds of a failback: nobody is written
  ['Master/Active', 'Backup/Active', 'wait: RedundancyUnsettled'],
  // a failover is under way
  ['Master/Warm', 'Backup/Cold', 'wait: RedundancyUnsettled'],
  ['down', 'Backup/Cold', 'wait: RedundancyUnsettled'],
  ['mute', 'Backup/Cold', 'wait: RedundancyUnsettled'],
  ['mute', 'mute', 'wait: RedundancyUnsettled'],
  // whoever is in charge cannot be reached
  ['away', 'Backup/Cold', 'away'],
  ['Master/Warm', 'away', 'away'],
  ['away', 'away', 'away'],
  ['down', 'away', 'away'],
  // contradictions
  ['alone', 'alone', 'independent'],
  ['Master/Active', 'alone', 'wait: RedundancyUnsettled'],
  ['Master/Active', 'Master/Warm', 'wait: RedundancyUnsettled'],
  ['old', 'Backup/Cold', 'wait: RedundancyUnsettled'],
])('%s beside %s: %s', (master, backup, expected) => {
  expect(verdict(master, backup)).toBe(expected);
  expect(verdict(master, backup, 'proceed')).toBe(expected); // no policy writes a pair that is not settled
});

test.each([
  ['Master/Warm', 'Backup/Active'],
  ['Master/Cold', 'Backup/Active'],
  ['down', 'Backup/Active'],
  ['away', 'Backup/Active'],
])('after a failover (%s beside %s) a person decides, or the policy has', (master, backup) => {
  expect(verdict(master, backup)).toBe('b holds: RedundancyFailedOver');
  expect(verdict(master, backup, 'proceed')).toBe('write b, then m (failed over)');
});

test('3.5.3 what gateways say of their roles counts, not who was taken for the master', () => {
  expect(verdict('Backup/Active', 'Master/Warm')).toBe('m holds: RedundancyFailedOver');
  expect(verdict('Backup/Cold', 'Master/Active')).toBe('write b, then m');
});

test('a hold names both nodes, how to go on, and the policy', () => {
  const found = judgePair('hold', [seen('line-0', 'Master/Warm'), seen('line-1', 'Backup/Active')]);
  expect(found.is === 'held' && found.fault.message).toMatch(
    /^line-1, the backup .* line-0 is not.*retryGateway line-1 .*redundancyPolicy: proceed/,
  );
});

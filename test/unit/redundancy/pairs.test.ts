import { findPairs, type PairCandidate } from '../../../src/domain/redundancy/pairs.ts';

/** `name`, `name=Role` as the gateway said it last, `name@pair` as a user said it. */
function candidate(text: string): PairCandidate {
  const name = /^[^=@]+/.exec(text)?.[0] ?? '';
  const role = /=([^@]+)/.exec(text)?.[1];
  const declared = /@(.+)$/.exec(text)?.[1];
  return { name, podName: name, ...(role && { node: { running: true, role } }), ...(declared && { declared }) };
}

/** Each pair as `master+other`. */
function pairs(...gateways: string[]): string[] {
  const found = findPairs(gateways.map(candidate));
  return [...found.pairs].filter(([, { master }]) => master).map(([name, { peer }]) => `${name}+${peer}`);
}

test.each<{ when: string; gateways: string[]; then: string[] }>([
  { when: 'two replicas say what they are', gateways: ['line-0=Master', 'line-1=Backup'], then: ['line-0+line-1'] },
  { when: 'only one of them has said it so far', gateways: ['line-0', 'line-1=Backup'], then: ['line-0+line-1'] },
  { when: 'the roles are the other way round', gateways: ['line-0=Backup', 'line-1=Master'], then: ['line-1+line-0'] },
  { when: 'nobody has said anything: two replicas may be two gateways', gateways: ['line-0', 'line-1'], then: [] },
  { when: 'both say that they are alone', gateways: ['line-0=Independent', 'line-1=Independent'], then: [] },
  { when: 'one says that it is alone', gateways: ['line-0=Master', 'line-1=Independent'], then: [] },
  { when: 'a third replica is there', gateways: ['line-0=Master', 'line-1=Backup', 'line-2=Independent'], then: ['line-0+line-1'] },
  { when: 'they belong to different StatefulSets', gateways: ['a-0=Master', 'b-1=Backup'], then: [] },
  { when: 'a user says it of two StatefulSets', gateways: ['a-0=Master@x', 'b-0=Backup@x'], then: ['a-0+b-0'] },
  { when: 'a user says it before any gateway does', gateways: ['a-0@x', 'b-0@x'], then: ['a-0+b-0'] },
  { when: 'the other node is not there yet', gateways: ['a-0@x', 'b-0'], then: [] },
  { when: 'a user says otherwise than the ordinals', gateways: ['a-0=Master@x', 'a-1=Backup', 'b-0=Backup@x'], then: ['a-0+b-0'] },
])('$when', ({ gateways, then }) => {
  expect(pairs(...gateways)).toEqual(then);
});

test('three gateways of one pair are refused by name', () => {
  const { pairs: found, faults } = findPairs(['a@x', 'b@x', 'c@x'].map(candidate));
  expect([...found]).toEqual([]);
  expect([...faults.keys()]).toEqual(['a', 'b', 'c']);
  expect(faults.get('a')?.message).toMatch(/a, b, c.*redundant-pair/);
});

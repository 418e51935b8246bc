import { planStages } from '../../../src/domain/plan/stages.ts';

/** Each gateway's wave, stage by stage. */
function waves(units: string[][], rollout: { canary: number; waveSize: number }): string[] {
  const { slots } = planStages(units, [], rollout);
  const found = new Map<string, string[]>();
  for (const [name, { stage, wave }] of slots) found.set(`${stage}/${wave}`, [...(found.get(`${stage}/${wave}`) ?? []), name]);
  return [...found].map(([slot, names]) => `${slot}: ${names.join(' ')}`);
}

test('a pair is one in canary and waves, and both its nodes are in one wave', () => {
  expect(waves([['c'], ['b-0', 'b-1'], ['a-1', 'a-0'], ['d']], { canary: 1, waveSize: 2 })).toEqual([
    'canary/0: a-0 a-1',
    'rest/0: b-0 b-1 c',
    'rest/1: d',
  ]);
});

test('a wave never holds more than 100 gateways, and never half a pair', () => {
  const pairs = Array.from({ length: 76 }, (_, i) => [`${100 + i}-0`, `${100 + i}-1`]);
  const { stages, slots } = planStages([...pairs, ['zz']], [], { canary: 0, waveSize: 100 });
  expect(stages).toEqual([{ name: 'rest', waves: 2, gateways: 153 }]);
  for (const [a = '', b = ''] of pairs) expect(slots.get(a)).toEqual(slots.get(b));
});

test('a large canary is one stage in as many waves as it needs; without anything there is none', () => {
  const units = Array.from({ length: 101 }, (_, i) => [`${100 + i}`]);
  expect(planStages(units, [], { canary: 101, waveSize: 5 }).stages).toEqual([{ name: 'canary', waves: 2, gateways: 101 }]);
  expect(planStages([], ['a'], { canary: 1, waveSize: 5 }).stages).toEqual([]);
});

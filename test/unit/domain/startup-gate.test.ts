import { decideGate, type GateQuestion } from '../../../src/domain/startup-gate.ts';

/** A pod that has just started, with a volume that was synced before, while a sync is on its way. */
const WAITING: GateQuestion = {
  opened: undefined,
  volume: { kind: 'whole', setUp: true },
  applied: false,
  expected: { expects: 'sync', message: 'a sync is on its way' },
  elapsedMs: 1_500,
  graceMs: 60_000,
};
const torn = { kind: 'torn', message: 'no space left' } as const;
const over = { elapsedMs: 60_000 };

test.each<{ when: string; given: Partial<GateQuestion>; says: RegExp }>([
  { when: 'a sync is on its way', given: {}, says: /a sync is on its way: waits for it at most 59 s more$/ },
  { when: 'the relay has not answered', given: { expected: undefined }, says: /the relay has not answered yet: .*59 s/ },
  { when: 'the volume is being recovered', given: { volume: { kind: 'recovering' }, ...over }, says: /an interrupted sync is ended first/ },
  { when: 'a sync was torn and cannot be ended', given: { volume: torn }, says: /in the middle of a sync .*no space left/ },
  { when: 'a sync was torn, also after the grace', given: { volume: torn, ...over }, says: /in the middle of a sync/ },
  {
    when: 'a sync was torn, also when the object is paused',
    given: { volume: torn, expected: { expects: 'held', message: 'paused' } },
    says: /in the middle of a sync/,
  },
  {
    when: 'the volume is whole but refuses us',
    given: { volume: { kind: 'whole', setUp: true, problem: 'the disk is full' } },
    says: /59 s more; this volume cannot be synced now: the disk is full/,
  },
])('the gate is closed when $when', ({ given, says }) => {
  const { open, why } = decideGate({ ...WAITING, ...given });
  expect(why).toMatch(says);
  expect(open).toBe(false);
});

test.each<{ when: string; given: Partial<GateQuestion>; says: RegExp }>([
  { when: 'the wanted commit was made live', given: { applied: true }, says: /the wanted commit is live/ },
  {
    when: 'nothing is wanted that is not live',
    given: { expected: { expects: 'nothing', message: 'what is wanted is live' } },
    says: /what is wanted is live/,
  },
  {
    when: 'nobody will sync before a person acts',
    given: { expected: { expects: 'held', message: 'IgnitionSync plant is paused' } },
    says: /plant is paused/,
  },
  { when: 'the grace is over', given: over, says: /startupGraceSeconds are over \(60\): the gateway starts with what it has/ },
  { when: 'the grace is over and the relay never spoke', given: { ...over, expected: undefined }, says: /startupGraceSeconds are over/ },
  { when: 'there is no grace', given: { elapsedMs: 0, graceMs: 0 }, says: /startupGraceSeconds are over \(0\)/ },
  {
    when: 'the grace is over on a volume that refuses us',
    given: { ...over, volume: { kind: 'whole', setUp: true, problem: 'the disk is full' } },
    says: /starts with what it has; .*the disk is full/,
  },
  { when: 'the gateway was never set up', given: { volume: { kind: 'whole', setUp: false } }, says: /nothing is written before/ },
  { when: 'it was opened before in the life of this pod', given: { opened: 'paused', volume: { kind: 'recovering' } }, says: /^paused$/ },
  { when: 'it was opened before and the volume has torn since', given: { opened: 'paused', volume: torn }, says: /^paused$/ },
])('the gate is open when $when', ({ given, says }) => {
  const { open, why } = decideGate({ ...WAITING, ...given });
  expect(why).toMatch(says);
  expect(open).toBe(true);
});

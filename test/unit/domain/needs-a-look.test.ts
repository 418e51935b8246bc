import { needsALook } from '../../../src/domain/needs-a-look.ts';
import { confirmation, type Carried } from '../../../src/workflows/object-state.ts';

const HOLD = { reason: 'TooManyDeletes', message: 'a: 40 of 50 files' } as const;

test.each([
  { name: 'nothing', holds: [], before: undefined, says: '' },
  { name: 'nothing, also where something was confirmed before', holds: [], before: 3, says: '' },
  {
    name: 'what is held',
    holds: [HOLD, HOLD],
    before: undefined,
    says: '. Needs a look: TooManyDeletes: a: 40 of 50 files; TooManyDeletes: a: 40 of 50 files',
  },
  {
    name: 'that it is held anew',
    holds: [HOLD],
    before: 3,
    says: '. Needs a look: TooManyDeletes: a: 40 of 50 files. Held anew: what was confirmed for rollout 3 counts for its plan only',
  },
])('what a plan needs a person for says $name', ({ holds, before, says }) => {
  expect(needsALook(holds, before)).toBe(says);
});

test('only a rollout that was superseded after a confirmation is spoken of', () => {
  const settled = { n: 3, commit: 'c', contentHash: 'h', failures: 0, confirmed: true } as const;
  const after = (state: NonNullable<Carried['settled']>['state'], confirmed = true) =>
    confirmation({ settled: { ...settled, state, confirmed } });
  expect(after('Superseded')).toEqual({ confirmedBefore: 3 });
  expect([after('Superseded', false), after('Succeeded'), after('Aborted'), confirmation({})]).toEqual([{}, {}, {}, {}]);
});

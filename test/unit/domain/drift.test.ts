import type { Condition } from '../../../src/api/v1alpha1/conditions.ts';
import { hasDrifted, withDrift } from '../../../src/domain/drift.ts';

const NONE = { changed: 0, missing: 0, foreign: 0, first: [] };
const SOME = { changed: 2, missing: 1, foreign: 4, first: ['a', 'b', 'c', 'd', 'e'] };
const T1 = '2026-01-01T00:00:00Z';
const T2 = '2026-01-02T00:00:00Z';
const accepted: Condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: T1 };

test('drift is counted by kind and the first paths are named, beside the other conditions', () => {
  const conditions = withDrift([accepted], SOME, T1)!;
  expect(conditions).toContainEqual(accepted);
  expect(conditions.at(-1)).toEqual({
    type: 'Drifted',
    status: 'True',
    reason: 'Drifted',
    message: '7 files on the gateway: 2 changed, 1 deleted, 4 not ours in mirrored folders: a, b, c, d, e and 2 more',
    lastTransitionTime: T1,
  });
  expect(hasDrifted(conditions)).toBe(true);
});

test('the same drift again is no news; when it ends that is', () => {
  const first = withDrift(undefined, SOME, T1)!;
  expect(withDrift(first, SOME, T2)).toBeUndefined();
  const more = withDrift(first, { ...SOME, changed: 3 }, T2)!;
  expect(more.at(-1)).toMatchObject({ status: 'True', lastTransitionTime: T1 });
  const ended = withDrift(more, NONE, T2)!;
  expect(ended).toEqual([{ type: 'Drifted', status: 'False', reason: 'NoDrift', message: '', lastTransitionTime: T2 }]);
  expect(hasDrifted(ended)).toBe(false);
  expect(withDrift(ended, NONE, T2)).toBeUndefined();
});

test('a twin is a condition of its own: named with what is ours, news once, ended with words', () => {
  const twins = { count: 7, first: [{ path: 'projects/Line', ours: 'projects/line' }] };
  const first = withDrift(undefined, { ...NONE, twins }, T1)!;
  expect(first.at(-1)).toEqual({
    type: 'NameTwin',
    status: 'True',
    reason: 'NameTwin',
    message:
      '7 names on the gateway beside ours, with another case or other accents only: projects/Line (ours is projects/line) and 6 more',
    lastTransitionTime: T1,
  });
  expect(hasDrifted(first)).toBe(false);
  expect(withDrift(first, { ...NONE, twins }, T2)).toBeUndefined();
  expect(withDrift(first, NONE, T2)).toBeUndefined(); // an agent that does not look for them says nothing of them
  const ended = withDrift(first, { ...NONE, twins: { count: 0, first: [] } }, T2)!;
  expect(ended.at(-1)).toEqual({ type: 'NameTwin', status: 'False', reason: 'NoNameTwin', message: '', lastTransitionTime: T2 });
});

test('a gateway that never had a twin has no condition about it', () => {
  expect(withDrift([accepted], { ...NONE, twins: { count: 0, first: [] } }, T1)!.map(({ type }) => type)).toEqual(['Accepted', 'Drifted']);
});

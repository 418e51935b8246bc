import { tookOver, willTake } from '../../../src/domain/taken.ts';

test('nothing taken says nothing', () => {
  expect([willTake({}), tookOver({}), tookOver({ adopted: 0, takenOver: 0 })]).toEqual(['', '', '']);
});

test('what staging found is named before it happens', () => {
  expect(willTake({ foreign: { files: 7, first: ['a', 'b'] }, overwrites: { files: 1, first: ['c'] } })).toBe(
    '7 files not ours in mirrored folders will be deleted: a, b and 5 more. 1 file changed on the gateway will be overwritten: c',
  );
});

test('each half of taking over a volume is counted', () => {
  expect(tookOver({ adopted: 12, takenOver: 1 })).toBe(
    "12 files equal to git's found here, ours from now on. 1 file of somebody else replaced; the snapshot keeps what was there",
  );
});

test('what was overwritten and what a mirror deleted is named', () => {
  const said = tookOver({ overwritten: { files: 2, first: ['a', 'b'] }, mirrored: { files: 1, first: ['c'] } });
  expect(said).toContain('2 files changed on the gateway overwritten');
  expect(said).toContain(': a, b. 1 file not ours in mirrored folders deleted');
});

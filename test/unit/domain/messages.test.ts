import { approvalIn, flagOf, isFor, saidIn, textOf } from '../../../src/contract/messages.ts';

const PLAN = `b95bf734${'0'.repeat(56)}`;

test.each<{ name: string; payload: unknown; approves: boolean }>([
  { name: 'nothing', payload: undefined, approves: true },
  { name: 'null, as the Temporal UI sends an empty input', payload: null, approves: true },
  { name: 'who and why', payload: { by: 'ada', reason: 'read it' }, approves: true },
  { name: 'the whole digest', payload: { by: 'ada', planDigest: PLAN }, approves: true },
  { name: 'the digest as status shows it', payload: { planDigest: 'b95bf734' }, approves: true },
  { name: 'another plan', payload: { planDigest: 'c'.repeat(64) }, approves: false },
  { name: 'too few digits to be sure', payload: { planDigest: 'b95b' }, approves: false },
  { name: 'a misspelled field', payload: { by: 'me', plandigest: 'deadbeef' }, approves: false },
  { name: 'a text', payload: 'me', approves: false },
  { name: 'an empty list', payload: [], approves: false },
  { name: 'a digest that is no text', payload: { planDigest: 7 }, approves: false },
])('approve with $name approves: $approves', ({ payload, approves }) => {
  const approval = approvalIn(payload);
  expect(approval !== undefined && isFor(approval, PLAN)).toBe(approves);
});

test('what is no text or no object says nothing, and a long text is cut', () => {
  expect(saidIn({ by: 5, reason: ['now'] })).toEqual({ by: undefined, reason: undefined });
  expect(textOf('text', 'by')).toBeUndefined();
  expect(textOf({ by: 'x'.repeat(1_000) }, 'by')).toHaveLength(200);
  expect(flagOf({ stop: 'true' }, 'stop')).toBeUndefined();
});

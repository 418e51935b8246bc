import { scrub } from '../../../src/clients/git/credentials.ts';

const NOBODY = { kind: 'none' } as const;

test.each([
  ['one letter', 'm'.repeat(64_000)],
  ['colons', `a://${':'.repeat(64_000)}`],
  ['beginnings of URLs', 'a://'.repeat(16_000)],
  ['lines of letters', `${'m'.repeat(4_000)}\n`.repeat(16)],
])('however much a host says, only its last whole lines are searched and shown: %s', (_, text) => {
  expect(scrub(text, NOBODY).length).toBeLessThanOrEqual(4_096);
  expect(scrub(`${text}\nfatal: no`, NOBODY).endsWith('fatal: no')).toBe(true);
});

test('a login that a cut would halve is not shown', () => {
  const text = `https://git:${'p'.repeat(100)}@host\n${'m'.repeat(4_040)}\nfatal: no`;
  expect(scrub(text, NOBODY)).not.toContain('ppp');
});

test('a URL with a token in place of a user shows no token', () => {
  expect(scrub("unable to access 'https://ghp_0123456789@host/a/'", NOBODY)).toBe("unable to access 'https://***@host/a/'");
});

import { SyncError } from '../../../src/domain/errors.ts';
import { insecureTransport, judgeTag } from '../../../src/domain/git-policy.ts';
import { objectStatus } from '../../../src/domain/object-status.ts';
import type { StatusReport } from '../../../src/domain/reports.ts';

const REPO = 'https://git.example/plant.git';
const [A, B, C] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)];
const tag = { repo: REPO, name: 'refs/tags/v1' };

test.each([
  { what: 'a branch is not remembered', found: { ...tag, name: 'refs/heads/v1', commit: A }, known: undefined, says: undefined },
  { what: 'a new tag', found: { ...tag, commit: A }, known: undefined, says: { ...tag, commit: A } },
  { what: 'a tag that stayed', found: { ...tag, commit: A }, known: { ...tag, commit: A }, says: { ...tag, commit: A } },
  {
    what: 'a tag that stayed after it had moved',
    found: { ...tag, commit: B },
    known: { ...tag, commit: B, previous: A },
    says: { ...tag, commit: B, previous: A },
  },
  { what: 'another tag', found: { ...tag, commit: B }, known: { ...tag, name: 'refs/tags/v0', commit: A }, says: { ...tag, commit: B } },
  { what: 'another repository', found: { ...tag, commit: B }, known: { ...tag, repo: 'x', commit: A }, says: { ...tag, commit: B } },
])('$what is no moved tag', ({ found, known, says }) => {
  for (const policy of ['follow', 'refuse'] as const) expect(judgeTag(found, known, policy)).toEqual(says);
});

test.each([
  { what: 'a tag', found: { ...tag, commit: C }, says: { ...tag, commit: C, previous: B } },
  { what: 'a branch in place of a tag', found: { ...tag, name: 'refs/heads/v1', commit: C }, says: undefined },
])('$what that names another commit is followed or refused', ({ found, says }) => {
  const known = { ...tag, commit: B, previous: A };
  expect(judgeTag(found, known, 'follow')).toEqual(says);
  expect(() => judgeTag(found, known, 'refuse')).toThrow(SyncError);
  expect(() => judgeTag(found, known, 'refuse')).toThrow(`refs/tags/v1 named ${B} and names ${C} now`);
});

test.each([
  { repo: 'http://git.example/a.git', says: /insecureHttp: .* git\.example travel in clear/ },
  { repo: 'http://user@git.example:8080/a.git', says: /of git\.example travel/ },
  { repo: 'http://127.0.0.1:8080/a.git', says: /^$/ },
  { repo: 'http://localhost/a.git', says: /^$/ },
  { repo: 'http://[::1]:80/a.git', says: /^$/ },
  { repo: 'http://127.0.0.1.evil.example/a.git', says: /travel in clear/ },
  { repo: 'https://git.example/a.git', says: /^$/ },
  { repo: 'nonsense', says: /^$/ },
])('what $repo gives up', ({ repo, says }) => {
  expect(insecureTransport({ git: { repo, ref: 'main', insecureHttp: true } })).toMatch(says);
});

describe('in status', () => {
  const object = { namespace: 'plant', name: 'plant', uid: 'u' };
  const resolved = (commit: string, previous?: string): StatusReport => ({
    object,
    fault: null,
    revision: { ref: 'v1', commit, tag: { ...tag, commit, ...(previous === undefined ? {} : { previous }) } },
  });
  const refused: StatusReport = { object, fault: { reason: 'TagMoved', message: 'it moved' } };
  const branch: StatusReport = { object, fault: null, revision: { ref: 'main', commit: C } };

  test.each([
    { what: 'a tag that stayed', reports: [resolved(A)], says: 'False NotMoved' },
    { what: 'a tag that was followed', reports: [resolved(A), resolved(B, A)], says: 'True Followed' },
    { what: 'a tag that was refused', reports: [resolved(A), refused], says: 'True Refused' },
    { what: 'a tag that moved back', reports: [resolved(A), refused, resolved(A)], says: 'False NotMoved' },
    { what: 'a branch after a tag that moved', reports: [resolved(B, A), branch], says: 'False NotMoved' },
  ])('$what is $says', ({ reports, says }) => {
    let status: ReturnType<typeof objectStatus> | undefined;
    for (const report of reports) status = objectStatus(status, report, [], 1, '2026-01-01T00:00:00Z');
    const found = status?.conditions?.find(({ type }) => type === 'TagMoved');
    expect(`${found?.status} ${found?.reason}`).toBe(says);
  });

  test('a refused tag is still known by what it named, and gateways keep that', () => {
    const before = objectStatus(undefined, resolved(A), [], 1, '2026-01-01T00:00:00Z');
    expect(objectStatus(before, refused, [], 1, '2026-01-01T00:00:00Z')).toMatchObject({
      tag: { commit: A },
      revision: `v1@sha1:${A}`,
    });
  });

  test('a transport that is not safe is a condition for as long as the spec says so', () => {
    const insecure = objectStatus(undefined, branch, [], 1, '2026-01-01T00:00:00Z', 'in clear');
    const shown = (status: typeof insecure) => status.conditions?.find(({ type }) => type === 'InsecureTransport');
    expect(shown(insecure)).toMatchObject({ status: 'True', reason: 'AllowedBySpec', message: 'in clear' });
    expect(shown(objectStatus(insecure, branch, [], 1, '2026-01-01T00:00:00Z', ''))).toMatchObject({
      status: 'False',
      reason: 'NothingGivenUp',
    });
  });
});

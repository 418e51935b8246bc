import type { PlannedGateway } from '../../../src/contract/source-activities.ts';
import { bySessions, seenSessions, type SessionsSeen } from '../../../src/domain/sessions.ts';
import { isWaitedFor, untilNextLookForPeople } from '../../../src/workflows/people.ts';

const on = (...projects: (string | undefined)[]) => projects.map((project) => ({ project }));
const planned: PlannedGateway = { gateway: 'g', target: 't', expectLive: 'l' };

test('sessions are counted by project, busiest first, and a long list is cut', () => {
  expect(bySessions(on('P', 'Q', 'Q', undefined)).projects).toEqual([
    { project: 'Q', sessions: 2 },
    { project: 'P', sessions: 1 },
    { project: 'a project', sessions: 1 },
  ]);
  expect(bySessions(on('A', 'B', 'C', 'D', 'E', 'F', 'G'))).toMatchObject({ more: 2, projects: { length: 5 } });
});

test.each<{ seen: SessionsSeen[]; says: string }>([
  { seen: [], says: '' },
  {
    seen: [{ kind: 'Perspective', projects: [{ project: 'Line1', sessions: 12 }] }],
    says: '12 Perspective sessions of Line1 open while the files changed',
  },
  {
    seen: [
      { kind: 'Designer', projects: [{ project: 'P', sessions: 1 }], more: 2 },
      { kind: 'Perspective', projects: [], unreadable: 'the gateway said no.' },
    ],
    says: '1 Designer session of P, 2 further projects open while the files changed. Whether Perspective sessions were open cannot be told: the gateway said no',
  },
])('what is said of people who were there: $says', ({ seen, says }) => {
  expect(seenSessions(seen)).toBe(says);
});

test.each([
  { reason: 'DesignerOpen', policies: { designers: 'wait' }, waits: true },
  { reason: 'DesignerOpen', policies: { designers: 'fail', perspective: 'wait' }, waits: false },
  { reason: 'PerspectiveOpen', policies: { perspective: 'wait' }, waits: true },
  { reason: 'PerspectiveOpen', policies: { designers: 'wait' }, waits: false },
  { reason: 'LocalChange', policies: { designers: 'wait', perspective: 'wait' }, waits: false },
] as const)('$reason under $policies is waited for: $waits', ({ reason, policies, waits }) => {
  expect(isWaitedFor({ reason, message: '' }, { ...planned, ...policies })).toBe(waits);
});

test.each([
  { of: 'the first look comes soon', wait: 1_000, waited: 0, next: 1_000 },
  { of: 'later ones are spread over the whole wait', wait: 300_000, waited: 600_000, next: 180_000 },
  { of: 'the last one is at its end', wait: 300_000, waited: 3_590_000, next: 10_000 },
  { of: 'then it is over', wait: 300_000, waited: 3_600_000, next: undefined },
  { of: 'a short wait is looked at each half minute', wait: 300_000, waited: 0, sessionWaitMs: 60_000, next: 30_000 },
  { of: 'a day costs no more looks than an hour', wait: 300_000, waited: 0, sessionWaitMs: 86_400_000, next: 4_320_000 },
])('waiting for people: $of', ({ wait, waited, sessionWaitMs, next }) => {
  expect(untilNextLookForPeople({ ...planned, ...(sessionWaitMs && { sessionWaitMs }) }, wait, waited)).toBe(next);
});

import type { IgnitionSync } from '../../../src/api/v1alpha1/objects.ts';
import { refuseTicket, type TicketQuestion } from '../../../src/domain/ticket.ts';

const PLAN = 'a'.repeat(64);
const ROLLOUT = 'rollout/plant/sync/7';

interface Change {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
  readonly rollout?: object;
}

function sync(change: Change = {}): IgnitionSync {
  const rollout = { number: 7, id: ROLLOUT, state: 'Progressing', planDigest: PLAN, message: 'it broke', ...change.rollout };
  return {
    metadata: { namespace: 'plant', name: 'sync', uid: 'u1', resourceVersion: '1', ...change.metadata },
    spec: { paused: false, ...change.spec },
    status: { rollout, ...change.status },
  } as unknown as IgnitionSync;
}

function question(change: Partial<TicketQuestion> = {}): TicketQuestion {
  return {
    request: { object: { namespace: 'plant', name: 'sync', uid: 'u1' }, rollout: ROLLOUT, planDigest: PLAN },
    gateway: { namespace: 'plant', name: 'gw-0', syncName: 'sync' },
    sync: sync(),
    viewAgeMs: 0,
    ...change,
  };
}

const condition = (type: string, status: string) => ({ conditions: [{ type, status, reason: 'r', message: '', lastTransitionTime: '' }] });

test.each<{ when: string; given: Partial<TicketQuestion> }>([
  { when: 'the rollout is the current one', given: {} },
  { when: 'the rollout holds after another gateway failed', given: { sync: sync({ rollout: { state: 'Holding' } }) } },
  { when: 'the plan was approved', given: { sync: sync({ rollout: { approvalRequired: true, approvedPlan: PLAN } }) } },
  { when: 'nobody must approve', given: { sync: sync({ rollout: { approvalRequired: false } }) } },
  { when: 'a pause is over', given: { sync: sync({ status: condition('Paused', 'False') }) } },
  { when: 'the view is 10 s old', given: { viewAgeMs: 10_000 } },
])('a ticket is given when $when', ({ given }) => {
  expect(refuseTicket(question(given))).toBeUndefined();
});

const foreign = (gateway: object) => ({ gateway: { ...question().gateway, ...gateway } });

test.each<{ when: string; given: Partial<TicketQuestion>; reason: string; says: RegExp }>([
  { when: 'the view is older than 10 s', given: { viewAgeMs: 10_001 }, reason: 'TicketRefused', says: /plant\/sync for 10 s/ },
  { when: 'nothing was ever heard', given: { viewAgeMs: Number.POSITIVE_INFINITY }, reason: 'TicketRefused', says: /said nothing/ },
  { when: 'the object is gone', given: { sync: undefined }, reason: 'NotCurrentRollout', says: /is gone/ },
  {
    when: 'the object is being deleted',
    given: { sync: sync({ metadata: { deletionTimestamp: 'now' } }) },
    reason: 'NotCurrentRollout',
    says: /is gone/,
  },
  { when: 'the object was made anew', given: { sync: sync({ metadata: { uid: 'u2' } }) }, reason: 'NotCurrentRollout', says: /made anew/ },
  {
    when: 'the gateway is of another object',
    given: foreign({ syncName: 'other' }),
    reason: 'NotCurrentRollout',
    says: /belongs to IgnitionSync other/,
  },
  { when: 'the gateway is in another namespace', given: foreign({ namespace: 'x' }), reason: 'NotCurrentRollout', says: /x\/gw-0/ },
  { when: 'the object is paused', given: { sync: sync({ spec: { paused: true } }) }, reason: 'Paused', says: /is paused/ },
  { when: 'a signal paused it', given: { sync: sync({ status: condition('Paused', 'True') }) }, reason: 'Paused', says: /is paused/ },
  {
    when: 'it is stopped',
    given: { sync: sync({ status: { frozen: { by: 'ann', reason: 'smoke', since: '' } } }) },
    reason: 'Frozen',
    says: /by ann: smoke/,
  },
  {
    when: 'its condition says stopped',
    given: { sync: sync({ status: condition('Frozen', 'True') }) },
    reason: 'Frozen',
    says: /is stopped/,
  },
  {
    when: 'no rollout was ever',
    given: { sync: sync({ status: { rollout: undefined } }) },
    reason: 'NotCurrentRollout',
    says: /no rollout/,
  },
  {
    when: 'a newer rollout runs',
    given: { sync: sync({ rollout: { id: 'rollout/plant/sync/8' } }) },
    reason: 'NotCurrentRollout',
    says: /sync\/8, not at/,
  },
  ...['Succeeded', 'Failed', 'Rejected', 'Aborted', 'Superseded', 'Aborting'].map((state) => ({
    when: `the rollout is ${state}`,
    given: { sync: sync({ rollout: { state } }) },
    reason: 'NotCurrentRollout',
    says: new RegExp(`over \\(${state}\\): it broke`),
  })),
  {
    when: 'the plan is another',
    given: { sync: sync({ rollout: { planDigest: 'b' } }) },
    reason: 'NotCurrentRollout',
    says: /another plan/,
  },
  {
    when: 'there is no plan yet',
    given: { sync: sync({ rollout: { planDigest: undefined } }) },
    reason: 'NotCurrentRollout',
    says: /another plan/,
  },
  {
    when: 'nobody approved',
    given: { sync: sync({ rollout: { approvalRequired: true } }) },
    reason: 'ApprovalPending',
    says: /waits for approval/,
  },
  {
    when: 'another plan was approved',
    given: { sync: sync({ rollout: { approvalRequired: true, approvedPlan: 'b' } }) },
    reason: 'ApprovalPending',
    says: /waits/,
  },
])('no ticket is given when $when', ({ given, reason, says }) => {
  expect(refuseTicket(question(given))).toEqual({ reason, message: expect.stringMatching(says) as string });
});

test('a stop counts more than a pause, and a pause more than the rollout', () => {
  const stopped = { frozen: { by: 'ann', reason: 'smoke', since: '' } };
  expect(refuseTicket(question({ sync: sync({ spec: { paused: true }, status: stopped }) }))?.reason).toBe('Frozen');
  expect(refuseTicket(question({ sync: sync({ spec: { paused: true }, rollout: { id: 'x' } }) }))?.reason).toBe('Paused');
});

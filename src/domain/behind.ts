import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import type { IgnitionSyncStatus } from '../api/v1alpha1/ignition-sync.ts';
import { isFinal } from './reports.ts';
import { commitOf, formatRevision, shortRevision } from './revision.ts';

/** States of a rollout in which a gateway that it has not begun waits for nobody but the gateways before it. */
const GOING_ON: readonly string[] = ['Planning', 'Progressing'];

/** What a gateway waits for on which nothing has begun, in the words of its object's status. */
export function waitOfBehind({ rollout, waitingFor }: IgnitionSyncStatus): string {
  if (!rollout || isFinal(rollout.state)) return waitingFor || 'its turn in the rollout';
  return GOING_ON.includes(rollout.state) ? 'its turn in the rollout' : waitingFor || 'its turn in the rollout';
}

/**
 * The status of a gateway on which nothing has begun although its object wants another commit than it runs: `Synced` beside a commit that
 * is not live would be read as if it were. It is `Synced` again when its own commit is wanted again before anything began.
 * @param sync the object's status, as it was just written
 * @returns undefined when nothing changes
 */
export function behindStatus(
  before: IgnitionGatewayStatus | undefined,
  sync: IgnitionSyncStatus,
  now: string,
): IgnitionGatewayStatus | undefined {
  const commit = commitOf(sync.revision);
  const live = commitOf(before?.revision);
  if (!before || commit === undefined || live === undefined) return undefined;
  const { phase } = before;
  if (phase !== 'Synced' && phase !== 'Behind') return undefined;
  const ref = sync.ref ?? '';
  const desired = formatRevision(ref, commit);
  if (live === commit) {
    if (phase === 'Synced') return undefined;
    return { ...before, phase: 'Synced', since: before.confirmed?.at ?? now, desired, waitingFor: '', message: '' };
  }
  const waitingFor = waitOfBehind(sync);
  if (phase === 'Behind' && before.desired === desired && before.waitingFor === waitingFor) return undefined;
  const message = `${before.shortRevision ?? before.revision ?? ''} is live, ${shortRevision(ref, commit)} is wanted`;
  return { ...before, phase: 'Behind', since: phase === 'Behind' ? before.since : now, desired, waitingFor, message };
}

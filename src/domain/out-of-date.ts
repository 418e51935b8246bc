import type { IgnitionGatewayStatus } from '../api/v1alpha1/ignition-gateway.ts';
import { isComingUp } from './reasons.ts';

/**
 * Whether a gateway needs a catch-up of its own: it is new, its agent came back after being unreachable, or its volume holds
 * something else than what it last confirmed. A gateway that failed waits for a person or a new commit instead.
 */
export function isOutOfDate(status: IgnitionGatewayStatus | undefined): boolean {
  if (!status?.agent) return false;
  switch (status.phase) {
    case undefined:
    case 'Pending':
      return true;
    case 'Waiting': // in place, in a wave that goes on by itself; or passed over because it had not come up
      if (!wasComingUp(status)) return false;
      return status.since === undefined || status.agent.lastHello > status.since;
    case 'Unreachable':
      // A standby whose gateway did not run: its agent is there all the time.
      if (status.reason === 'ReplicationPending') return (status.redundancy?.since ?? '') > (status.since ?? '');
      return status.since === undefined || status.agent.lastHello > status.since;
    case 'Synced':
    case 'Behind': // the rollout of what is wanted comes to it, or a person has refused that
      return status.confirmed !== undefined && status.live !== undefined && status.live !== status.confirmed.manifest;
    default:
      return false;
  }
}

/** Whether a gateway was passed over because it had not come up yet. */
export function wasComingUp({ phase, reason }: IgnitionGatewayStatus): boolean {
  return phase === 'Waiting' && isComingUp(reason);
}

import type { IgnitionSync } from '../api/v1alpha1/objects.ts';
import type { Fault } from './errors.ts';
import { isFinal } from './reports.ts';

/** A view of the objects older than this is no ground for a ticket, milliseconds. */
export const MAX_VIEW_AGE_MS = 10_000;

interface Refusal extends Fault {
  readonly reason: 'TicketRefused' | 'NotCurrentRollout' | 'Frozen' | 'Paused' | 'ApprovalPending';
}

export interface TicketQuestion {
  readonly request: {
    readonly object: { readonly namespace: string; readonly name: string; readonly uid: string };
    readonly rollout: string;
    readonly planDigest: string;
  };
  /** Who asks, and the IgnitionSync it belongs to. */
  readonly gateway: { readonly namespace: string; readonly name: string; readonly syncName: string };
  /** The object of the request as it is known now; undefined = there is none. */
  readonly sync: IgnitionSync | undefined;
  /** How old that knowledge is, milliseconds. */
  readonly viewAgeMs: number;
}

/** Why no ticket is given now; undefined = it is. Rests on the objects alone, whatever a workflow believes. */
export function refuseTicket({ request, gateway, sync, viewAgeMs }: TicketQuestion): Refusal | undefined {
  const { namespace, name, uid } = request.object;
  const object = `IgnitionSync ${namespace}/${name}`;
  if (viewAgeMs > MAX_VIEW_AGE_MS) {
    return refusal(
      'TicketRefused',
      `the Kubernetes API has said nothing about ${object} for ${Math.round(viewAgeMs / 1000)} s: asked again when it answers`,
    );
  }
  if (gateway.namespace !== namespace || gateway.syncName !== name) {
    return refusal(
      'NotCurrentRollout',
      `gateway ${gateway.namespace}/${gateway.name} belongs to IgnitionSync ${gateway.syncName}, not to ${object}`,
    );
  }
  if (!sync || sync.metadata.deletionTimestamp !== undefined) return refusal('NotCurrentRollout', `${object} is gone`);
  if (sync.metadata.uid !== uid) return refusal('NotCurrentRollout', `${object} was deleted and made anew since this rollout began`);
  return refuseNow(object, request, sync);
}

function refuseNow(object: string, { rollout, planDigest }: TicketQuestion['request'], sync: IgnitionSync): Refusal | undefined {
  const { spec, status } = sync;
  const isTrue = (type: string): boolean => status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  if (status?.frozen || isTrue('Frozen')) {
    return refusal('Frozen', `${object} is stopped${status?.frozen ? ` by ${status.frozen.by}: ${status.frozen.reason}` : ''}`);
  }
  if (spec.paused || isTrue('Paused')) return refusal('Paused', `${object} is paused`);
  const current = status?.rollout;
  if (current?.id !== rollout) return refusal('NotCurrentRollout', `${object} is at ${current?.id ?? 'no rollout'}, not at ${rollout}`);
  if (isFinal(current.state) || current.state === 'Aborting') {
    return refusal('NotCurrentRollout', `${rollout} is over (${current.state}): ${current.message}`);
  }
  if (current.planDigest !== planDigest) return refusal('NotCurrentRollout', `${rollout} has another plan than the one that asks`);
  if (current.approvalRequired && current.approvedPlan !== planDigest)
    return refusal('ApprovalPending', `the plan of ${rollout} waits for approval`);
  return undefined;
}

function refusal(reason: Refusal['reason'], message: string): Refusal {
  return { reason, message: `No ticket: ${message}.` };
}

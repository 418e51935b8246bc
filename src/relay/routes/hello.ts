import { z } from 'zod';
import type { KubeClient } from '../../clients/kube/client.ts';
import type { KeyedQueue } from '../../clients/kube/keyed-queue.ts';
import { IGNITION_GATEWAYS } from '../../clients/kube/resources.ts';
import { gatewayTaskQueue } from '../../contract/names.ts';
import type { HelloRequest, HelloResponse } from '../../contract/relay.ts';
import type { Caller } from '../callers.ts';
import { Refused } from '../refused.ts';
import { Digest, Short } from '../wire.ts';

export const Hello = z.object({
  protocol: z.int().min(1),
  version: Short,
  live: Digest.or(z.literal('none')),
  liveOp: Short,
}) satisfies z.ZodType<HelloRequest>;

/** Writes down what the agent says is live, and wakes the workflow of its IgnitionSync: that is what starts a catch-up. */
export function createHello(kube: KubeClient, signals: KeyedQueue, ticketKey: string, now: () => Date) {
  return async (caller: Caller, request: HelloRequest): Promise<HelloResponse> => {
    const { namespace, gateway, syncName, podUid } = caller;
    const agent = { version: request.version, protocol: request.protocol, lastHello: now().toISOString(), podUid };
    const answer = { namespace, gateway, taskQueue: gatewayTaskQueue(namespace, gateway), ticketKey };
    const before = (await kube.get(IGNITION_GATEWAYS, namespace, gateway))?.status;
    // Said again and again, so that a status that was lost is told anew; what is known already wakes nobody.
    if (
      before?.live === request.live &&
      before.agent?.podUid === podUid &&
      before.agent.version === request.version &&
      before.phase !== 'Unreachable'
    )
      return answer;
    const known = await kube.patchStatus(IGNITION_GATEWAYS, namespace, gateway, { status: { live: request.live, agent } });
    if (!known) throw new Refused(503, 'RelayUnreachable', `IgnitionGateway ${namespace}/${gateway} has just been deleted: ask again.`);
    signals.add(`${namespace}/${syncName}`, `hello ${gateway}`);
    return answer;
  };
}

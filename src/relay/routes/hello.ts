import { z } from 'zod';
import type { KubeClient } from '../../clients/kube/client.ts';
import type { KeyedQueue } from '../../clients/kube/keyed-queue.ts';
import { recordEvent } from '../../clients/kube/events.ts';
import { IGNITION_GATEWAYS, type KubeObject } from '../../clients/kube/resources.ts';
import type { IgnitionGatewayStatus } from '../../api/v1alpha1/ignition-gateway.ts';
import { gatewayTaskQueue } from '../../contract/names.ts';
import { MAX_DRIFT_NAMED, MAX_RESTARTS_NAMED, MAX_RESTART_NAME, type HelloRequest, type HelloResponse } from '../../contract/relay.ts';
import { type Announcement, driftAnnouncement } from '../../domain/announcement.ts';
import { withDrift } from '../../domain/drift.ts';
import { withNode } from '../../domain/redundancy/status.ts';
import { wasComingUp } from '../../domain/out-of-date.ts';
import { COMING_UP } from '../../domain/reasons.ts';
import { withRestart } from '../../domain/gateway-status.ts';
import { startupExpectation } from '../../domain/startup.ts';
import { MAX_VIEW_AGE_MS } from '../../domain/ticket.ts';
import { ConflictError } from '../../clients/kube/errors.ts';
import type { Caller } from '../callers.ts';
import type { RelayObjects } from '../objects.ts';
import { Refused } from '../refused.ts';
import { Digest, Short } from '../wire.ts';

/** The operator, the workflow and the relay write one gateway's status; they meet rarely. */
const ATTEMPTS = 5;

/** As a gateway says it, so any word may come. */
const Word = z.string().max(64);
const Count = z.int().min(0);
const Path = z.string().max(4096);

/** How a gateway's files differ from what is live, as its agent says. */
const DriftReport = z.object({
  changed: Count,
  missing: Count,
  foreign: Count,
  first: z.array(Path).max(MAX_DRIFT_NAMED),
  twins: z.object({ count: Count, first: z.array(z.object({ path: Path, ours: Path })).max(MAX_DRIFT_NAMED) }).optional(),
});

export const Hello = z.object({
  protocol: z.int().min(1),
  version: Short,
  live: Digest.or(z.literal('none')),
  liveOp: Short,
  drift: DriftReport.optional(),
  node: z.object({ running: z.boolean(), role: Word.optional(), activityLevel: Word.optional(), projectState: Word.optional() }).optional(),
  restartPending: z.array(z.string().max(MAX_RESTART_NAME)).max(MAX_RESTARTS_NAMED).optional(),
  comingUp: z.object({ reason: z.enum(COMING_UP), message: z.string().max(1_000) }).optional(),
}) satisfies z.ZodType<HelloRequest>;

/**
 * Writes down what the agent says is live, and wakes the workflow of its IgnitionSync: that is what starts a catch-up. The answer says, too,
 * what a gateway that starts may expect.
 */
export function createHello(
  kube: KubeClient,
  syncs: RelayObjects['syncs'],
  signals: KeyedQueue,
  ticketKey: string,
  now: () => Date,
  onUnsaid: (error: unknown) => void,
): (caller: Caller, request: HelloRequest) => Promise<HelloResponse> {
  const announce: Announce = (about, said) =>
    recordEvent(kube, IGNITION_GATEWAYS, about, { ...said, by: 'ignition-sync' }, now()).catch(onUnsaid);
  return async (caller, request) => {
    const { namespace, gateway, syncName, podUid } = caller;
    const agent = { version: request.version, protocol: request.protocol, lastHello: now().toISOString(), podUid };
    const { news, before, redundant } = await writeHello(kube, caller, request, agent, announce);
    if (news) signals.add(`${namespace}/${syncName}`, `hello ${gateway}`);
    const { object: sync } = await syncs.known(namespace, syncName, MAX_VIEW_AGE_MS, (watched) => watched !== undefined);
    const answer = { namespace, gateway, taskQueue: gatewayTaskQueue(namespace, gateway), ticketKey, redundant };
    if (!sync) return answer;
    const { port, tls } = sync.spec.gateway;
    const { startupGraceSeconds: graceSeconds } = sync.spec.agent;
    return { ...answer, startup: { ...startupExpectation(sync, before, request.live), graceSeconds, connection: { port, tls } } };
  };
}

/** Says in an event what turned; never fails, since the condition says it too. */
type Announce = (about: KubeObject, said: Announcement) => Promise<void>;

/**
 * Said again and again, so that a status that was lost is told anew; what is known already is not written and wakes nobody.
 * @returns whether something was new, the status before, and whether the gateway is taken for a node of a redundant pair
 */
async function writeHello(
  kube: KubeClient,
  { namespace, gateway, podUid }: Caller,
  { live, version, drift, node, restartPending, comingUp }: HelloRequest,
  agent: NonNullable<IgnitionGatewayStatus['agent']>,
  announce: Announce,
): Promise<{ news: boolean; before: IgnitionGatewayStatus | undefined; redundant: boolean }> {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await kube.get(IGNITION_GATEWAYS, namespace, gateway);
    const before = stored?.status;
    const conditions = drift && withDrift(before?.conditions, drift, agent.lastHello);
    const redundancy = node && withNode(before?.redundancy, node, agent.lastHello);
    const restart = restartPending && withRestart(before, restartPending, agent.lastHello);
    const redundant = ((redundancy ?? before?.redundancy)?.summary ?? '') !== '';
    const isBack =
      comingUp === undefined &&
      before !== undefined &&
      ((before.phase === 'Unreachable' && before.reason !== 'ReplicationPending') || wasComingUp(before));
    const greeted = before?.live === live && before.agent?.podUid === podUid && before.agent.version === version && !isBack;
    if (greeted && !conditions && !redundancy && !restart) return { news: false, before, redundant };
    try {
      // Conditions are a list that others write to, too: it is replaced only if it is still the one that was read.
      const guarded = conditions && stored && { metadata: { resourceVersion: stored.metadata.resourceVersion } };
      // A word that the gateway does not say any more goes.
      const gone = { role: null, activityLevel: null, projectState: null };
      const status = {
        live,
        agent,
        ...(conditions && { conditions }),
        ...(redundancy && { redundancy: { ...gone, ...redundancy } }),
        ...restart,
      };
      if (await kube.patchStatus(IGNITION_GATEWAYS, namespace, gateway, { ...guarded, status })) {
        const turned = stored && driftAnnouncement(before?.conditions, conditions);
        if (turned) await announce(stored, turned);
        return { news: true, before, redundant };
      }
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === ATTEMPTS) throw error;
      continue;
    }
    throw new Refused(503, 'RelayUnreachable', `IgnitionGateway ${namespace}/${gateway} has just been deleted: ask again.`);
  }
}

import { condition } from '@temporalio/workflow';
import type { PlannedGateway } from '../contract/source-activities.ts';
import type { Fault } from '../domain/errors.ts';
import { restartedFirst, restartObstacle } from '../domain/redundancy/restart-order.ts';
import type { GatewayReport } from '../domain/reports.ts';
import { restartGateway } from './restart-gateway.ts';
import type { Gate, GatewayOutcome, WaveContext } from './sync-gateway.ts';
import { type PlannedNode, type PlannedNodes, lookAtPair } from './sync-pair.ts';
import type { Turns } from './turns.ts';

type SayFor = (planned: PlannedGateway) => (news: Omit<GatewayReport, 'gateway' | 'commit' | 'ref'>) => void;

/** How often it is looked whether the other node is back, a little later each time, and for how long: it has its files minutes after its start. */
const PEER_LOOK_MS = 5_000;
const PEER_LONGEST_LOOK_MS = 60_000;
const PEER_WAIT_MS = 600_000;
/** So often the nodes of a pair may change places directly before a restart. */
const MOST_TURNS = 10;

/**
 * Restarts what waits for it on a redundant pair: the standby first, then the node that has been active meanwhile. Who that is counts now,
 * not by the plan, and is looked at directly before each restart: one whose peer could not carry the plant is not restarted.
 * @param due whether this wave is about a gateway; the other node of a pair is in the wave in any case
 */
export async function restartPair(
  at: WaveContext,
  pair: PlannedNodes,
  due: (gateway: string) => boolean,
  turns: Turns,
  gate: Gate,
  say: SayFor,
): Promise<GatewayOutcome[]> {
  const left = new Set(pair.filter(({ gateway, restart }) => restart !== undefined && due(gateway)));
  const outcomes = new Map<string, GatewayOutcome>();
  const obstacle = async ({ gateway }: PlannedNode): Promise<Fault | undefined> =>
    restartObstacle(gateway, (await lookAtPair(at, pair, quietly)).nodes);
  for (let turn = 0; left.size > 0; turn += 1) {
    const [one, other] = left;
    const first = other && restartedFirst((await lookAtPair(at, pair, quietly)).nodes);
    const planned = other && other.gateway === first ? other : one;
    if (!planned?.restart) break;
    const { gateway, restart } = planned;
    const target = { ...planned, redundancy: { peer: planned.pair.peer } };
    let outcome = await restartGateway(at, target, restart, turns, gate, say(planned), () => obstacle(planned));
    if (outcome.kind === 'failed' && outcome.fault.reason === 'PeerNotReady' && turn < MOST_TURNS) {
      const fault = await untilPeerIsBack(
        () => obstacle(planned),
        outcome.fault,
        gate,
        (waitingFor) => say(planned)({ phase: 'Waiting', waitingFor: `a restart: ${waitingFor}` }),
      );
      if (!fault) continue;
      outcome = { ...outcome, fault };
    }
    outcomes.set(gateway, outcome);
    left.delete(planned);
    if (outcome.kind !== 'failed' && outcome.kind !== 'superseded') continue;
    for (const { gateway: rest } of left)
      outcomes.set(
        rest,
        outcome.kind === 'superseded'
          ? { gateway: rest, kind: 'superseded' }
          : { gateway: rest, kind: 'untouched', why: `a restart: ${gateway}, the other node of its pair, was not restarted` },
      );
    break;
  }
  return pair.map(({ gateway }) => outcomes.get(gateway) ?? { gateway, kind: 'synced' });
}

const quietly: SayFor = () => () => undefined;

/** @returns what is still in the way in the end; undefined when nothing is, or the rollout stops */
async function untilPeerIsBack(
  look: () => Promise<Fault | undefined>,
  first: Fault,
  gate: Gate,
  wait: (waitingFor: string) => void,
): Promise<Fault | undefined> {
  const began = Date.now();
  let fault: Fault | undefined = first;
  for (let ms = PEER_LOOK_MS; Date.now() - began < PEER_WAIT_MS; ms = Math.min(2 * ms, PEER_LONGEST_LOOK_MS)) {
    wait(fault.message);
    if (await condition(() => gate.stopped(), ms)) return undefined;
    fault = await look();
    if (!fault) return undefined;
  }
  return fault;
}

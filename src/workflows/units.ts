import { patched } from '@temporalio/workflow';
import type { PairStep } from '../contract/gateway-activities.ts';
import type { PlannedGateway } from '../contract/source-activities.ts';
import type { GatewayReport } from '../domain/reports.ts';
import { restartGateway } from './restart-gateway.ts';
import { restartPair } from './restart-pair.ts';
import type { Turns } from './turns.ts';
import { type Gate, type GatewayOutcome, type WaveContext, revertGateway, stageGateway, syncGateway } from './sync-gateway.ts';
import { type PlannedNode, type PlannedNodes, endOfLook, lookAtPair, syncPair } from './sync-pair.ts';

export type SayFor = (planned: PlannedGateway) => (news: Omit<GatewayReport, 'gateway' | 'commit' | 'ref'>) => void;

/** What changes together: a gateway, or both nodes of a redundant pair. */
type Unit = readonly [PlannedGateway] | PlannedNodes;

/** A unit that has been staged. */
export interface StagedUnit {
  /** Whether staging found what must be put right before anything of its wave changes. */
  readonly broken: boolean;
  /** What became of it if the wave goes no further. */
  leave(why: string): GatewayOutcome[];
  go(gate: Gate): Promise<GatewayOutcome[]>;
}

/** The gateways of a wave by what changes together. A node whose peer is not in the wave stands alone: its own gateway says what it may take. */
export function unitsIn(gateways: readonly PlannedGateway[]): Unit[] {
  return gateways.flatMap((planned): Unit[] => {
    const peer = gateways.find(({ gateway }) => gateway === planned.pair?.peer);
    if (!isNode(planned) || !peer || !isNode(peer)) return [[planned]];
    if (planned.pair.master === peer.pair.master) return planned.gateway < peer.gateway ? [[planned, peer]] : [];
    return planned.pair.master ? [[planned, peer]] : [];
  });
}

function isNode(planned: PlannedGateway): planned is PlannedNode {
  return planned.pair !== undefined;
}

function isPair(unit: Unit): unit is PlannedNodes {
  return unit.length === 2;
}

/** Nothing that a gateway reads has changed, whatever comes of it. */
export async function stageUnit(at: WaveContext, unit: Unit, say: SayFor): Promise<StagedUnit> {
  if (!isPair(unit)) return stageOne(at, unit[0], say);
  const seen = await lookAtPair(at, unit, say);
  const ended = endOfLook(unit, seen);
  if (ended) return { broken: ended.some(({ kind }) => kind === 'failed'), leave: () => ended, go: () => Promise.resolve(ended) };
  return {
    broken: false,
    leave: (why) => unit.map(({ gateway }) => ({ gateway, kind: 'untouched', why })),
    go: (gate) => syncPair(at, unit, seen, gate, say),
  };
}

async function stageOne(at: WaveContext, planned: PlannedGateway, say: SayFor): Promise<StagedUnit> {
  const { gateway } = planned;
  const staged = await stageGateway(at, planned, say(planned));
  if (staged.kind !== 'staged') return { broken: staged.kind === 'failed', leave: () => [staged], go: () => Promise.resolve([staged]) };
  return {
    broken: false,
    leave: (why) => [{ gateway, kind: 'untouched', why }],
    go: async (gate) => [await syncGateway(at, planned, staged, gate, say(planned))],
  };
}

/** Puts back on each node what was written there: what replicates on the one, what does not on both. One node after the other. */
export async function revertUnit(at: WaveContext, unit: Unit, say: SayFor): Promise<GatewayOutcome[]> {
  const outcomes: GatewayOutcome[] = [];
  for (const planned of unit) {
    const unreplicated = planned.pair?.policy === 'proceed' ? { unreplicated: 'write' as const } : {};
    const redundancy = isPair(unit) && planned.pair ? { redundancy: { peer: planned.pair.peer, ...unreplicated } } : {};
    outcomes.push(await revertGateway(at, { ...planned, ...redundancy }, say(planned)));
  }
  return outcomes;
}

/**
 * Restarts what waits for it: never both nodes of a pair at a time, since the other one carries the plant meanwhile.
 * @param due whether this wave is about a gateway; the other node of a pair is in the wave in any case
 */
export async function restartUnit(
  at: WaveContext,
  unit: Unit,
  due: (gateway: string) => boolean,
  turns: Turns,
  gate: Gate,
  say: SayFor,
): Promise<GatewayOutcome[]> {
  if (isPair(unit) && patched('restart-by-who-is-active')) return restartPair(at, unit, due, turns, gate, say);
  const outcomes: GatewayOutcome[] = [];
  for (const planned of [...unit].reverse()) {
    if (planned.restart) outcomes.push(await restartGateway(at, asNode(planned), planned.restart, turns, gate, say(planned)));
    else outcomes.push({ gateway: planned.gateway, kind: 'synced' });
  }
  return outcomes;
}

/** As what its gateway says that it is. */
function asNode(planned: PlannedGateway): PlannedGateway & { redundancy?: PairStep } {
  return planned.pair ? { ...planned, redundancy: { peer: planned.pair.peer } } : planned;
}

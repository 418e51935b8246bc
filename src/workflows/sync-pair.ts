import { condition } from '@temporalio/workflow';
import type { PairStep } from '../contract/gateway-activities.ts';
import type { PlannedGateway, PlannedPair } from '../contract/source-activities.ts';
import type { Fault } from '../domain/errors.ts';
import type { Digest } from '../domain/manifest.ts';
import { isActive, type NodeState } from '../domain/redundancy/node.ts';
import { judgePair, type PairVerdict, type SeenNode } from '../domain/redundancy/judge-pair.ts';
import type { GatewayReport } from '../domain/reports.ts';
import { type Gate, type GatewayOutcome, type Staged, type WaveContext, stageGateway, syncGateway } from './sync-gateway.ts';

/** A node of a redundant pair in a plan. */
export interface PlannedNode extends PlannedGateway {
  readonly pair: PlannedPair;
}

/** Both nodes, the configured master first. */
export type PlannedNodes = readonly [PlannedNode, PlannedNode];

type SayFor = (planned: PlannedGateway) => (news: Omit<GatewayReport, 'gateway' | 'commit' | 'ref'>) => void;

/** How often a pair of which nobody may be written is looked at, a little later each time, and for how long: a failover takes seconds, a failback ten. */
const UNSETTLED_LOOK_MS = 2_000;
const UNSETTLED_LONGEST_LOOK_MS = 30_000;
const UNSETTLED_WAIT_MS = 120_000;
/** How often a standby is asked whether it has its files, a little later each time, and for how long. */
const REPLICATION_LOOK_MS = 5_000;
const REPLICATION_LONGEST_LOOK_MS = 60_000;
const REPLICATION_WAIT_MS = 600_000;
/** A pair whose nodes change places more often than this during one sync is none to be written. */
const MOST_TURNS = 10;

/** Both nodes as they were found a moment ago, and what came of staging them. */
export interface SeenPair {
  readonly nodes: readonly [SeenNode, SeenNode];
  readonly staged: ReadonlyMap<string, GatewayOutcome | Staged>;
}

/** Stages both nodes, each as what its gateway says that it is, and finds out who is in charge. */
export async function lookAtPair(at: WaveContext, pair: PlannedNodes, say: SayFor): Promise<SeenPair> {
  const staged = await Promise.all(
    pair.map((planned) => stageGateway(at, { ...planned, redundancy: { peer: planned.pair.peer } }, say(planned))),
  );
  const nodes = pair.map(({ gateway }, i): SeenNode => {
    const found = staged[i];
    return found?.kind === 'staged' ? { gateway, state: found.node ?? 'tooOld' } : { gateway };
  });
  return {
    nodes: nodes as unknown as SeenPair['nodes'],
    staged: new Map(pair.map(({ gateway }, i) => [gateway, staged[i] as GatewayOutcome | Staged])),
  };
}

/** What keeps a pair from being written at all, if anything does; undefined when it may be gone on with. */
export function endOfLook(pair: PlannedNodes, seen: SeenPair): GatewayOutcome[] | undefined {
  const ended = [...seen.staged.values()].filter((one) => one.kind === 'failed' || one.kind === 'superseded');
  if (ended.length > 0) {
    return pair.map(({ gateway }) => {
      const one = seen.staged.get(gateway);
      return one && one.kind !== 'staged' ? one : { gateway, kind: 'untouched', why: 'the other node of its pair could not stage' };
    });
  }
  const verdict = judgePair(pair[0].pair.policy, seen.nodes);
  return verdict.is === 'held' ? held(pair, verdict, seen) : undefined;
}

/**
 * Brings a redundant pair to the commit: the node in charge is written, scanned and proved like a single gateway; then the other, which has from it
 * what replicates and is given the rest. Who is in charge is asked anew whenever that may have changed: in none of its courses are both
 * written at a time, nor either twice.
 */
export async function syncPair(at: WaveContext, pair: PlannedNodes, first: SeenPair, gate: Gate, say: SayFor): Promise<GatewayOutcome[]> {
  const run = new PairRun(at, pair, gate, say);
  let seen = first;
  let unsettledSince: number | undefined;
  let wait = UNSETTLED_LOOK_MS;
  for (let turn = 0; turn < MOST_TURNS;) {
    const ended = run.endOf(seen);
    if (ended) return ended;
    const verdict = judgePair(pair[0].pair.policy, seen.nodes);
    switch (verdict.is) {
      case 'independent':
        return run.asSingles(verdict.note);
      case 'unsettled':
        unsettledSince ??= Date.now();
        if (Date.now() - unsettledSince >= UNSETTLED_WAIT_MS) return run.unwritable(verdict.fault);
        if (await run.waitFor(verdict.fault.message, wait)) return run.stopped();
        wait = Math.min(2 * wait, UNSETTLED_LONGEST_LOOK_MS);
        break;
      case 'write': {
        unsettledSince = undefined;
        wait = UNSETTLED_LOOK_MS;
        turn += 1;
        const outcomes = await run.write(verdict, seen);
        if (outcomes) return outcomes;
        break;
      }
    }
    seen = await lookAtPair(at, pair, quietly);
  }
  return run.unwritable({ reason: 'RedundancyUnsettled', message: 'the nodes of this pair kept changing places during the sync' });
}

const quietly: SayFor = () => () => undefined;

type Write = Extract<PairVerdict, { is: 'write' }>;

/** One pair on its way to a commit. */
class PairRun {
  readonly #at: WaveContext;
  readonly #pair: PlannedNodes;
  readonly #gate: Gate;
  readonly #say: SayFor;
  /** Nodes that have the commit. */
  readonly #done = new Map<string, GatewayOutcome>();

  constructor(at: WaveContext, pair: PlannedNodes, gate: Gate, say: SayFor) {
    this.#at = at;
    this.#pair = pair;
    this.#gate = gate;
    this.#say = say;
  }

  /** What ends the sync here after a look, if anything does. */
  endOf(seen: SeenPair): GatewayOutcome[] | undefined {
    const ended = endOfLook(this.#pair, seen);
    if (ended) return this.#with(ended);
    if (judgePair(this.#pair[0].pair.policy, seen.nodes).is !== 'away') return undefined;
    return this.#with(
      this.#pair.map(
        ({ gateway, pair }) => away(gateway, seen) ?? unreachable(gateway, `${pair.peer}, the active node of its pair, cannot be reached`),
      ),
    );
  }

  /** @returns undefined when who is in charge has to be found out anew */
  async write({ writer, other, failedOver, stopped }: Write, seen: SeenPair): Promise<GatewayOutcome[] | undefined> {
    const written = await this.#sync(writer, seen, { peer: other, as: stopped ? 'stopped' : 'active', ...liveOf(other, seen) });
    if (written.kind === 'unreachable' || changedPlaces(written)) return undefined;
    if (written.kind !== 'synced') {
      const why = `${writer}, the active node of its pair, was not synced`;
      return this.#with([
        written,
        written.kind === 'superseded' ? { gateway: other, kind: 'superseded' } : { gateway: other, kind: 'untouched', why },
      ]);
    }
    this.#done.set(writer, written);
    if (!stopped && written.node && !isActive(written.node)) return undefined;
    const followed = stopped
      ? await this.#sync(other, seen, { peer: writer, as: 'stopped' })
      : await this.#follow({ writer, other, failedOver }, seen);
    if (followed === undefined || changedPlaces(followed)) return undefined;
    return this.#with([written, followed]);
  }

  /** Gives the other node what does not replicate, once the rest has come. */
  async #follow({ writer, other, failedOver }: Omit<Write, 'is' | 'stopped'>, first: SeenPair): Promise<GatewayOutcome | undefined> {
    const began = Date.now();
    let unreplicated: 'write' | undefined;
    let seen = first;
    for (let wait = REPLICATION_LOOK_MS; ; wait = Math.min(2 * wait, REPLICATION_LONGEST_LOOK_MS)) {
      const gone = away(other, seen);
      if (gone) return gone;
      if (!failedOver && stateOf(other, seen)?.running === false)
        return unreachable(other, `its gateway does not run: it gets this commit from ${writer} when it does`, 'ReplicationPending');
      const step: PairStep = { peer: writer, as: 'standby', ...(unreplicated && { unreplicated }), peerLive: this.#planned(writer).target };
      const followed = await this.#sync(other, seen, step);
      if (followed.kind !== 'failed' || followed.restored || followed.fault.reason !== 'ReplicationPending') return followed;
      if (failedOver && unreplicated === undefined) {
        // The master is not in charge, yet its files win in the end: it must have them, whichever way they come.
        unreplicated = 'write';
        continue;
      }
      if (Date.now() - began >= REPLICATION_WAIT_MS) return followed;
      this.#say(this.#planned(other))({ phase: 'Waiting', waitingFor: followed.fault.message });
      await condition(() => this.#gate.stopped(), wait);
      if (this.#gate.stopped()) return { gateway: other, kind: 'untouched', why: 'the rollout stopped before this gateway had its files' };
      seen = await lookAtPair(this.#at, this.#pair, quietly);
      const verdict = judgePair(this.#pair[0].pair.policy, seen.nodes);
      if (verdict.is !== 'write' || verdict.writer !== writer) return undefined;
    }
  }

  async #sync(gateway: string, seen: SeenPair, redundancy: PairStep): Promise<GatewayOutcome> {
    const planned = this.#planned(gateway);
    const staged = seen.staged.get(gateway);
    return syncGateway(
      this.#at,
      { ...planned, redundancy },
      staged?.kind === 'staged' ? staged : { kind: 'staged', note: '' },
      this.#gate,
      this.#say(planned),
      () => this.#turned(gateway, redundancy),
    );
  }

  /** Minutes or days may have gone since the pair was judged. Its own gateway cannot tell that the other node has become active, too. */
  async #turned(gateway: string, { peer, as }: PairStep): Promise<Fault | undefined> {
    const verdict = judgePair(this.#pair[0].pair.policy, (await lookAtPair(this.#at, this.#pair, quietly)).nodes);
    const writer = as === 'standby' ? peer : gateway;
    if (verdict.is === 'write' && (verdict.stopped ? as === 'stopped' : as !== 'stopped' && verdict.writer === writer)) return undefined;
    return { reason: 'RedundancyUnsettled', message: `the pair of ${gateway} and ${peer} is not what it was before the wait` };
  }

  async asSingles(note: string): Promise<GatewayOutcome[]> {
    return Promise.all(
      this.#pair.map((planned) => syncGateway(this.#at, planned, { kind: 'staged', note }, this.#gate, this.#say(planned))),
    );
  }

  /** Waits a moment, or until the rollout stops. @returns whether it has */
  async waitFor(what: string, ms: number): Promise<boolean> {
    for (const planned of this.#pair) if (!this.#done.has(planned.gateway)) this.#say(planned)({ phase: 'Waiting', waitingFor: what });
    return condition(() => this.#gate.stopped(), ms);
  }

  stopped(): GatewayOutcome[] {
    const why = 'the rollout stopped before this gateway';
    return this.#with(this.#pair.map(({ gateway }) => ({ gateway, kind: 'untouched', why })));
  }

  /** The fault is that of the node that would have been written first. */
  unwritable(fault: Fault): GatewayOutcome[] {
    const open = this.#pair.find(({ gateway }) => !this.#done.has(gateway)) ?? this.#pair[0];
    return this.#with(
      this.#pair.map(({ gateway }) =>
        gateway === open.gateway
          ? { gateway, kind: 'failed', restored: false, fault }
          : { gateway, kind: 'untouched', why: `nothing is written while ${open.gateway} cannot be` },
      ),
    );
  }

  /** What has been reached on a node stays so, whatever became of the other. */
  #with(outcomes: readonly GatewayOutcome[]): GatewayOutcome[] {
    return outcomes.map((outcome) => (outcome.kind === 'failed' ? outcome : (this.#done.get(outcome.gateway) ?? outcome)));
  }

  #planned(gateway: string): PlannedNode {
    return this.#pair[0].gateway === gateway ? this.#pair[0] : this.#pair[1];
  }
}

function held(pair: PlannedNodes, { gateway, fault }: Extract<PairVerdict, { is: 'held' }>, seen: SeenPair): GatewayOutcome[] {
  return pair.map((planned) =>
    planned.gateway === gateway
      ? { gateway, kind: 'failed', restored: false, fault }
      : (away(planned.gateway, seen) ?? {
          gateway: planned.gateway,
          kind: 'untouched',
          why: `${gateway}, the backup of its pair, is active`,
        }),
  );
}

function away(gateway: string, { staged }: SeenPair): GatewayOutcome | undefined {
  const found = staged.get(gateway);
  return found?.kind === 'unreachable' ? found : undefined;
}

function unreachable(gateway: string, message: string, reason: Fault['reason'] = 'Unreachable'): GatewayOutcome {
  return { gateway, kind: 'unreachable', fault: { reason, message } };
}

/** Found directly before the commit point, or in its place. */
function changedPlaces(outcome: GatewayOutcome): boolean {
  return outcome.kind === 'failed' && !outcome.restored && ['RedundancyFailedOver', 'RedundancyUnsettled'].includes(outcome.fault.reason);
}

function liveOf(gateway: string, { staged }: SeenPair): { peerLive?: Digest } {
  const found = staged.get(gateway);
  return found?.kind === 'staged' && found.live !== undefined ? { peerLive: found.live } : {};
}

function stateOf(gateway: string, { nodes }: SeenPair): NodeState | undefined {
  const state = nodes.find((node) => node.gateway === gateway)?.state;
  return state === 'tooOld' ? undefined : state;
}

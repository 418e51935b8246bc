import type { Fault } from '../errors.ts';
import { isIndependent, isMaster, isRedundant, type NodeState } from './node.ts';

/** A gateway that may be a node of a redundant pair. All of one object. */
export interface PairCandidate {
  readonly name: string;
  /** Absent for a gateway outside Kubernetes. */
  readonly podName?: string;
  /** The pair that it was said to belong to. */
  readonly declared?: string;
  /** What its gateway said last; absent when it never did. */
  readonly node?: NodeState;
}

/** The other node of a pair, as seen from one. */
export interface PairOf {
  readonly peer: string;
  /** Whether this one is configured as the master: what replicates is composed for it. */
  readonly master: boolean;
}

export interface FoundPairs {
  readonly pairs: ReadonlyMap<string, PairOf>;
  /** Gateways that were said to belong to a pair that cannot be one. */
  readonly faults: ReadonlyMap<string, Fault>;
}

/**
 * Finds out which gateways are the two nodes of one pair. Said outright, two of one name are. Otherwise ordinals 0 and 1 of a StatefulSet
 * are, once a gateway of them has said that it is redundant and none that it is not: two replicas alone may as well be two gateways.
 */
export function findPairs(candidates: readonly PairCandidate[]): FoundPairs {
  const pairs = new Map<string, PairOf>();
  const faults = new Map<string, Fault>();
  const join = (nodes: readonly PairCandidate[]): void => {
    const [a, b] = [...nodes].sort(byOrdinal) as [PairCandidate, PairCandidate];
    const aIsMaster = isMaster(a.node) || !isMaster(b.node);
    pairs.set(a.name, { peer: b.name, master: aIsMaster });
    pairs.set(b.name, { peer: a.name, master: !aIsMaster });
  };
  for (const [name, nodes] of grouped(candidates, ({ declared }) => declared)) {
    if (nodes.length === 2) join(nodes);
    if (nodes.length <= 2) continue;
    const message = `${nodes.length} gateways say that they belong to the redundant pair ${name}: ${nodes.map((node) => node.name).join(', ')}. A pair has two: give the others another ignition-sync.io/redundant-pair, or none.`;
    for (const node of nodes) faults.set(node.name, { reason: 'InvalidSpec', message });
  }
  const undeclared = candidates.filter(({ declared }) => declared === undefined);
  for (const nodes of grouped(undeclared, ({ podName }) => /^(.+)-[01]$/.exec(podName ?? '')?.[1]).values()) {
    if (nodes.length === 2 && nodes.some(({ node }) => isRedundant(node)) && !nodes.some(({ node }) => isIndependent(node))) join(nodes);
  }
  return { pairs, faults };
}

function grouped(candidates: readonly PairCandidate[], by: (one: PairCandidate) => string | undefined): Map<string, PairCandidate[]> {
  const groups = new Map<string, PairCandidate[]>();
  for (const one of candidates) {
    const key = by(one);
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

function byOrdinal(a: PairCandidate, b: PairCandidate): number {
  return (a.podName ?? a.name) < (b.podName ?? b.name) ? -1 : 1;
}

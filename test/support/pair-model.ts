import type { GatewayStep } from '../../src/contract/gateway-activities.ts';
import type { PlannedPair } from '../../src/contract/source-activities.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { isActive, type NodeState } from '../../src/domain/redundancy/node.ts';

/** A redundant pair of a fleet's model: who is active, and whether files come over. */
export class PairModel {
  readonly master: string;
  readonly backup: string;
  readonly policy: PlannedPair['policy'];
  replicating = true;
  readonly #nodes: Map<string, NodeState>;
  /** What lies on each node, whoever brought it there. */
  readonly #disk = new Map<string, string>();

  constructor(master: string, backup: string, policy: PlannedPair['policy']) {
    this.master = master;
    this.backup = backup;
    this.policy = policy;
    this.#nodes = new Map();
    this.active(master);
  }

  /** Exactly these nodes say that they are active. */
  active(...names: readonly string[]): void {
    for (const [name, role] of [[this.master, 'Master'] as const, [this.backup, 'Backup'] as const])
      this.#nodes.set(name, {
        running: true,
        role,
        ...(names.includes(name) ? { activityLevel: 'Active' } : { activityLevel: 'Cold', projectState: 'Good' }),
      });
  }

  stop(name: string): void {
    this.#nodes.set(name, { running: false });
  }

  has(name: string): boolean {
    return name === this.master || name === this.backup;
  }

  peer(name: string): string {
    return name === this.master ? this.backup : this.master;
  }

  planned(name: string): { pair?: PlannedPair } {
    return this.has(name) ? { pair: { peer: this.peer(name), master: name === this.master, policy: this.policy } } : {};
  }

  node(name: string): { node?: NodeState } {
    const node = this.#nodes.get(name);
    return node ? { node } : {};
  }

  /** What an agent does on a node. @returns whether the agent itself writes */
  apply(name: string, { redundancy, target }: GatewayStep): boolean {
    const node = this.#nodes.get(name);
    if (!node) return true;
    if (redundancy?.as === 'active' && !isActive(node)) throw new SyncError('RedundancyFailedOver', `${name} is not active`);
    const follows = redundancy?.as === 'standby' && redundancy.unreplicated === undefined;
    if (follows && this.#disk.get(name) !== target) throw new SyncError('ReplicationPending', `${name} does not have it`);
    const writes = this.#disk.get(name) !== target;
    this.#disk.set(name, target);
    if (this.replicating && isActive(node)) this.#disk.set(this.peer(name), target);
    return writes;
  }
}

import type { IgnitionClient } from '../../clients/ignition/client.ts';
import type { GatewayConnection } from '../../contract/gateway-activities.ts';
import { isIndependent, isRedundant, isMaster, isActive, type NodeState } from '../../domain/redundancy/node.ts';
import { replicates } from '../../domain/redundancy/replicates.ts';
import { readNode } from './node.ts';
import type { Watched } from '../tell-changes.ts';

const LOOK_MS = 5_000;
/** Of a gateway that has said that it has no peer: it takes a restart to get one. */
const ALONE_LOOK_MS = 60_000;

/** What this agent knows of its gateway's part in a redundant pair, and what it has told of that. */
export class NodeWatch implements Watched {
  readonly complaint = 'the gateway could not be asked for its redundant pair';
  readonly #open: (connection: GatewayConnection) => IgnitionClient;
  #connection: GatewayConnection | undefined;
  /** Whether the control plane takes the gateway for a node of a pair. */
  #takenForNode = false;
  #node: NodeState | undefined;
  #told: string | undefined;

  constructor(open: (connection: GatewayConnection) => IgnitionClient) {
    this.#open = open;
  }

  /** From now on the gateway can be asked. */
  reach(connection: GatewayConnection | undefined, takenForNode: boolean): void {
    this.#connection = connection ?? this.#connection;
    this.#takenForNode = takenForNode;
  }

  /** Asks the gateway. @returns whether there is something to tell that was not told yet */
  async look(signal?: AbortSignal): Promise<boolean> {
    if (!this.#connection) return false;
    const client = this.#open(this.#connection);
    try {
      const node = await readNode(client, signal);
      if (node.running) this.#node = node;
      else if (this.#node?.role !== undefined) this.#node = { ...node, role: this.#node.role };
    } finally {
      await client.close();
    }
    const report = this.report();
    return report !== undefined && JSON.stringify(report) !== this.#told;
  }

  paceMs(): number {
    return isIndependent(this.#node) ? ALONE_LOOK_MS : LOOK_MS;
  }

  /** What is to be told; undefined for a gateway without a peer that nobody takes for one with. */
  report(): NodeState | undefined {
    return isRedundant(this.#node) || this.#takenForNode ? this.#node : undefined;
  }

  told(report: NodeState | undefined): void {
    if (report) this.#told = JSON.stringify(report);
  }

  /** Whether a path is this node's alone. What comes from the peer is no drift: only the master, while it is in charge, gets nothing from there. */
  owns(path: string): boolean {
    return !isRedundant(this.#node) || (isMaster(this.#node) && isActive(this.#node)) || !replicates(path);
  }
}

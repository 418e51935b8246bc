import type { Gateway } from './gateway.ts';
import { bringOver, receive, replicate, type Replication } from './replication.ts';
import { GatewaySimulator, type SimulatorOptions } from './simulator.ts';

interface PairOptions {
  readonly master: SimulatorOptions;
  readonly backup: SimulatorOptions;
  /** Milliseconds in which both call themselves active when the master takes over again; 10,000 on a real pair [facts 3.5]. */
  readonly bothActiveMs?: number;
  /** See `Replication`. */
  readonly from?: Replication['from'];
}

/**
 * A redundant pair [facts 3.5]: what the master has scanned of core, the modes and the projects goes to the backup; `external` and `local` do
 * not. What becomes of files written to a node that is not active, or to the backup, is unknown [facts 9.8]: they stay until the next
 * replication, which goes from the master, or from who is active.
 */
export class GatewayPair {
  readonly master: GatewaySimulator;
  readonly backup: GatewaySimulator;
  readonly #bothActiveMs: number;

  private constructor(master: GatewaySimulator, backup: GatewaySimulator, { bothActiveMs = 10_000, from = 'master' }: PairOptions) {
    this.master = master;
    this.backup = backup;
    this.#bothActiveMs = bothActiveMs;
    for (const [one, other] of this.#both()) {
      one.replication = { peerDataDir: other.dataDir, reloadPeer: () => receive(other), on: true, delayMs: 0, from };
      one.failover = () => this.failover();
    }
  }

  static async start(options: PairOptions): Promise<GatewayPair> {
    const master = await GatewaySimulator.start({ ...options.master, role: 'Master' });
    const pair = new GatewayPair(master, await GatewaySimulator.start({ ...options.backup, role: 'Backup' }), options);
    bringOver(master.gateway.dataDir, pair.backup.gateway.dataDir);
    receive(pair.backup.gateway);
    return pair;
  }

  /** Changes how files come over, on both nodes. */
  replication(change: Partial<Replication>): void {
    for (const [one] of this.#both()) Object.assign(one.replication as Replication, change);
  }

  /** The other node becomes active; on the way back both are for a while, then whose files go over do. */
  failover(): void {
    const [master, backup] = [this.master.gateway, this.backup.gateway];
    if (master.redundancy.activityLevel === 'Active') {
      master.redundancy.activityLevel = 'Warm';
      backup.redundancy.activityLevel = 'Active';
      return;
    }
    void replicate(backup);
    master.redundancy.activityLevel = 'Active';
    setTimeout(() => this.settle(), this.#bothActiveMs).unref();
  }

  /** The master alone is active, and what it has goes over. */
  settle(): void {
    this.master.gateway.redundancy.activityLevel = 'Active';
    this.backup.gateway.redundancy.activityLevel = 'Cold';
    void replicate(this.master.gateway);
  }

  async stop(): Promise<void> {
    await Promise.all([this.master.stop(), this.backup.stop()]);
  }

  #both(): readonly (readonly [Gateway, Gateway])[] {
    const [master, backup] = [this.master.gateway, this.backup.gateway];
    return [
      [master, backup],
      [backup, master],
    ];
  }
}

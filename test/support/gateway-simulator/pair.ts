import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GatewaySimulator, type SimulatorOptions } from './simulator.ts';

interface PairOptions {
  readonly master: SimulatorOptions;
  readonly backup: SimulatorOptions;
  /** Milliseconds in which both call themselves active when the master takes over again; 10,000 on a real pair [facts 3.5]. */
  readonly bothActiveMs?: number;
}

/**
 * A redundant pair [facts 3.5]: what the master has scanned of core, the modes and the projects goes to the backup; `external` and `local` do
 * not. What becomes of files written to a node that is not active, or to the backup, is unknown [facts 9.8]: here the master's replace them.
 */
export class GatewayPair {
  readonly master: GatewaySimulator;
  readonly backup: GatewaySimulator;
  readonly #bothActiveMs: number;

  private constructor(master: GatewaySimulator, backup: GatewaySimulator, bothActiveMs: number) {
    this.master = master;
    this.backup = backup;
    this.#bothActiveMs = bothActiveMs;
    master.onScanned(() => this.replicate());
    for (const one of [master, backup]) one.gateway.failover = () => this.failover();
  }

  static async start({ master, backup, bothActiveMs = 10_000 }: PairOptions): Promise<GatewayPair> {
    const pair = new GatewayPair(
      await GatewaySimulator.start({ ...master, role: 'Master' }),
      await GatewaySimulator.start({ ...backup, role: 'Backup' }),
      bothActiveMs,
    );
    pair.replicate();
    return pair;
  }

  /** The other node becomes active; on the way back both are for a while. */
  failover(): void {
    const [master, backup] = [this.master.gateway.redundancy, this.backup.gateway.redundancy];
    if (master.activityLevel === 'Active') {
      master.activityLevel = 'Warm';
      backup.activityLevel = 'Active';
      return;
    }
    master.activityLevel = 'Active';
    setTimeout(() => (backup.activityLevel = 'Cold'), this.#bothActiveMs).unref();
  }

  replicate(): void {
    const [from, to] = [this.master.gateway, this.backup.gateway];
    for (const folder of ['projects', 'config/resources']) {
      mkdirSync(join(to.dataDir, folder), { recursive: true });
      const kept = (name: string): boolean => name.startsWith('.') || (folder !== 'projects' && (name === 'external' || name === 'local'));
      for (const name of readdirSync(join(to.dataDir, folder)))
        if (!kept(name)) rmSync(join(to.dataDir, folder, name), { recursive: true });
      for (const name of readdirSync(join(from.dataDir, folder)))
        if (!kept(name)) cpSync(join(from.dataDir, folder, name), join(to.dataDir, folder, name), { recursive: true });
    }
    to.engine.boot();
    to.guarded.remember();
    to.redundancy.lastSyncTimestamp = from.redundancy.lastSyncTimestamp = Date.now();
  }

  async stop(): Promise<void> {
    await Promise.all([this.master.stop(), this.backup.stop()]);
  }
}

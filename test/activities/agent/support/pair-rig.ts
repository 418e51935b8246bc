import { createIgnitionClient } from '../../../../src/clients/ignition/client.ts';
import type { ApplyInput, ApplyResult, PairStep, ScanResult, StageResult } from '../../../../src/contract/gateway-activities.ts';
import type { Digest } from '../../../../src/domain/manifest.ts';
import { GatewayPair } from '../../../support/gateway-simulator/pair.ts';
import type { Replication } from '../../../support/gateway-simulator/replication.ts';
import type { Files } from './content.ts';
import { Rig, doing } from './rig.ts';

/** One node of the pair. */
export type NodeName = 'master' | 'backup';

/** Two data directories with an agent each, whose simulated gateways are a redundant pair. */
export class PairRig {
  readonly master: Rig;
  readonly backup: Rig;
  readonly pair: GatewayPair;

  private constructor(master: Rig, backup: Rig, pair: GatewayPair) {
    this.master = master;
    this.backup = backup;
    this.pair = pair;
  }

  static async open(from: Replication['from'] = 'master'): Promise<PairRig> {
    const [master, backup] = [await Rig.open(), await Rig.open()];
    const one = ({ dataDir }: Rig) => ({ dataDir, faults: { scanMs: 0 } });
    const pair = await GatewayPair.start({ master: one(master), backup: one(backup), bothActiveMs: 60_000, from });
    const rig = new PairRig(master, backup, pair);
    for (const name of ['master', 'backup'] as const) {
      const { port } = pair[name];
      await rig[name].reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port, tls: false }) });
    }
    return rig;
  }

  /** The digest of these files, which both agents can fetch. */
  add(files: Files): Digest {
    this.master.content.add(files);
    return this.backup.content.add(files);
  }

  async live(name: NodeName): Promise<Digest> {
    return (await this[name].agent.inspect()).live;
  }

  /** A step from what is live on this node. */
  async step(name: NodeName, target: Digest, redundancy: Omit<PairStep, 'peer'>, given: Partial<ApplyInput> = {}): Promise<ApplyInput> {
    const peer = name === 'master' ? 'backup' : 'master';
    return this[name].step(await this.live(name), target, { ...given, redundancy: { peer, ...redundancy } });
  }

  async stage(name: NodeName, target: Digest): Promise<StageResult> {
    return this[name].agent.stage(await this.step(name, target, {}), doing);
  }

  async apply(name: NodeName, target: Digest, redundancy: Omit<PairStep, 'peer'>): Promise<ApplyResult> {
    return this[name].agent.apply(await this.step(name, target, redundancy), doing);
  }

  /** Applies and scans. */
  async write(name: NodeName, target: Digest, redundancy: Omit<PairStep, 'peer'>): Promise<ScanResult & Pick<ApplyResult, 'wrote'>> {
    const step = await this.step(name, target, redundancy);
    const { scans, wrote } = await this[name].agent.apply(step, doing);
    return { wrote, ...(await this[name].agent.scan({ ...step, scans }, doing)) };
  }

  /** As a wave brings a pair to a commit when all is well. */
  async sync(files: Files): Promise<Digest> {
    const target = this.add(files);
    await this.write('master', target, { as: 'active' });
    await this.write('backup', target, { as: 'standby' });
    return target;
  }

  /** Files that each agent itself wrote, commit by commit. */
  written(name: NodeName): string[][] {
    return this[name].commits().map((line) => (line as unknown as { files: string[] }).files);
  }

  async close(): Promise<void> {
    await this.pair.stop();
    await Promise.all([this.master.close(), this.backup.close()]);
  }
}

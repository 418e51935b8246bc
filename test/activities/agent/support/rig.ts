import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Agent } from '../../../../src/agent/agent.ts';
import type { AgentOptions } from '../../../../src/agent/ports.ts';
import type { ApplyInput, ApplyResult, GatewayStep } from '../../../../src/contract/gateway-activities.ts';
import { NO_MANIFEST, type Digest, type Mirror } from '../../../../src/domain/manifest.ts';
import { seedDataDirectory } from '../../../support/gateway-simulator/seed.ts';
import { footprint } from '../../../support/gateway-simulator/damage.ts';
import { Content, type Files } from './content.ts';
import { doing, openAgent, stepOf } from './local-agent.ts';
import { LocalRelay } from './local-relay.ts';

/** One gateway's data directory with its agent, and the relay it talks to. */
export class Rig {
  readonly dataDir: string;
  readonly content = new Content();
  readonly relay = new LocalRelay(this.content);
  agent: Agent;
  #ops = 0;
  #options: Partial<AgentOptions>;

  private constructor(dataDir: string, agent: Agent, options: Partial<AgentOptions>, relay: LocalRelay) {
    this.dataDir = dataDir;
    this.agent = agent;
    this.#options = options;
    this.relay = relay;
    this.content = relay.content;
  }

  static async open(options: Partial<AgentOptions> = {}): Promise<Rig> {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'agent-')), 'data');
    await seedDataDirectory(dataDir);
    const relay = new LocalRelay(new Content());
    return new Rig(dataDir, await openAgent(dataDir, relay, options), options, relay);
  }

  /** As after the process was ended and started again. */
  async reopen(options: Partial<AgentOptions> = {}): Promise<void> {
    await this.agent.close();
    this.#options = { ...this.#options, ...options };
    this.agent = await openAgent(this.dataDir, this.relay, this.#options);
  }

  async close(): Promise<void> {
    await this.agent.close();
    await rm(dirname(this.dataDir), { recursive: true, force: true });
  }

  step<Given extends object = object>(expectLive: Digest, target: Digest, given?: Given): GatewayStep & Given {
    this.#ops += 1;
    return stepOf(expectLive, target, `op-${this.#ops}`, given);
  }

  /** Stages and applies these files over whatever is live. */
  async sync(files: Files, { mirror, ...given }: Partial<ApplyInput> & { mirror?: Mirror } = {}): Promise<ApplyResult> {
    const { live } = await this.agent.inspect();
    const step = this.step(live, this.content.add(files, mirror), given);
    await this.agent.stage(step, doing);
    return this.agent.apply(step, doing);
  }

  async write(path: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(join(this.dataDir, path)), { recursive: true });
    await writeFile(join(this.dataDir, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.dataDir, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.dataDir, path));
  }

  /** The whole data directory but our own folder, as comparable lines. */
  async everything(): Promise<string[]> {
    return [...(await footprint(this.dataDir))].map(([path, is]) => `${path} ${is}`).sort();
  }

  commits(): { op: string; kind: string; from: string; to: string }[] {
    const file = join(this.dataDir, '.ignition-sync', 'commits.log');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as { op: string; kind: string; from: string; to: string });
  }
}

export { NO_MANIFEST, doing, openAgent, stepOf };

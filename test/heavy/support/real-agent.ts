import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  createWriteStream,
  chmodSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compileSources } from '../../../image/sources.ts';
import { NO_CHANGES, NO_SCANS, type State } from '../../../src/agent/state.ts';
import { SMALL_PROCESS } from '../../../src/config/small-process.ts';
import { NO_MANIFEST } from '../../../src/domain/manifest.ts';
import { gatewayUser, handOver } from '../../../temporal-dev/install/gateway-user.ts';
import { freePort } from '../../../temporal-dev/stack/ports.ts';
import { seedDataDirectory } from '../../support/gateway-simulator/seed.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const SIMULATOR = join(PROJECT, 'test/support/gateway-simulator/main.ts');

const SYNCED_BEFORE: State = {
  version: 1,
  live: NO_MANIFEST,
  op: '',
  at: '',
  seq: 0,
  changes: NO_CHANGES,
  owed: NO_SCANS,
  done: [],
};

/** The program as it is in the image: compiled. */
export class CompiledProgram implements Disposable {
  readonly main: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'program-'));

  private constructor() {
    this.main = join(this.#folder, 'src/main.js');
  }

  static async make(): Promise<CompiledProgram> {
    const program = new CompiledProgram();
    chmodSync(program.#folder, 0o755);
    await compileSources(join(PROJECT, 'src'), join(program.#folder, 'src'));
    copyFileSync(join(PROJECT, 'package.json'), join(program.#folder, 'package.json'));
    symlinkSync(join(PROJECT, 'node_modules'), join(program.#folder, 'node_modules'));
    return program;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** A simulated gateway with the agent beside it, both as processes, the agent in the environment that the sidecar gives it. */
export class RealAgent implements AsyncDisposable {
  readonly gatewayPort: number;
  readonly #folder: string;
  readonly #healthPort: number;
  readonly #agent: ChildProcess;
  readonly #gateway: ChildProcess | undefined;

  private constructor(
    folder: string,
    ports: { readonly gateway: number; readonly health: number },
    gateway: ChildProcess | undefined,
    agent: ChildProcess,
  ) {
    this.#folder = folder;
    this.gatewayPort = ports.gateway;
    this.#healthPort = ports.health;
    this.#gateway = gateway;
    this.#agent = agent;
  }

  /** @param below where there is room for the data directory @param hasGateway whether there is one: without it nothing is scanned */
  static async start(program: CompiledProgram, relayUrl: string, temporal: string, below: string, hasGateway: boolean): Promise<RealAgent> {
    const folder = mkdtempSync(join(below, 'real-agent-'));
    chmodSync(folder, 0o755);
    const dataDir = join(folder, 'data');
    await seedDataDirectory(dataDir);
    // Of a gateway that was synced before: without one that runs, an agent waits for the first boot of one that was not.
    mkdirSync(join(dataDir, '.ignition-sync'), { recursive: true });
    writeFileSync(join(dataDir, '.ignition-sync/state.json'), JSON.stringify(SYNCED_BEFORE));
    writeFileSync(join(folder, 'token'), 'token');
    writeFileSync(join(folder, 'api-key'), 'agent:secret');
    const [gatewayPort, healthPort] = [await freePort(), await freePort()];
    const user = gatewayUser(process.execPath, program.main, SIMULATOR, below);
    if (user) handOver(folder, user);
    const log = createWriteStream(join(folder, 'log'));
    const start = (args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess => {
      const child = spawn(process.execPath, args, { cwd: '/', env, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      return child;
    };
    const simulator = [SIMULATOR, '--data', dataDir, '--port', `${gatewayPort}`, '--token-file', join(folder, 'api-key')];
    const gateway = hasGateway ? start(simulator, {}) : undefined;
    const agent = start([program.main, 'agent'], {
      ...SMALL_PROCESS,
      TEMPORAL_ADDRESS: temporal,
      RELAY_URL: relayUrl,
      TOKEN_FILE: join(folder, 'token'),
      DATA_DIR: dataDir,
      API_KEY_FILE: join(folder, 'api-key'),
      IGNITION_URL: `http://127.0.0.1:${gatewayPort}`,
      HEALTH_PORT: `${healthPort}`,
    });
    return new RealAgent(folder, { gateway: gatewayPort, health: healthPort }, gateway, agent);
  }

  /** Whether it waits for work. */
  async isReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#healthPort}/healthz`).catch(() => undefined);
    return answer?.ok === true;
  }

  /** Kilobytes of the agent's memory: what is in use now, and what was at most since it started. */
  memory(): { now: number; most: number } {
    const status = readFileSync(`/proc/${this.#agent.pid}/status`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? NaN);
    return { now: of('VmRSS'), most: of('VmHWM') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#agent, this.#gateway]) {
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

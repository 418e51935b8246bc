import { mkdtempSync, existsSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskVolume } from '../../../../src/agent/disk-volume.ts';
import { Layout } from '../../../../src/agent/layout.ts';
import { SYSTEM_CLOCK } from '../../../../src/agent/opening.ts';
import { begin, type Begun } from '../../../../src/agent/startup/begin.ts';
import { StartupGate } from '../../../../src/agent/startup/gate.ts';
import { createIgnitionClient, type IgnitionClient } from '../../../../src/clients/ignition/client.ts';
import type { ApplyInput, GatewayConnection, ScanResult } from '../../../../src/contract/gateway-activities.ts';
import type { Startup } from '../../../../src/contract/relay.ts';
import { toFault, type Fault } from '../../../../src/domain/errors.ts';
import type { Digest } from '../../../../src/domain/manifest.ts';
import { Content, type Files } from './content.ts';
import { doing, stepOf } from './local-agent.ts';
import { LocalRelay } from './local-relay.ts';

/** What the relay says to a starting gateway. */
export const EXPECTS = {
  sync: { expects: 'sync', message: 'a sync is on its way' },
  nothing: { expects: 'nothing', message: 'what is wanted is live' },
  paused: { expects: 'held', message: 'IgnitionSync plant is paused' },
} as const satisfies Record<string, Pick<Startup, 'expects' | 'message'>>;

/** The relay of a gateway that starts: says what it is told to, or cannot be reached. */
export class StartingRelay extends LocalRelay {
  says: Pick<Startup, 'expects' | 'message'> | 'nobody answers' = EXPECTS.sync;
  port = 1;
  graceSeconds = 60;

  override async hello(request: Parameters<LocalRelay['hello']>[0]): ReturnType<LocalRelay['hello']> {
    const answer = await super.hello(request);
    if (this.says === 'nobody answers') throw new Error('ECONNREFUSED');
    const { graceSeconds, port } = this;
    return { ...answer, startup: { ...this.says, graceSeconds, connection: { port, tls: false } } };
  }
}

/** One pod's data directory, and the agent process that starts beside it, made of what `main` makes it of. */
export class StartingPod {
  readonly dataDir = join(mkdtempSync(join(tmpdir(), 'starting-')), 'data');
  readonly relay = new StartingRelay(new Content());
  readonly decisions: string[] = [];
  readonly mended: (readonly string[])[] = [];
  /** The pod's life; another value is a pod made anew on the same volume. */
  sandbox = 'pod-1';
  tokenFile: string | undefined;
  graceSeconds = 60;
  onStep: ((step: string) => void) | undefined;
  #ops = 0;
  #process: AgentProcess | undefined;

  constructor() {
    mkdirSync(this.dataDir, { recursive: true });
  }

  get agent(): AgentProcess {
    if (!this.#process) throw new Error('the agent has not been started');
    return this.#process;
  }

  /** Starts the agent's process; resolves at once. */
  start(): AgentProcess {
    this.#process = new AgentProcess(this);
    return this.#process;
  }

  step(expectLive: Digest, files: Files): ApplyInput {
    this.#ops += 1;
    const { port } = this.relay;
    return stepOf(expectLive, this.relay.content.add(files), `op-${this.#ops}`, { connection: { port, tls: false } });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.dataDir, path)), { recursive: true });
    writeFileSync(join(this.dataDir, path), text);
  }

  read(path: string): string | undefined {
    const file = join(this.dataDir, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  async end(): Promise<void> {
    await this.#process?.end();
    await rm(dirname(this.dataDir), { recursive: true, force: true });
  }
}

export class AgentProcess {
  readonly gate: StartupGate;
  readonly layout: Layout;
  readonly #pod: StartingPod;
  readonly #volume: DiskVolume;
  readonly #stop = new AbortController();
  readonly #ready: Promise<Begun>;
  readonly troubles: (Fault | undefined)[] = [];

  constructor(pod: StartingPod) {
    this.#pod = pod;
    this.#volume = new DiskVolume(pod.dataDir);
    this.layout = new Layout(this.#volume);
    const onDecision = (open: boolean, why: string): void => void pod.decisions.push(`${open ? 'open' : 'closed'}: ${why}`);
    const { sandbox, graceSeconds } = pod;
    this.gate = new StartupGate({ volume: this.#volume, sandbox, graceSeconds, clock: SYSTEM_CLOCK, onDecision });
    this.#ready = this.#begin();
    this.#ready.catch(() => undefined);
  }

  #begin(): Promise<Begun> {
    const { dataDir, relay, mended } = this.#pod;
    const { layout, gate } = this;
    const ignition = ({ port, tls }: GatewayConnection): IgnitionClient =>
      createIgnitionClient({ host: '127.0.0.1', port, tls, tokenFile: this.#pod.tokenFile });
    const space = () => Promise.resolve({ free: 1e12, total: 1e12 });
    return begin(
      {
        options: { dataDir, version: 'test', relay, ignition, space, onStep: (step) => this.#pod.onStep?.(step) },
        layout,
        gate,
        keptRunning: true,
        onTrouble: (trouble) => void this.troubles.push(trouble),
        onMended: (_, paths) => void mended.push(paths),
        onNotReady: () => undefined,
        pace: { soon: 20, later: 100, seldom: 100 },
      },
      this.#stop.signal,
    );
  }

  async ready() {
    return this.#ready;
  }

  /** Resolves when the gate lets the gateway start. */
  async opened(): Promise<string> {
    await until(() => this.gate.closed === undefined);
    return this.#pod.decisions.at(-1) ?? '';
  }

  /** Stages and applies, as a wave does. */
  async sync(expectLive: Digest, files: Files): Promise<ApplyInput> {
    const { steps } = await this.#ready;
    const step = this.#pod.step(expectLive, files);
    await steps.stage(step, doing);
    await steps.apply(step, doing);
    return step;
  }

  async scan(step: ApplyInput): Promise<ScanResult> {
    const { steps } = await this.#ready;
    return steps.scan({ ...step, scans: { config: true, projects: true, newProject: true } }, doing);
  }

  /** As the end of the container. */
  async end(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    const ready = await this.#ready.catch(() => undefined);
    await ready?.watching.catch(() => undefined);
    ready?.watch.greeted().catch(() => undefined);
    await ready?.agent.close();
    this.#volume[Symbol.dispose]();
  }
}

/** What a step ends in. */
export async function outcomeOf(step: Promise<unknown>): Promise<string> {
  return step.then(
    (result) => (typeof result === 'object' && result !== null && 'outcome' in result ? String(result.outcome) : 'done'),
    (error: unknown) => toFault(error).reason,
  );
}

export async function until(wanted: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await wanted())) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await sleep(10);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { KubernetesAddress } from '../stack/parts.ts';
import { freePort } from '../stack/ports.ts';
import type { ProcessSpec, Supervisor } from '../stack/supervisor.ts';
import { KeptRunning, type ProcessNews } from './kept-running.ts';
import type { PodFiles, User } from './pod-files.ts';
import { mintPodToken } from './pod-token.ts';

/** The two processes of a gateway pod. */
export type Role = 'gateway' | 'agent';
export const ROLES: readonly Role[] = ['gateway', 'agent'];

/** What a command for a pod is made from. */
export interface PodContext {
  readonly pod: V1Pod;
  readonly files: PodFiles;
  /** How often everything of the pod was started: 1 at first, one more for each boot of its machine. */
  readonly boots: number;
  /** Ports of this pod on the loopback address: of the gateway's HTTP API and of the agent's health and metrics. */
  readonly ports: { readonly gateway: number; readonly health: number };
}

/** What happens at the start of a pod before its gateway does. */
export interface PodStart {
  /** An init container that runs before the agent, such as one that seeds the volume. */
  readonly init?: ((context: PodContext) => Promise<void>) | undefined;
  /** URL of the agent's startup probe, as of a native sidecar: the gateway starts when it answers 200. Without one both start at once. */
  readonly startupProbe?: ((context: PodContext) => string) | undefined;
}

/** Makes the command of one process of a pod. */
export type CommandFor = (context: PodContext) => Pick<ProcessSpec, 'command' | 'args' | 'env' | 'cwd'>;

/** What is the same for all pods. */
export interface RunnerSettings {
  readonly supervisor: Supervisor;
  readonly kubernetes: KubernetesAddress;
  readonly commands: Readonly<Record<Role, CommandFor>>;
  readonly podStart: PodStart;
  readonly user: User | undefined;
  readonly renewTokenEveryMs: number;
  readonly tell: (role: Role, news: ProcessNews) => void;
}

/** A kubelet asks once a second at most; here nobody waits for that. */
const PROBE_EVERY_MS = 50;
const PROBE_MS = 2_000;
const TOKEN_LIFETIME_S = 3_600;
const RENEW_AGAIN_MS = 1_000;

/** One pod that runs: its token is kept fresh, its processes are kept alive. A pod made anew under the same name gets a new runner. */
export class PodRunner {
  readonly uid: string;
  readonly files: PodFiles;
  readonly #settings: RunnerSettings;
  readonly #pod: V1Pod;
  readonly #processes = new Map<Role, KeptRunning>();
  #boots = 0;
  #renewal: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(settings: RunnerSettings, pod: V1Pod, files: PodFiles) {
    this.#settings = settings;
    this.#pod = pod;
    this.files = files;
    this.uid = pod.metadata?.uid ?? '';
  }

  async start(): Promise<void> {
    await this.#renewToken();
    const { init, startupProbe } = this.#settings.podStart;
    const ports = { gateway: await freePort(), health: await freePort() };
    const context: PodContext = { pod: this.#pod, files: this.files, boots: (this.#boots += 1), ports };
    this.files.replace(this.files.ports, JSON.stringify(context.ports));
    await init?.(context);
    this.#run('agent', context);
    if (startupProbe) void this.#runWhenStarted(startupProbe(context), context);
    else this.#run('gateway', context);
  }

  #run(role: Role, context: PodContext): void {
    const { supervisor, commands, user, tell } = this.#settings;
    const name = `${role} of ${this.#pod.metadata?.namespace ?? ''}/${this.#pod.metadata?.name ?? ''}`;
    const spec: ProcessSpec = { name, logFile: this.files.log(role), ...(user && { user }), ...commands[role](context) };
    this.#processes.set(role, new KeptRunning(supervisor, spec, (news) => tell(role, news)));
  }

  async #runWhenStarted(probe: string, context: PodContext): Promise<void> {
    while (!this.#isOver()) {
      const answer = await fetch(probe, { signal: AbortSignal.timeout(PROBE_MS) }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (this.#isOver()) return;
      if (answer?.ok === true) {
        this.#run('gateway', context);
        return;
      }
      await sleep(PROBE_EVERY_MS);
    }
  }

  #isOver(): boolean {
    return this.#stopped || this.#settings.supervisor.closed;
  }

  process(role: Role): KeptRunning | undefined {
    return this.#processes.get(role);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#renewal);
    await Promise.all([...this.#processes.values()].map((each) => each.stop()));
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#processes.clear();
    this.#stopped = false;
    await this.start();
  }

  async #renewToken(): Promise<void> {
    let again = this.#settings.renewTokenEveryMs;
    try {
      this.files.replace(this.files.token, await mintPodToken(this.#settings.kubernetes, this.#pod, TOKEN_LIFETIME_S));
    } catch {
      // The apiserver may be away; until it is back the old token serves.
      again = RENEW_AGAIN_MS;
    }
    if (!this.#stopped) this.#renewal = setTimeout(() => void this.#renewToken(), again);
  }
}

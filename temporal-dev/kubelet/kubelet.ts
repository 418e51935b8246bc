import { EventEmitter } from 'node:events';
import { KubeConfig, type V1Pod, type V1Secret } from '@kubernetes/client-node';
import { ANNOTATION_PREFIX } from '../../src/contract/names.ts';
import { StackError } from '../failure.ts';
import { DEV_NODE } from '../stack/cluster.ts';
import type { Stack } from '../stack/stack.ts';
import type { KeptRunning, ProcessNews } from './kept-running.ts';
import { PodFiles, type User } from './pod-files.ts';
import { PodRunner, ROLES, type CommandFor, type PodStart, type Role, type RunnerSettings } from './pod-runner.ts';
import { watchPods, watchSecrets, type Watching } from './watching.ts';

/** A key of a Secret in a pod's namespace. */
interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

export interface KubeletOptions extends PodStart {
  readonly stack: Stack;
  /** Every pod gets the folder `<dir>/<namespace>/<name>`. */
  readonly dir: string;
  readonly gateway: CommandFor;
  readonly agent: CommandFor;
  /** The Secret key that a pod gets as the file `api-key`, kept current. */
  readonly apiKey?: (pod: V1Pod) => SecretKey | undefined;
  /** Runs the processes as this user, who then owns the pod's folder. Only root can do that. */
  readonly user?: User;
  readonly renewTokenEveryMs?: number;
}

/** What the kubelet tells: a process of a pod was started, or has ended. */
export type PodNews = ProcessNews & { readonly pod: string; readonly role: Role };

const RENEW_TOKEN_MS = 45 * 60_000;

/**
 * Runs, for each injected pod on the node of a stack, an agent and a gateway as local processes, the gateway when the agent's startup probe
 * says so. Pods are named `<namespace>/<name>`.
 * Emits `news`, `gone` with the pod's name when the processes of a deleted pod have ended, and `error` for what it cannot do.
 */
export class Kubelet extends EventEmitter<{ news: [PodNews]; gone: [string]; error: [unknown] }> {
  readonly #options: KubeletOptions;
  readonly #config = new KubeConfig();
  readonly #runners = new Map<string, PodRunner>();
  readonly #queues = new Map<string, Promise<void>>();
  #pods: Watching<V1Pod> | undefined;
  #secrets: Watching<V1Secret> | undefined;
  #stopped = false;

  private constructor(options: KubeletOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = options;
    this.#config.loadFromString(options.stack.kubeconfig);
  }

  /** Starts with the pods that are there already. */
  static async start(options: KubeletOptions): Promise<Kubelet> {
    const kubelet = new Kubelet(options);
    if (options.apiKey) kubelet.#secrets = await watchSecrets(kubelet.#config, (secret) => kubelet.#secretChanged(secret));
    kubelet.#pods = await watchPods(kubelet.#config, DEV_NODE, (pod) => kubelet.#look(keyOf(pod)));
    for (const pod of kubelet.#pods.list()) kubelet.#look(keyOf(pod));
    return kubelet;
  }

  /** The process ids of a pod; those that are down are left out. */
  processes(pod: string): Partial<Record<Role, number>> {
    const pids = ROLES.map((role) => [role, this.#runners.get(pod)?.process(role)?.pid] as const);
    return Object.fromEntries(pids.filter(([, pid]) => pid !== undefined));
  }

  /** The folder of a pod that runs. */
  files(pod: string): PodFiles {
    return this.#runner(pod).files;
  }

  /** Sends a signal to one process of a pod; it is started again if it ends. */
  kill(pod: string, role: Role, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process(pod, role).kill(signal);
  }

  /** Kills one process of a pod and leaves it dead until `release`. */
  hold(pod: string, role: Role): Promise<void> {
    return this.#process(pod, role).hold();
  }

  /** Starts a process again that was held. */
  release(pod: string, role: Role): void {
    this.#process(pod, role).release();
  }

  /** Starts everything of a pod anew, as a machine that boots again does: no apiserver is asked. */
  async restart(pod: string): Promise<void> {
    await this.#runner(pod).restart();
  }

  /** Waits until both processes of a pod run. */
  async running(pod: string): Promise<void> {
    while (ROLES.some((role) => this.processes(pod)[role] === undefined)) {
      await new Promise<void>((resolve) => this.once('news', () => resolve()));
    }
  }

  /** Ends all processes; the folders stay. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#pods?.stop(), this.#secrets?.stop()]);
    await Promise.all(this.#queues.values());
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  /** Pods are looked at one change after the other: the processes of a pod's predecessor have ended before its own begin. */
  #look(key: string): void {
    const before = this.#queues.get(key) ?? Promise.resolve();
    this.#queues.set(
      key,
      before.then(() => this.#bringInLine(key)).catch((error: unknown) => void this.emit('error', error)),
    );
  }

  async #bringInLine(key: string): Promise<void> {
    if (this.#stopped || this.#options.stack.supervisor.closed) return;
    const [namespace = '', name = ''] = key.split('/');
    const found = this.#pods?.get(namespace, name);
    const pod = found && shouldRun(found) ? found : undefined;
    const runner = this.#runners.get(key);
    if (runner && runner.uid !== pod?.metadata?.uid) {
      await runner.stop();
      this.#runners.delete(key);
      this.emit('gone', key);
    }
    if (!pod || this.#runners.has(key)) return;
    const files = new PodFiles(this.#options.dir, namespace, name, this.#options.user);
    files.make();
    const next = new PodRunner(this.#settings(key), pod, files);
    this.#runners.set(key, next);
    this.#writeApiKey(pod, files);
    await next.start();
  }

  #settings(key: string): RunnerSettings {
    const { stack, gateway, agent, init, startupProbe, user, renewTokenEveryMs = RENEW_TOKEN_MS } = this.#options;
    const tell = (role: Role, news: ProcessNews): void => void this.emit('news', { ...news, pod: key, role });
    return {
      supervisor: stack.supervisor,
      kubernetes: stack.kubernetes,
      commands: { gateway, agent },
      podStart: { init, startupProbe },
      user,
      renewTokenEveryMs,
      tell,
    };
  }

  #secretChanged(secret: V1Secret): void {
    for (const [key, runner] of this.#runners) {
      const [namespace = '', name = ''] = key.split('/');
      const pod = this.#pods?.get(namespace, name);
      if (pod && namespace === secret.metadata?.namespace && this.#options.apiKey?.(pod)?.secret === secret.metadata.name) {
        this.#writeApiKey(pod, runner.files);
      }
    }
  }

  #writeApiKey(pod: V1Pod, files: PodFiles): void {
    const wanted = this.#options.apiKey?.(pod);
    if (!wanted) return;
    const value = this.#secrets?.get(pod.metadata?.namespace ?? '', wanted.secret)?.data?.[wanted.key];
    files.replace(files.apiKey, value === undefined ? undefined : Buffer.from(value, 'base64'));
  }

  #process(pod: string, role: Role): KeptRunning {
    const found = this.#runner(pod).process(role);
    if (!found) throw new StackError(`The ${role} of ${pod} has not been started yet.`);
    return found;
  }

  #runner(pod: string): PodRunner {
    const runner = this.#runners.get(pod);
    if (!runner) throw new StackError(`No pod ${pod} runs here: it must exist and carry ${ANNOTATION_PREFIX}/inject: "true".`);
    return runner;
  }
}

function keyOf(pod: V1Pod): string {
  return `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`;
}

function shouldRun({ metadata, status }: V1Pod): boolean {
  const injected = metadata?.annotations?.[`${ANNOTATION_PREFIX}/inject`] === 'true';
  return injected && metadata.deletionTimestamp === undefined && status?.phase === 'Running';
}

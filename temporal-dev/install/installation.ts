import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { SMALL_PROCESS } from '../../src/config/small-process.ts';
import { KeptRunning, type ProcessNews } from '../kubelet/kept-running.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { freePort } from '../stack/ports.ts';
import { compileCacheOf, gatewayUser, handOver, letThrough } from './gateway-user.ts';
import type { Stack } from '../stack/stack.ts';
import { seedAsChart } from '../../test/support/gateway-simulator/seed.ts';

/** The processes of the control plane. */
export const CONTROL_PROCESSES = ['operator', 'worker', 'source', 'relay'] as const;
export type ControlProcess = (typeof CONTROL_PROCESSES)[number];

export interface InstallationOptions {
  readonly stack: Stack;
  /** Holds the content store, the mirrors, the logs and a folder per pod. */
  readonly dir: string;
  /** Milliseconds that a simulated gateway takes for a scan. */
  readonly scanMs?: number;
  /** Command and first arguments that start the product; the name of the process follows. Default: these sources on this Node. */
  readonly program?: readonly [string, ...string[]];
  readonly onNews?: (process: ControlProcess, news: ProcessNews) => void;
}

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const SIMULATOR = join(ROOT, 'test/support/gateway-simulator/main.ts');
const CRDS = join(ROOT, 'charts/ignition-sync/crds');
/**
 * Annotation of pods whose simulated gateway plays its first boot: the volume is seeded as by the init container of the official chart, and
 * the gateway waits for its setup: `waits`, or so many milliseconds.
 */
const FIRST_BOOT = 'simulator.example/first-boot';
/** Annotation of pods that stands for `STARTUP_GRACE_SECONDS` in the values of a real one. */
const GRACE = 'simulator.example/startup-grace-seconds';
/** The Secret that example objects name. */
const API_KEY = { secret: 'ignition-api-key', key: 'apiKey' };

/** The whole product on a stack: control processes that are started again when they end, and a gateway with its agent per injected pod. */
export class Installation {
  readonly stack: Stack;
  readonly kubelet: Kubelet;
  readonly relayUrl: string;
  readonly receiverUrl: string;
  /** Base URL of each simulated gateway, by `<namespace>/<pod>`. */
  readonly gateways: ReadonlyMap<string, string>;
  /** Holds a folder per pod, `<namespace>/<pod>`. */
  readonly pods: string;
  readonly #control: ReadonlyMap<ControlProcess, KeptRunning>;

  private constructor(
    stack: Stack,
    kubelet: Kubelet,
    urls: { relay: string; receiver: string; gateways: ReadonlyMap<string, string> },
    pods: string,
    control: ReadonlyMap<ControlProcess, KeptRunning>,
  ) {
    this.stack = stack;
    this.kubelet = kubelet;
    this.gateways = urls.gateways;
    this.pods = pods;
    this.relayUrl = urls.relay;
    this.receiverUrl = urls.receiver;
    this.#control = control;
  }

  static async start(options: InstallationOptions): Promise<Installation> {
    const { stack, dir, scanMs = 20, onNews = () => undefined } = options;
    const [command, ...first] = options.program ?? [process.execPath, MAIN];
    mkdirSync(join(dir, 'logs'), { recursive: true });
    const { dataDir } = stack.description;
    const outermost = dir.startsWith(`${dataDir}/`) ? dataDir : dir;
    const programs = (options.program ?? [MAIN]).filter((part) => isAbsolute(part) && existsSync(part));
    const user = gatewayUser(process.execPath, SIMULATOR, ...programs, dirname(outermost));
    if (user) {
      mkdirSync(join(dir, 'pods'), { recursive: true });
      // An earlier start may have run as somebody else.
      handOver(join(dir, 'pods'), user);
      for (const folder of new Set([outermost, dir])) letThrough(folder, user);
    }
    const [relayPort, receiverPort] = [await freePort(), await freePort()];
    const crds = stack.kubectl(['apply', '-f', CRDS]);
    const ownCache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ignition-sync/compile');
    const podCache = user ? compileCacheOf(user) : ownCache;
    const podEnv = { ...stack.description.env, ...(podCache !== undefined && { NODE_COMPILE_CACHE: podCache }) };
    const env = {
      ...stack.description.env,
      NODE_COMPILE_CACHE: ownCache,
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      TEMPORAL_ADDRESS: stack.temporal.address,
      IGNITION_SYNC_KUBECONFIG: stack.kubernetes.kubeconfigFile,
      CONTENT_STORE_DIR: join(dir, 'store'),
      MIRROR_DIR: join(dir, 'mirrors'),
      ALLOW_FILE_REPOSITORIES: 'true',
      RELAY_HOST: '127.0.0.1',
      RELAY_PORT: `${relayPort}`,
      TICKET_KEY_FILE: ticketKey(join(dir, 'ticket-key.pem')),
      RECEIVER_HOST: '127.0.0.1',
      RECEIVER_PORT: `${receiverPort}`,
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
    };
    const start = (name: ControlProcess): KeptRunning =>
      new KeptRunning(
        stack.supervisor,
        { name, command, args: [...first, name], env, cwd: dir, logFile: join(dir, 'logs', `${name}.log`) },
        (news) => onNews(name, news),
      );
    const control = new Map<ControlProcess, KeptRunning>([
      ['worker', start('worker')],
      ['source', start('source')],
    ]);
    await crds;
    control.set('operator', start('operator')).set('relay', start('relay'));
    const relay = `http://127.0.0.1:${relayPort}`;
    const gateways = new Map<string, string>();
    const pods = join(dir, 'pods');
    const kubelet = await Kubelet.start({
      stack,
      dir: pods,
      apiKey: () => API_KEY,
      ...(user && { user }),
      init: async ({ pod, files }) => {
        if (pod.metadata?.annotations?.[FIRST_BOOT] === undefined) return;
        await seedAsChart(files.data);
        if (user) handOver(files.data, user);
      },
      gateway: ({ pod, files, ports }) => {
        const firstBoot = pod.metadata?.annotations?.[FIRST_BOOT];
        gateways.set(`${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`, `http://127.0.0.1:${ports.gateway}`);
        return {
          command: process.execPath,
          args: [
            SIMULATOR,
            '--data',
            files.data,
            '--port',
            `${ports.gateway}`,
            '--name',
            pod.metadata?.name ?? '',
            '--token-file',
            files.apiKey,
            '--scan-ms',
            `${scanMs}`,
            ...(firstBoot === undefined ? [] : ['--first-boot', firstBoot]),
          ],
          env: podEnv,
          cwd: files.dir,
        };
      },
      startupProbe: ({ ports }) => `http://127.0.0.1:${ports.health}/startupz`,
      agent: ({ pod, files, ports, boots }) => ({
        command,
        args: [...first, 'agent'],
        env: {
          ...podEnv,
          ...SMALL_PROCESS,
          LOG_LEVEL: env.LOG_LEVEL,
          TEMPORAL_ADDRESS: stack.temporal.address,
          RELAY_URL: relay,
          TOKEN_FILE: files.token,
          DATA_DIR: files.data,
          API_KEY_FILE: files.apiKey,
          IGNITION_URL: `http://127.0.0.1:${ports.gateway}`,
          HEALTH_PORT: `${ports.health}`,
          // All pods of this machine share its network and its boot, by which an agent tells the lives of one pod apart.
          POD_UID: `${pod.metadata?.uid ?? ''}/${boots}`,
          ...(pod.metadata?.annotations?.[GRACE] !== undefined && { STARTUP_GRACE_SECONDS: pod.metadata.annotations[GRACE] }),
        },
        cwd: files.dir,
      }),
    });
    // Such as a token that could not be minted while the apiserver is away: the kubelet tries again by itself.
    kubelet.on('error', (error) => void process.stderr.write(`kubelet: ${error instanceof Error ? error.message : String(error)}\n`));
    return new Installation(stack, kubelet, { relay, receiver: `http://127.0.0.1:${receiverPort}`, gateways }, pods, control);
  }

  pid(name: ControlProcess): number | undefined {
    return this.#process(name).pid;
  }

  /** Kills a control process with SIGKILL; it is started again. */
  kill(name: ControlProcess): void {
    this.#process(name).kill('SIGKILL');
  }

  /** Kills a control process and leaves it dead until `release`. */
  hold(name: ControlProcess): Promise<void> {
    return this.#process(name).hold();
  }

  release(name: ControlProcess): void {
    this.#process(name).release();
  }

  async stop(): Promise<void> {
    await this.kubelet.stop();
    await Promise.all([...this.#control.values()].map((process_) => process_.stop()));
  }

  #process(name: ControlProcess): KeptRunning {
    const found = this.#control.get(name);
    if (!found) throw new Error(`no process ${name}`);
    return found;
  }
}

/** The relay's signing key outlives its process, as the Secret of an install does: agents trust the one they were told at hello. */
function ticketKey(file: string): string {
  if (!existsSync(file)) {
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return file;
}

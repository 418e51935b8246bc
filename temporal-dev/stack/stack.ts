import { chmodSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { provideBinaries } from '../binaries/binaries.ts';
import type { BinaryName } from '../binaries/servers.ts';
import { StackError } from '../failure.ts';
import type { GitServer } from '../git-server/git-server.ts';
import { tryLock } from '../lock.mjs';
import { StackClient, type StackDescription } from './client.ts';
import { cleanEnvironment } from './environment.ts';
import type { PartContext } from './part.ts';
import { startGit, startKubernetes, startTemporal } from './parts.ts';
import { PortBook, type Ports } from './port-book.ts';
import type { Server } from './server.ts';
import { Supervisor } from './supervisor.ts';

type Part = 'temporal' | 'kubernetes' | 'git';

export type ServerName = 'temporal' | 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kwok' | 'sshd';

/** How a stack is started. */
export interface StackOptions {
  /** Default: all of them. */
  readonly parts?: readonly Part[];
  /** Where everything lives, kept for the next start. Default: a temporary folder that goes with the stack. */
  readonly dataDir?: string;
  /** Ports that must be these; the others are free ones. */
  readonly ports?: Ports;
  /** Told what takes long, one line each. */
  readonly say?: (line: string) => void;
}

const BINARIES: Record<Part, readonly BinaryName[]> = {
  temporal: ['temporal'],
  kubernetes: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kwok', 'kubectl'],
  git: [],
};

/** A running stack, held by the process that started it: when that process ends, for whatever reason, so does everything here. */
export class Stack extends StackClient {
  /** Starts further processes that must not outlive the stack. */
  readonly supervisor: Supervisor;
  readonly #servers: ReadonlyMap<string, Server>;
  readonly #end: () => Promise<void>;

  constructor(description: StackDescription, supervisor: Supervisor, servers: ReadonlyMap<string, Server>, end: () => Promise<void>) {
    super(description);
    this.supervisor = supervisor;
    this.#servers = servers;
    this.#end = end;
  }

  /** Starts a server that was stopped or killed, on its old port and data, and waits until it is ready. */
  start(name: ServerName): Promise<void> {
    return this.#server(name).start();
  }

  /** Asks one server to end and waits until it has. */
  stopServer(name: ServerName): Promise<void> {
    return this.#server(name).stop();
  }

  /** Sends a signal to one server; after SIGKILL it waits until the process is gone. */
  kill(name: ServerName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#server(name).kill(signal);
  }

  /** Stops one server and starts it again. */
  async restart(name: ServerName): Promise<void> {
    await this.stopServer(name);
    await this.start(name);
  }

  /** The process id of one server; undefined while it does not run. */
  pid(name: ServerName): number | undefined {
    return this.#server(name).pid;
  }

  /** Ends everything that was started and removes a temporary data folder. */
  stop(): Promise<void> {
    return this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #server(name: ServerName): Server {
    const server = this.#servers.get(name);
    if (!server) throw new StackError(`This stack runs no ${name}.`);
    return server;
  }
}

/**
 * Starts real servers as plain processes and waits until they do their work.
 * @throws StackError which says what to do: a server that did not come up, a port that is taken, what a first build lacks.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { parts = ['temporal', 'kubernetes', 'git'], say = () => undefined } = options;
  const binaries = await provideBinaries(
    parts.flatMap((part) => BINARIES[part]),
    process.env,
    say,
  );
  const supervisor = new Supervisor();
  const dataDir = claimDataDir(options.dataDir, supervisor);
  const env = cleanEnvironment(dataDir);
  const ports = new PortBook(join(dataDir, 'ports.json'), options.ports ?? {});
  const context: PartContext = { dataDir, env, binaries, ports, supervisor, servers: new Map() };
  let gitServer: GitServer | undefined;
  const end = async (): Promise<void> => {
    await gitServer?.close();
    await supervisor.close({ hurry: options.dataDir === undefined });
  };
  try {
    const wants = (part: Part): boolean => parts.includes(part);
    const [temporal, kubernetes, git] = await Promise.allSettled([
      wants('temporal') ? startTemporal(context) : undefined,
      wants('kubernetes') ? startKubernetes(context) : undefined,
      wants('git') ? startGit(context, say) : undefined,
    ]);
    gitServer = git.status === 'fulfilled' ? git.value?.server : undefined;
    const description: StackDescription = {
      dataDir,
      env,
      tools: binaries,
      ...given('temporal', valueOf(temporal)),
      ...given('kubernetes', valueOf(kubernetes)),
      ...given('git', valueOf(git)?.address),
    };
    return new Stack(description, supervisor, context.servers, end);
  } catch (error) {
    await end();
    throw error;
  }
}

function valueOf<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}

/** A folder of this stack alone; the claim on a kept one ends with the stack, however it ends. */
function claimDataDir(kept: string | undefined, supervisor: Supervisor): string {
  if (kept === undefined) {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ignition-sync-')));
    supervisor.removeAtEnd(folder);
    // Processes that run as another user pass through; the secrets below are in folders of their own.
    chmodSync(folder, 0o711);
    return folder;
  }
  const folder = resolve(kept);
  mkdirSync(folder, { recursive: true });
  const claim = join(folder, 'lock');
  if (!tryLock(claim)) throw new StackError(`${folder} is in use by another running stack: stop that one, or choose another data folder.`);
  supervisor.removeAtEnd(claim);
  return folder;
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { freePort, requireFree } from './ports.ts';

/** What listens where; the names under which ports can be fixed. */
export const PORT_USES = {
  temporal: 'Temporal',
  temporalUi: 'the Temporal UI',
  temporalHttp: "Temporal's HTTP API",
  kubernetes: 'the Kubernetes API',
  etcd: 'etcd',
  etcdPeer: "etcd's peers",
  git: 'git over HTTP',
  ssh: 'git over SSH',
} as const;

export type PortName = keyof typeof PORT_USES;
export type Ports = Readonly<Partial<Record<PortName, number>>>;

/** Chooses the ports of a stack: those that were asked for, else those of the last start on the same data, else free ones. */
export class PortBook {
  readonly #file: string;
  readonly #fixed: Ports;
  #remembered: Ports;

  constructor(file: string, fixed: Ports) {
    this.#file = file;
    this.#fixed = fixed;
    this.#remembered = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ports) : {};
  }

  /**
   * A port for each name.
   * @throws StackError when one that was asked for is taken.
   */
  async choose<Name extends PortName>(names: readonly Name[]): Promise<Record<Name, number>> {
    const chosen: Partial<Record<PortName, number>> = {};
    for (const name of names) {
      const fixed = this.#fixed[name];
      if (fixed !== undefined) await requireFree(fixed, PORT_USES[name]);
      chosen[name] = fixed ?? (await freePort(this.#remembered[name]));
    }
    this.#remembered = { ...this.#remembered, ...chosen };
    writeFileSync(this.#file, JSON.stringify(this.#remembered));
    return chosen as Record<Name, number>;
  }

  /** Forgets ports that somebody else was quicker to take, so that the next choice is a new one. */
  forget(names: readonly PortName[]): void {
    this.#remembered = Object.fromEntries(Object.entries(this.#remembered).filter(([name]) => !names.includes(name as PortName)));
  }
}

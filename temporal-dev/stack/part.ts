import type { Binaries } from '../binaries/binaries.ts';
import type { PortBook, PortName } from './port-book.ts';
import { lostPortRace, Server, type ServerSpec } from './server.ts';
import type { Supervisor } from './supervisor.ts';

/** What the parts of a stack are started from. */
export interface PartContext {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly binaries: Binaries;
  readonly ports: PortBook;
  readonly supervisor: Supervisor;
  /** Servers by name, in the order in which they were started. */
  readonly servers: Map<string, Server>;
}

const TURNS = 5;

/** Chooses ports and starts what needs them; once more with other ports when another process took one in between. */
export async function withPorts<Name extends PortName, Result>(
  context: PartContext,
  names: readonly Name[],
  start: (ports: Record<Name, number>) => Promise<Result>,
): Promise<Result> {
  for (let turn = 1; ; turn++) {
    const ports = await context.ports.choose(names);
    try {
      return await start(ports);
    } catch (error) {
      if (turn === TURNS || !lostPortRace(error)) throw error;
      context.ports.forget(names);
    }
  }
}

/** Makes a server known to the stack under its name and starts it. */
export async function startServer(context: PartContext, spec: ServerSpec): Promise<void> {
  const server = new Server(context.supervisor, spec);
  const before = context.servers.get(spec.name);
  context.servers.set(spec.name, server);
  await before?.stop();
  await server.start();
}

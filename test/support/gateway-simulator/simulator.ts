import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { errorPage, send } from './answers.ts';
import { NO_FAULTS, type Faults } from './faults.ts';
import { answer, type Gateway } from './routes.ts';
import { ScanEngine } from './scan-engine.ts';
import { seedDataDirectory } from './seed.ts';

export interface SimulatorOptions {
  readonly dataDir: string;
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  /** File with the one API key that is accepted, `name:secret`. Without it every call is allowed. */
  readonly tokenFile?: string | undefined;
  readonly faults?: Partial<Faults> | undefined;
}

/**
 * An Ignition 8.3 gateway's HTTP API over a real data directory: status, identity, scans, projects.
 *
 * Left out because this first cut does not need it: scan locks, resources, sessions, modules, redundancy, the query language of lists, the
 * difference between keys that may read and keys that may write. The fields of `projects/names` are not recorded in any source: names in
 * the list envelope are a guess from the sibling route of resources.
 */
export class GatewaySimulator {
  readonly port: number;
  readonly #gateway: Gateway;
  readonly #server: Server;

  private constructor(gateway: Gateway, server: Server) {
    this.#gateway = gateway;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Seeds the directory when it is empty, loads it as a starting gateway does, and listens on this machine. */
  static async start(options: SimulatorOptions): Promise<GatewaySimulator> {
    await seedDataDirectory(options.dataDir);
    const gateway: Gateway = {
      name: options.name ?? 'gateway',
      dataDir: options.dataDir,
      tokenFile: options.tokenFile,
      engine: new ScanEngine(options.dataDir, () => gateway.faults),
      faults: { ...NO_FAULTS, ...options.faults },
      requests: [],
    };
    await gateway.engine.boot();
    const server = createServer((request, response) => {
      answer(gateway, request, response).catch((error: unknown) => send(response, errorPage(500, String(error))));
    });
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return new GatewaySimulator(gateway, server);
  }

  get requests(): Gateway['requests'] {
    return this.#gateway.requests;
  }

  set(faults: Partial<Faults>): void {
    this.#gateway.faults = { ...this.#gateway.faults, ...faults };
  }

  loaded(): ReturnType<ScanEngine['loaded']> {
    return this.#gateway.engine.loaded();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#gateway.engine.stop();
  }
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorPage, send } from './answers.ts';
import { NO_FAULTS, type Faults } from './faults.ts';
import type { Edition, Gateway, Redundancy } from './gateway.ts';
import { Log } from './log.ts';
import { NeverTouched } from './never-touched.ts';
import { replicate } from './replication.ts';
import { ScanEngine, type Kind } from './scan-engine.ts';
import { ScanLock } from './scan-lock.ts';
import { commission } from './commission.ts';
import { firstStart, seedDataDirectory } from './seed.ts';
import { answer, storedKeys } from './server.ts';

export interface SimulatorOptions {
  readonly dataDir: string;
  /** 0, the default, takes any free port. */
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  /** File with the one API key that is accepted, `name:secret`. Without it every call is allowed. */
  readonly tokenFile?: string | undefined;
  /** As `gateway-info` says it; 8.3.6 when absent. One of 8.1 has no API. */
  readonly version?: string | undefined;
  readonly edition?: Edition | undefined;
  /** Deployment mode; none when absent. */
  readonly mode?: string | undefined;
  /** Files with key and certificate, PEM: then it speaks https. */
  readonly tls?: { readonly keyFile: string; readonly certFile: string } | undefined;
  readonly role?: Redundancy['role'] | undefined;
  /** Plays the first start on a volume that is new: it waits for its setup, or sets itself up after so many milliseconds as an image does. */
  readonly firstBoot?: 'waits' | number | undefined;
  readonly faults?: Partial<Faults> | undefined;
  /** Milliseconds from a restart's request to the first 503, and from there to running; a real gateway takes 3 s and 40 s [facts 1.7]. */
  readonly restartMs?: { readonly grace: number; readonly down: number } | undefined;
}

/**
 * An Ignition 8.3 gateway's HTTP API over a real data directory. What each rule rests on stands beside it; docs/gateway-behaviour.md has
 * the list. Not recorded in any source, and a guess from the sibling route of resources: the fields of `projects/names`.
 */
export class GatewaySimulator {
  readonly port: number;
  readonly #gateway: Gateway;
  readonly #server: Server;
  readonly #scanned: Set<(kind: Kind) => void>;

  private constructor(gateway: Gateway, server: Server, scanned: Set<(kind: Kind) => void>) {
    this.#gateway = gateway;
    this.#server = server;
    this.#scanned = scanned;
    this.port = gateway.port();
  }

  /** Seeds the directory when it is empty, loads it as a starting gateway does, and listens on this machine. */
  static async start(options: SimulatorOptions): Promise<GatewaySimulator> {
    const { dataDir, edition = 'standard', role = 'Independent', tls } = options;
    const { firstBoot } = options;
    const begins = firstBoot === undefined ? 'running' : await firstStart(dataDir);
    if (firstBoot === undefined) await seedDataDirectory(dataDir);
    const log = new Log();
    const scanned = new Set<(kind: Kind) => void>();
    const heard = (kind: Kind): void => {
      scanned.forEach((hear) => hear(kind));
      void replicate(gateway);
    };
    const listener: RequestListener = (request, response) => {
      answer(gateway, request, response).catch((error: unknown) => {
        if (!response.headersSent) send(response, errorPage(500, String(error)));
      });
    };
    const server = tls
      ? createTlsServer({ key: readFileSync(tls.keyFile), cert: readFileSync(tls.certFile) }, listener)
      : createServer(listener);
    const gateway: Gateway = {
      name: options.name ?? 'gateway',
      version: options.version ?? '8.3.6 (b2026042713)',
      edition,
      mode: options.mode ?? '',
      dataDir,
      tokenFile: options.tokenFile,
      tls: tls !== undefined,
      port: () => (server.address() as AddressInfo).port,
      log,
      engine: new ScanEngine({ dataDir, log, edition, faults: () => gateway.faults, scanned: heard }),
      locks: { config: new ScanLock(), projects: new ScanLock() },
      guarded: new NeverTouched(dataDir),
      redundancy: {
        role,
        activityLevel: role === 'Backup' ? 'Cold' : 'Active',
        projectState: role === 'Independent' ? 'Unknown' : 'Good',
        peerConnected: role !== 'Independent',
        syncPending: false,
        lastSyncTimestamp: -1,
      },
      startedAt: Date.now(),
      faults: { ...NO_FAULTS, ...(begins !== 'running' && { state: begins }), ...options.faults },
      keysAtBoot: new Set(),
      requests: [],
      restart: () => (gateway.restarting = restart(gateway, options.restartMs ?? { grace: 100, down: 500 })),
      restarting: Promise.resolve(),
    };
    if (begins !== 'faulted') boot(gateway);
    if (begins === 'commissioning' && typeof firstBoot === 'number') setTimeout(() => commission(gateway), firstBoot).unref();
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return new GatewaySimulator(gateway, server, scanned);
  }

  get requests(): Gateway['requests'] {
    return this.#gateway.requests;
  }

  /** Every write or delete on a path that no sync may touch, since the gateway began, as sentences. */
  get damage(): string[] {
    return this.#gateway.guarded.damage();
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  set(faults: Partial<Faults>): void {
    this.#gateway.faults = { ...this.#gateway.faults, ...faults };
  }

  loaded(): ReturnType<ScanEngine['loaded']> {
    return this.#gateway.engine.loaded();
  }

  onScanned(hear: (kind: Kind) => void): void {
    this.#scanned.add(hear);
  }

  /** Resolves when this was asked, also if it was before. */
  async asked(method: string, path: string): Promise<void> {
    while (!this.requests.some((one) => one.method === method && one.path === path)) await once(this.#server, 'request');
  }

  /** Resolves when a gateway that restarts runs again. */
  async running(): Promise<void> {
    await this.#gateway.restarting;
  }

  async stop(): Promise<void> {
    for (const lock of Object.values(this.#gateway.locks)) lock.release();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#gateway.engine.stop();
  }
}

/** Loads everything as found, or faults [facts 2.2, 3.1]. */
function boot(gateway: Gateway): void {
  const fault = gateway.engine.boot();
  gateway.startedAt = Date.now();
  gateway.keysAtBoot = storedKeys(gateway);
  if (fault === undefined) return;
  gateway.log.write('ERROR', 'gateway.config.ResourceCollectionManager', fault);
  gateway.faults = { ...gateway.faults, state: 'faulted' };
}

/** facts 1.7: a few seconds of grace, then 503 and STARTING, then running with everything read anew. Locks do not outlive the process. */
async function restart(gateway: Gateway, { grace, down }: { grace: number; down: number }): Promise<void> {
  await sleep(grace);
  gateway.faults = { ...gateway.faults, state: 'starting' };
  await gateway.engine.stop();
  for (const lock of Object.values(gateway.locks)) lock.release();
  await sleep(down);
  if (gateway.faults.restart === 'stays-down') return;
  gateway.faults = { ...gateway.faults, state: 'running', ...(gateway.faults.restart !== 'keeps-pending' && { pendingRestart: [] }) };
  gateway.forgotten?.restart();
  boot(gateway);
}

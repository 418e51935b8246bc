import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Kind } from '../../../support/gateway-simulator/scan-engine.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../../support/gateway-simulator/simulator.ts';

/** What an answer's JSON is looked at as. */
export type Json = Record<string, unknown> & { items: Record<string, unknown>[]; metadata: Record<string, number> };

/** A folder for one gateway, with what the tests do to it and ask of it. */
export class Bench implements AsyncDisposable {
  readonly dataDir = join(mkdtempSync(join(tmpdir(), 'simulator-')), 'data');
  readonly #started: GatewaySimulator[] = [];

  async start(options: Omit<SimulatorOptions, 'dataDir'> = {}): Promise<GatewaySimulator> {
    const gateway = await GatewaySimulator.start({ ...options, dataDir: this.dataDir, faults: { scanMs: 0, ...options.faults } });
    this.#started.push(gateway);
    return gateway;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dataDir, path)), { recursive: true });
      writeFileSync(join(this.dataDir, path), content);
    }
  }

  remove(path: string): void {
    rmSync(join(this.dataDir, path), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const gateway of this.#started) await gateway.stop();
    rmSync(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

/** `resource.json` that lists these files. */
export function manifest(files: readonly string[], more: object = {}): string {
  return JSON.stringify({ scope: 'A', version: 1, restricted: false, overridable: true, files, attributes: {}, ...more });
}

export function call(gateway: GatewaySimulator, path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.port}${path}`, { redirect: 'manual', ...init });
}

/** A call below /data/api/v1 whose answer is JSON. */
export async function api(gateway: GatewaySimulator, path: string, init?: RequestInit): Promise<Json> {
  return (await (await call(gateway, `/data/api/v1/${path}`, init)).json()) as Json;
}

/** Asks for a scan; resolves when the gateway has looked at its files. */
export async function scan(gateway: GatewaySimulator, kind: Kind): Promise<void> {
  const ended = new Promise<void>((resolve) => gateway.onScanned((scanned) => scanned === kind && resolve()));
  await call(gateway, `/data/api/v1/scan/${kind}`, { method: 'POST' });
  await ended;
}

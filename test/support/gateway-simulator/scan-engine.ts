import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { readAll, type Loaded } from './disk.ts';
import type { Faults } from './faults.ts';

export type Kind = 'config' | 'projects';

export interface Status {
  readonly scanActive: boolean;
  readonly lastScanTimestamp: number;
  readonly lastScanDuration: number;
}

/**
 * What the gateway has in memory, and the scans that renew it. A start loads everything as it is on disk. A project that is new to a scan is
 * only registered by it; its resources come with the next one.
 *
 * Not known of real gateways, and so not relied on by tests: whether a POST during a scan is queued, joined or ignored (here: joined), and
 * whether projects are also scanned on a timer (here: never).
 */
export class ScanEngine {
  readonly #dataDir: string;
  readonly #faults: () => Faults;
  readonly #status: Record<Kind, Status> = {
    config: { scanActive: false, lastScanTimestamp: 0, lastScanDuration: 0 },
    projects: { scanActive: false, lastScanTimestamp: 0, lastScanDuration: 0 },
  };
  #projects = new Map<string, Loaded | undefined>();
  #collections = new Map<string, Loaded>();
  readonly #ended = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(dataDir: string, faults: () => Faults) {
    this.#dataDir = dataDir;
    this.#faults = faults;
  }

  /** The implicit full scan of a start. */
  async boot(): Promise<void> {
    for (const kind of ['config', 'projects'] as const) {
      const start = Date.now();
      await this.#load(kind, true);
      this.#status[kind] = { scanActive: false, lastScanTimestamp: Date.now(), lastScanDuration: Date.now() - start };
    }
  }

  status(kind: Kind): Status {
    return this.#status[kind];
  }

  /** Starts a scan. @returns the receipt: active, with the timestamp of the scan before */
  trigger(kind: Kind): Status {
    const before = this.#status[kind];
    if (!before.scanActive) {
      const run = this.#scan(kind, before).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    this.#status[kind] = { ...before, scanActive: true };
    return this.#status[kind];
  }

  /** Names of projects as the API lists them. */
  projectNames(): string[] {
    return [...this.#projects.keys()].sort();
  }

  /** What is in memory; a project that is only registered has no digest. */
  loaded(): { projects: Record<string, string | null>; collections: Record<string, string> } {
    return {
      projects: Object.fromEntries([...this.#projects].map(([name, one]) => [name, one?.digest ?? null])),
      collections: Object.fromEntries([...this.#collections].map(([name, { digest }]) => [name, digest])),
    };
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#running);
  }

  async #scan(kind: Kind, before: Status): Promise<void> {
    const start = Date.now();
    try {
      await sleep(this.#faults().scanMs, undefined, { signal: this.#ended.signal });
      while (this.#faults().scanNeverEnds) await sleep(10, undefined, { signal: this.#ended.signal });
    } catch {
      return;
    }
    await this.#load(kind, false);
    const done = { lastScanTimestamp: Math.max(Date.now(), before.lastScanTimestamp + 1), lastScanDuration: Date.now() - start };
    this.#status[kind] = { ...(this.#faults().scanNotReported ? before : done), scanActive: false };
  }

  async #load(kind: Kind, boot: boolean): Promise<void> {
    if (kind === 'config') {
      const found = await readAll(join(this.#dataDir, 'config', 'resources'), 'config-mode.json');
      this.#collections = new Map(found.map((one) => [one.name, one]));
      return;
    }
    const { brokenProjects } = this.#faults();
    const found = (await readAll(join(this.#dataDir, 'projects'), 'project.json')).filter(({ name }) => !brokenProjects.includes(name));
    const known = this.#projects;
    this.#projects = new Map(found.map((one) => [one.name, boot || known.has(one.name) ? one : undefined]));
  }
}

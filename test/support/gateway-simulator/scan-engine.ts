import { setTimeout as sleep } from 'node:timers/promises';
import { Disk } from './disk.ts';
import type { Edition } from './gateway.ts';
import type { Faults } from './faults.ts';
import { loadOwner, type Kind, type Loaded } from './load.ts';
import type { Log } from './log.ts';

export type { Kind };

/** `lastScanTimestamp` in epoch milliseconds, `lastScanDuration` in milliseconds [facts 1.4]. */
export interface Status {
  readonly scanActive: boolean;
  readonly lastScanTimestamp: number;
  readonly lastScanDuration: number;
}

interface EngineOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly edition: Edition;
  readonly faults: () => Faults;
  /** Hears the end of each scan, and of the start's implicit one. */
  readonly scanned: (kind: Kind) => void;
}

const IDLE: Status = { scanActive: false, lastScanTimestamp: 0, lastScanDuration: 0 };

/**
 * What the gateway has in memory, and the scans that renew it. A start loads everything as it is on disk [facts 3.1]. A project that is
 * new to a scan is only registered by it; its resources come with the next one [facts 3.1]. The two kinds of scan know nothing of each
 * other [facts 3.1: no evidence that they interlock]. Projects are never scanned on a timer here, which no test may rely on.
 */
export class ScanEngine {
  readonly #options: EngineOptions;
  readonly #disk: Disk;
  readonly #status: Record<Kind, Status> = { config: IDLE, projects: IDLE };
  readonly #queued = new Set<Kind>();
  readonly #poisoned = new Set<string>();
  #projects = new Map<string, Loaded>();
  #collections = new Map<string, Loaded>();
  #ended = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#disk = new Disk(options.dataDir);
  }

  /**
   * The implicit full scan of a start.
   * @returns why the gateway faults instead, if it does
   */
  boot(): string | undefined {
    this.#projects.clear();
    for (const kind of ['config', 'projects'] as const) {
      const start = Date.now();
      this.#load(kind, true);
      this.#status[kind] = { scanActive: false, lastScanTimestamp: Date.now(), lastScanDuration: Date.now() - start };
      this.#options.scanned(kind);
    }
    // facts 2.2: `external` with content and no manifest faults the gateway, and so does the lost manifest of `local`.
    const lost = ['external', 'local'].find(
      (name) => !this.#collections.has(name) && this.#disk.folders(`config/resources/${name}`).length > 0,
    );
    return lost === undefined ? undefined : `config/resources/${lost} exists but is not empty`;
  }

  /** What the gateway itself has written. */
  reload(kind: Kind): void {
    this.#load(kind, false);
  }

  status(kind: Kind): Status {
    return this.#status[kind];
  }

  /** Starts a scan. @returns the receipt: active, with the timestamp of the scan before [facts 1.4] */
  trigger(kind: Kind): Status {
    const before = this.#status[kind];
    if (before.scanActive) {
      if (this.#options.faults().scanDuringScan === 'queue') this.#queued.add(kind);
      return before;
    }
    const run = this.#scan(kind, before).finally(() => this.#running.delete(run));
    this.#running.add(run);
    this.#status[kind] = { ...before, scanActive: true };
    return this.#status[kind];
  }

  /** Projects as the API lists them. */
  projects(): ReadonlyMap<string, Loaded> {
    return this.#projects;
  }

  collections(): ReadonlyMap<string, Loaded> {
    return this.#collections;
  }

  /** What is in memory; a project that is only registered has no digest. */
  loaded(): { projects: Record<string, string | null>; collections: Record<string, string> } {
    return {
      projects: Object.fromEntries([...this.#projects].map(([name, one]) => [name, one.registeredOnly ? null : one.digest])),
      collections: Object.fromEntries([...this.#collections].map(([name, { digest }]) => [name, digest])),
    };
  }

  /** Ends scans where they are: nothing of them is loaded. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#running);
    this.#ended = new AbortController();
    this.#queued.clear();
  }

  async #scan(kind: Kind, before: Status): Promise<void> {
    const start = Date.now();
    const { signal } = this.#ended;
    const faults = this.#options.faults;
    try {
      const early = faults().scanReads === 'at its start';
      if (early && !faults().scanLoadsNothing) this.#load(kind, false);
      await sleep(faults().scanMs, undefined, { signal });
      while (faults().scanNeverEnds) await sleep(10, undefined, { signal });
      if (!early && !faults().scanLoadsNothing) this.#load(kind, false);
      const done = {
        scanActive: false,
        lastScanTimestamp: Math.max(Date.now(), before.lastScanTimestamp + 1),
        lastScanDuration: Date.now() - start,
      };
      this.#options.scanned(kind);
      if (faults().scanReportDelayMs > 0) {
        this.#status[kind] = { ...before, scanActive: false };
        await sleep(faults().scanReportDelayMs, undefined, { signal });
      }
      this.#status[kind] = faults().scanNotReported ? { ...before, scanActive: false } : done;
    } catch {
      this.#status[kind] = { ...before, scanActive: false };
      return;
    }
    if (this.#queued.delete(kind)) this.trigger(kind);
  }

  #load(kind: Kind, boot: boolean): void {
    const { log, edition } = this.#options;
    const faults = this.#options.faults();
    const make = { disk: this.#disk, log, faults, poisoned: this.#poisoned, boot };
    if (kind === 'config') {
      const names = this.#disk.owners('config/resources', 'config-mode.json');
      this.#collections = new Map(names.map((name) => [name, loadOwner(make, kind, name)]));
      if (edition === 'edge') this.#warnOfProviders();
      return;
    }
    const known = this.#projects;
    const names = this.#disk.owners('projects', 'project.json').filter((name) => {
      if (faults.brokenProjects.includes(name)) return false;
      if (edition !== 'edge' || name === 'Edge') return true;
      // facts 3.4: exactly one project, always `Edge`. What a gateway does with another folder is not recorded: here it is passed over.
      log.write('WARN', 'project.ProjectManager', `Project ${name} is not the Edge project and is passed over`);
      return false;
    });
    const atOnce = boot || faults.newProjectScans === 1;
    this.#projects = new Map(names.map((name) => [name, loadOwner(make, kind, name, !atOnce && !known.has(name))]));
  }

  /** facts 3.4: the one realtime provider is `edge`; a second is taken as a resource and fails when it starts. */
  #warnOfProviders(): void {
    for (const { resources } of this.#collections.values())
      for (const { module, type, name } of resources.values())
        if (`${module}/${type}` === 'ignition/tag-provider' && name !== 'edge')
          this.#options.log.write('ERROR', 'tags.manager', `Tag provider ${name} could not be started: Edge has one realtime provider`);
  }
}

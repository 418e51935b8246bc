import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Agent } from '../../src/agent/agent.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { NO_MANIFEST } from '../../src/domain/manifest.ts';
import { Content } from '../activities/agent/support/content.ts';
import { type Fault, FaultyDisk } from '../activities/agent/support/faulty-volume.ts';
import { doing, openAgent, stepOf } from '../activities/agent/support/local-agent.ts';
import { LocalRelay } from '../activities/agent/support/local-relay.ts';
import type { Scenario } from '../activities/agent/support/random-trees.ts';
import { seedDataDirectory } from '../support/gateway-simulator/seed.ts';
import { Expected } from './expected.ts';

const run = promisify(execFile);
const plain = (content: string) => ({ content, executable: false });

/** Every kind of change at once: files added, modified and deleted, a file that becomes a folder and back, and one that changes its mode. */
const SCENARIO: Pick<Scenario, 'old' | 'next'> = {
  old: {
    'projects/P/project.json': plain('{"v":1}'),
    'projects/P/views/a/view.json': plain('a1'),
    'projects/P/views/a/resource.json': plain('ra1'),
    'projects/P/becomes-folder': plain('file'),
    'projects/P/becomes-file/x/y': plain('deep'),
    'projects/P/run.sh': plain('#!/bin/sh'),
    'projects/Gone/project.json': plain('{}'),
  },
  next: {
    'projects/P/project.json': plain('{"v":2}'),
    'projects/P/views/a/view.json': plain('a2'),
    'projects/P/views/a/resource.json': plain('ra1'),
    'projects/P/becomes-folder/x': plain('now a folder'),
    'projects/P/becomes-file': plain('now a file'),
    'projects/P/run.sh': { content: '#!/bin/sh', executable: true },
    'projects/New/views/c/view.json': plain('c1'),
  },
};

/** What the disk fails in: an apply from its staging on, a restore, or the start after an apply that was cut off in its middle. */
export const WORKS = ['apply', 'restore', 'recovery'] as const;
export type Work = (typeof WORKS)[number];

/** Which fault is tried at which call. */
type Choice = (call: number) => readonly Omit<Fault, 'call'>[];

/**
 * Makes every writing call of a piece of work fail in turn, over real folders, and looks at what is there then, and once the disk is well.
 * @returns how many calls there are, and what was found wrong, with what plays it again
 */
export async function failEveryWrite(work: Work, faults: Choice): Promise<{ calls: number; tried: number; complaints: string[] }> {
  const folder = mkdtempSync(join(inMemory(), 'ignition-sync-faults-'));
  try {
    const bench = await FaultBench.prepare(folder);
    const clean = await bench.count(work);
    const complaints: string[] = [];
    let tried = 0;
    for (let call = 1; call <= clean; call += 1) {
      for (const fault of faults(call)) {
        tried += 1;
        complaints.push(...(await bench.try(work, { ...fault, call })));
      }
    }
    return { calls: clean, tried, complaints };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where folders are kept in memory, if anywhere: here the disk is made to fail, so nothing is learnt from waiting for a real one. */
function inMemory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** Volumes to start from, one per work, and what both commits are by plain git. */
class FaultBench {
  readonly #folder: string;
  readonly #relay: LocalRelay;
  readonly #expected: Expected;
  readonly #digests: { readonly old: string; readonly next: string };

  private constructor(folder: string, relay: LocalRelay, expected: Expected, digests: { old: string; next: string }) {
    this.#folder = folder;
    this.#relay = relay;
    this.#expected = expected;
    this.#digests = digests;
  }

  static async prepare(folder: string): Promise<FaultBench> {
    const base = join(folder, 'apply');
    await seedDataDirectory(base);
    const expected = await Expected.of(folder, base, SCENARIO);
    const content = new Content();
    const digests = { old: content.add(SCENARIO.old), next: content.add(SCENARIO.next) };
    const bench = new FaultBench(folder, new LocalRelay(content), expected, digests);
    await bench.#with(base, undefined, (agent) => agent.apply(stepOf(NO_MANIFEST, digests.old, 'first'), doing));
    await run('cp', ['-a', base, join(folder, 'restore')]);
    await bench.#with(join(folder, 'restore'), undefined, (agent) => agent.apply(bench.#forward(), doing));
    await run('cp', ['-a', base, join(folder, 'recovery')]);
    await bench.#cutOff(join(folder, 'recovery'));
    return bench;
  }

  /** The writing calls of the work on a disk that is well. */
  async count(work: Work): Promise<number> {
    const disk = new FaultyDisk();
    const dataDir = await this.#copy(work);
    await this.#with(dataDir, disk, (agent) => this.#carryOut(work, agent));
    const complaints = await this.#differences(dataDir, this.#goal(work), 'without a fault');
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    return disk.calls.length;
  }

  async try(work: Work, fault: Fault): Promise<string[]> {
    const disk = new FaultyDisk(fault);
    const dataDir = await this.#copy(work);
    const complaints: string[] = [];
    let agent: Agent | undefined;
    try {
      agent = await openAgent(dataDir, this.#relay, { volume: disk.open });
      await this.#carryOut(work, agent);
    } catch (error) {
      complaints.push(...unnamed(error, fault));
    }
    // A disk that takes no write at all cannot be put back: then the journal says so, and the next start does it.
    if (!existsSync(join(dataDir, '.ignition-sync', 'journal.json'))) complaints.push(...(await this.#neither(dataDir)));
    else if (fault.manner === 'once' && work !== 'recovery') complaints.push(...(await this.#neither(dataDir)));
    disk.mend();
    // Half of them are asked again, half are started again.
    if (agent && fault.call % 2 === 0) await agent.close().catch(() => undefined);
    if (fault.call % 2 === 0) agent = undefined;
    try {
      agent ??= await openAgent(dataDir, this.#relay);
      await this.#carryOut(work, agent);
      const { live } = await agent.inspect();
      if (live !== this.#digests[this.#goal(work)]) complaints.push(`afterwards ${live} is said to be live`);
    } catch (error) {
      complaints.push(`afterwards: ${String(error)}`);
    }
    await agent?.close();
    complaints.push(...(await this.#differences(dataDir, this.#goal(work), 'afterwards')), ...leftIn(dataDir, work === 'restore' ? 3 : 2));
    return complaints.map((what) => `${work}, ${fault.code} ${fault.manner} at call ${fault.call} (${String(disk.struck)}): ${what}`);
  }

  async #carryOut(work: Work, agent: Agent): Promise<void> {
    if (work === 'restore') await agent.restore(stepOf(this.#digests.next, this.#digests.old, 'back'), doing);
    else {
      await agent.stage(this.#forward(), doing);
      await agent.apply(this.#forward(), doing);
    }
  }

  #forward(): ReturnType<typeof stepOf> {
    return stepOf(this.#digests.old, this.#digests.next, 'op');
  }

  #goal(work: Work): 'old' | 'next' {
    return work === 'restore' ? 'old' : 'next';
  }

  /** Leaves a volume as a process does that lost its disk between two renames. */
  async #cutOff(dataDir: string): Promise<void> {
    const clean = new FaultyDisk();
    const dry = join(this.#folder, 'dry');
    await run('cp', ['-a', dataDir, dry]);
    await this.#with(dry, clean, (agent) => agent.apply(this.#forward(), doing));
    const renames = clean.calls.flatMap((call, i) => (/^rename .* → projects\//.test(call) ? [i + 1] : []));
    const disk = new FaultyDisk({ call: renames[Math.floor(renames.length / 2)] ?? 0, code: 'EIO', manner: 'lasting' });
    const agent = await openAgent(dataDir, this.#relay, { volume: disk.open });
    await agent.apply(this.#forward(), doing).catch(() => undefined);
    await agent.close().catch(() => undefined);
    if (!existsSync(join(dataDir, '.ignition-sync', 'journal.json'))) throw new Error('the apply was not cut off');
  }

  async #copy(work: Work): Promise<string> {
    const dataDir = join(this.#folder, 'volume');
    rmSync(dataDir, { recursive: true, force: true });
    await run('cp', ['-a', join(this.#folder, work), dataDir]);
    return dataDir;
  }

  async #with(dataDir: string, disk: FaultyDisk | undefined, use: (agent: Agent) => Promise<unknown>): Promise<void> {
    const agent = await openAgent(dataDir, this.#relay, disk && { volume: disk.open });
    await use(agent);
    await agent.close();
  }

  async #differences(dataDir: string, commit: 'old' | 'next', when: string): Promise<string[]> {
    return this.#expected.differences(dataDir, commit, when);
  }

  async #neither(dataDir: string): Promise<string[]> {
    const old = await this.#differences(dataDir, 'old', 'after the fault it is not old');
    const next = await this.#differences(dataDir, 'next', 'after the fault it is not new');
    return old.length > 0 && next.length > 0 ? [...old, ...next] : [];
  }
}

/** A fault has its name, and says what people can look for: no errno alone, no path of this process's own. */
function unnamed(error: unknown, { code }: Fault): string[] {
  const wanted = code === 'ENOSPC' ? 'InsufficientSpace' : 'VolumeFailed';
  if (!(error instanceof SyncError)) return [`it throws ${String(error)}`];
  if (error.reason !== wanted) return [`its reason is ${error.reason}: ${error.message}`];
  return error.message.startsWith(code) || error.message.includes('/proc/self') ? [`it says ${error.message}`] : [];
}

/** What must not be left in our own folder, and what must stand in the record once. */
function leftIn(dataDir: string, commits: number): string[] {
  const own = join(dataDir, '.ignition-sync');
  const known = new Set(['commits.log', 'manifests', 'snapshots', 'staging', 'state.json']);
  const left = [
    ...readdirSync(own).filter((name) => !known.has(name)),
    ...readdirSync(join(own, 'staging')).map((name) => `staging/${name}`),
  ];
  const seqs = readFileSync(join(own, 'commits.log'), 'utf8').split('\n').flatMap(seqOf);
  const wanted = Array.from({ length: commits }, (_, i) => i + 1);
  return [
    ...left.map((name) => `${name} is left in our folder`),
    ...(seqs.join() === wanted.join() ? [] : [`the commits ${seqs.join()} are recorded, not ${wanted.join()}`]),
  ];
}

/** A line that the disk cut short is none: the next one begins anew. */
function seqOf(line: string): number[] {
  try {
    return [(JSON.parse(line) as { seq: number }).seq];
  } catch {
    return [];
  }
}

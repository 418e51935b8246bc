import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { GatewayStep } from '../../src/contract/gateway-activities.ts';
import { NO_MANIFEST } from '../../src/domain/manifest.ts';
import { gatewayUser, handOver, letThrough } from '../../temporal-dev/install/gateway-user.ts';
import { seedDataDirectory } from '../support/gateway-simulator/seed.ts';
import { Content } from '../activities/agent/support/content.ts';
import type { CrashOrder } from '../activities/agent/support/crash-child.ts';
import { doing, openAgent, stepOf } from '../activities/agent/support/local-agent.ts';
import { LocalRelay } from '../activities/agent/support/local-relay.ts';
import { MIRRORED, type Scenario, scenarios, seen } from '../activities/agent/support/random-trees.ts';
import { Expected } from './expected.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, '../activities/agent/support/crash-child.ts');
const POINTS_PER_SCENARIO = 15;
/** The process that is killed is no superuser, whoever starts it. */
const USER = gatewayUser(CHILD, process.execPath);

/** What came of a run. */
export interface CrashReport {
  /** Points at which the process was really killed. */
  readonly killed: number;
  /** Points that came after the end of the work. */
  readonly late: number;
  /** What was found wrong, with the numbers that play it again. */
  readonly complaints: readonly string[];
}

/**
 * Kills the agent's process with SIGKILL at random moments of random changes (every third mirrors a folder in which others have files, every
 * third overwrites what people changed), and looks at the volume as the next process finds and leaves
 * it: wholly the old commit or wholly the new one, nothing else touched, no leftovers where the gateway looks. What a commit is comes from
 * git, through plain commands.
 */
export async function crash(
  options: { readonly points: number; readonly seed: number },
  say: (line: string) => void = () => undefined,
): Promise<CrashReport> {
  const { points, seed } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ignition-sync-crash-'));
  if (USER) letThrough(folder, USER);
  let [killed, late] = [0, 0];
  const complaints: string[] = [];
  try {
    for (const [number, scenario] of scenarios(seed, Math.ceil(points / POINTS_PER_SCENARIO)).entries()) {
      const ground = await Ground.prepare(join(folder, `${number}`), scenario);
      const moments = Array.from({ length: Math.min(POINTS_PER_SCENARIO, points - number * POINTS_PER_SCENARIO) }, (_, i) => i);
      const results = await Promise.all([0, 1].map((half) => ground.tryAll(moments.filter((moment) => moment % 2 === half))));
      for (const result of results.flat()) {
        if (result.killed) killed += 1;
        else late += 1;
        complaints.push(...result.complaints.map((what) => `scenario ${number} of seed ${seed}, point ${result.moment}: ${what}`));
      }
      rmSync(join(folder, `${number}`), { recursive: true, force: true });
      say(`${killed} kills, ${late} too late, ${complaints.length} complaints`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { killed, late, complaints };
}

/** A volume with the old commit live, and what both commits are by plain git. */
class Ground {
  readonly #folder: string;
  readonly #relay: LocalRelay;
  readonly #digests: { readonly old: string; readonly next: string };
  readonly #expected: Expected;
  readonly #manner: Scenario['manner'];
  readonly #ms: number;

  private constructor(parts: {
    folder: string;
    relay: LocalRelay;
    digests: { old: string; next: string };
    expected: Expected;
    manner: Scenario['manner'];
    ms: number;
  }) {
    this.#folder = parts.folder;
    this.#relay = parts.relay;
    this.#digests = parts.digests;
    this.#expected = parts.expected;
    this.#manner = parts.manner;
    this.#ms = parts.ms;
  }

  static async prepare(folder: string, scenario: Scenario): Promise<Ground> {
    const { old, next, manner, theirs } = scenario;
    const base = join(folder, 'base');
    await seedDataDirectory(base);
    const expected = await Expected.of(folder, base, seen(scenario));
    const content = new Content();
    const relay = new LocalRelay(content);
    const digests = {
      old: content.add(old),
      next: content.add(next, manner === 'mirror' ? { folders: [MIRRORED], spares: [] } : undefined),
    };
    const agent = await openAgent(base, relay);
    await agent.apply(stepOf(NO_MANIFEST, digests.old, 'first'), doing);
    await agent.close();
    for (const [path, { content: bytes }] of Object.entries(theirs)) {
      mkdirSync(dirname(join(base, path)), { recursive: true });
      writeFileSync(join(base, path), bytes);
    }
    if (USER) handOver(base, USER);
    writeFileSync(join(folder, 'content.json'), JSON.stringify([...content.manifests]));
    writeFileSync(
      join(folder, 'content.json.blobs'),
      JSON.stringify([...content.blobs].map(([digest, bytes]) => [digest, bytes.toString('base64')])),
    );
    const ground = new Ground({ folder, relay, digests, expected, manner, ms: 0 });
    const dry = await ground.#child('dry', undefined);
    return new Ground({ folder, relay, digests, expected, manner, ms: dry?.ms ?? 0 });
  }

  async tryAll(moments: readonly number[]): Promise<{ moment: number; killed: boolean; complaints: string[] }[]> {
    const results = [];
    for (const moment of moments) {
      const name = `point-${moment}`;
      // Spread over the work and a little beyond: its length differs from run to run.
      const finished = await this.#child(name, (1.1 * this.#ms * (moment + 0.5)) / POINTS_PER_SCENARIO);
      results.push({ moment, killed: finished === undefined, complaints: await this.#complaints(join(this.#folder, name)) });
      rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
    return results;
  }

  /** @returns how long it took; undefined when it was killed */
  async #child(name: string, dieAfterMs: number | undefined): Promise<{ ms: number } | undefined> {
    const dataDir = join(this.#folder, name);
    await run('cp', ['-a', join(this.#folder, 'base'), dataDir]);
    const step = this.#step();
    const order: CrashOrder = {
      dataDir,
      contentFile: join(this.#folder, 'content.json'),
      work: { call: 'apply', step },
      ...(dieAfterMs === undefined ? {} : { dieAfterMs }),
    };
    try {
      const { stdout } = await run(process.execPath, [CHILD, JSON.stringify(order)], {
        env: { ...process.env, NODE_OPTIONS: '' },
        ...USER,
      });
      return JSON.parse(stdout) as { ms: number };
    } catch (error) {
      if ((error as { signal?: string }).signal === 'SIGKILL') return undefined;
      throw error;
    }
  }

  #step(): GatewayStep {
    const given = { deletesConfirmed: true, ...(this.#manner === 'overwrite' && { localChanges: 'overwrite' }) };
    return stepOf(this.#digests.old, this.#digests.next, 'op', given);
  }

  async #complaints(dataDir: string): Promise<string[]> {
    const complaints: string[] = [];
    const agent = await openAgent(dataDir, this.#relay);
    try {
      const { live } = await agent.inspect();
      complaints.push(...(await this.#expected.differences(dataDir, live === this.#digests.old ? 'old' : 'next', 'after the kill')));
      await agent.apply(this.#step(), doing);
      complaints.push(...(await this.#expected.differences(dataDir, 'next', 'after the repeated apply')));
      await agent.restore(stepOf(this.#digests.next, this.#digests.old, 'back'), doing);
      complaints.push(...(await this.#expected.differences(dataDir, 'old', 'after the restore')));
    } catch (error) {
      complaints.push(String(error));
    } finally {
      await agent.close();
    }
    return complaints;
  }
}

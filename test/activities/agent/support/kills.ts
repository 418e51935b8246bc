import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gatewayUser, handOver, letThrough } from '../../../../temporal-dev/install/gateway-user.ts';
import { footprint } from '../../../support/gateway-simulator/damage.ts';
import type { Files } from './content.ts';
import type { CrashOrder } from './crash-child.ts';
import { Rig, doing, openAgent, stepOf } from './rig.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, 'crash-child.ts');
/** The process that is killed is no superuser, whoever starts it. */
const USER = gatewayUser(CHILD, process.execPath);
const AT_ONCE = 2;
/** For every step of one piece of work, each a process of its own. */
const PATIENCE_MS = 600_000;
const OLD: Files = {
  'projects/P/project.json': '{"v":1}',
  'projects/P/views/a/view.json': 'a1',
  'projects/P/views/a/resource.json': 'ra1',
  'projects/P/becomes-folder': 'file',
  'projects/P/becomes-file/x/y': 'deep',
  'projects/P/goes/b/view.json': 'b1',
  'projects/P/goes/b/resource.json': 'rb1',
  'projects/Gone/project.json': '{}',
  'config/resources/external/config-mode.json': '{"v":1}',
};
const NEW: Files = {
  'projects/P/project.json': '{"v":2}',
  'projects/P/views/a/view.json': 'a2',
  'projects/P/views/a/resource.json': 'ra2',
  'projects/P/becomes-folder/x': 'now a folder',
  'projects/P/becomes-file': 'now a file',
  'projects/New/project.json': '{}',
  'projects/New/views/c/view.json': 'c1',
  'config/resources/external/config-mode.json': '{"v":2}',
  'config/resources/core/ignition/tag-group/g/config.json': '{}',
};

/** A volume with OLD live, ready to be copied; and what a whole OLD and NEW look like. */
interface Ground {
  readonly rig: Rig;
  readonly before: string;
  readonly after: string;
  readonly old: string[];
  readonly next: string[];
  readonly contentFile: string;
}

let ground: Ground;

async function copyOf(dataDir: string, name: string): Promise<string> {
  const copy = join(dirname(dataDir), name);
  rmSync(copy, { recursive: true, force: true });
  await run('cp', ['-a', dataDir, copy]);
  return copy;
}

async function everything(dataDir: string): Promise<string[]> {
  return [...(await footprint(dataDir))].map(([path, is]) => `${path} ${is}`).sort();
}

/** @returns the steps the child went through, undefined when it ended itself */
async function child(order: CrashOrder): Promise<{ steps: string[]; failure?: string } | undefined> {
  try {
    const { stdout } = await run(process.execPath, [CHILD, JSON.stringify(order)], { env: { ...process.env, NODE_OPTIONS: '' }, ...USER });
    return JSON.parse(stdout) as { steps: string[]; failure?: string };
  } catch (error) {
    if ((error as { signal?: string }).signal === 'SIGKILL') return undefined;
    throw error;
  }
}

function commits(dataDir: string): string[] {
  const lines = readFileSync(join(dataDir, '.ignition-sync', 'commits.log'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as { op: string; to: string }).map(({ op, to }) => `${op} ${to}`);
}

/** Runs `work` for every number up to `count`, a few at a time, and collects what each complains of. */
async function forEach(count: number, work: (number: number) => Promise<string[]>): Promise<string[]> {
  const complaints: string[] = [];
  let next = 1;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let number = next++; number <= count; number = next++) complaints.push(...(await work(number)));
    }),
  );
  return complaints;
}

/** Opens the volume as the next process does. The gateway must be wholly old or wholly new, the record true, nothing done twice. */
async function complaintsAbout(dataDir: string, say: string, foreign: readonly string[] = []): Promise<string[]> {
  const { rig, old, next, before, after } = ground;
  const agent = await openAgent(dataDir, rig.relay);
  const complaints: string[] = [];
  const complain = (what: string): void => void complaints.push(`${say}: ${what}`);
  const same = async (wanted: readonly string[]): Promise<boolean> => {
    const now = (await everything(dataDir)).filter((line) => !foreign.some((path) => line.startsWith(`${path} `)));
    return JSON.stringify(now) === JSON.stringify(wanted);
  };
  try {
    const { live } = await agent.inspect();
    if (!(await same(live === before ? old : next)))
      complain(`files are not those of the ${live === before ? 'old' : 'new'} manifest, which is said to be live`);
    if (foreign.length > 0) return complaints;
    await agent.apply(stepOf(before, after, 'op'), doing);
    if (!(await same(next))) complain('a repeated apply does not end in the new files');
    if (new Set(commits(dataDir)).size !== commits(dataDir).length) complain('something was committed twice');
    await agent.restore(stepOf(after, before, 'back'), doing);
    if (!(await same(old))) complain('a restore does not end in the old files');
    const left = await readdir(join(dataDir, '.ignition-sync', 'staging'));
    if (left.length > 0) complain(`scratch is left: ${left.join(', ')}`);
  } catch (error) {
    complain(String(error));
  } finally {
    await agent.close();
  }
  return complaints;
}

async function complaintsAboutRestore(dataDir: string, say: string): Promise<string[]> {
  const { rig, old, next, before, after } = ground;
  const agent = await openAgent(dataDir, rig.relay);
  try {
    const { live } = await agent.inspect();
    const whole = JSON.stringify(await everything(dataDir)) === JSON.stringify(live === before ? old : next);
    await agent.restore(stepOf(after, before, 'back-1'), doing);
    const restored = JSON.stringify(await everything(dataDir)) === JSON.stringify(old);
    return [
      ...(whole ? [] : [`${say}: the files are mixed`]),
      ...(restored ? [] : [`${say}: the repeated restore does not end in the old files`]),
    ];
  } catch (error) {
    return [`${say}: ${String(error)}`];
  } finally {
    await agent.close();
  }
}

/**
 * What the next start makes of a process that was killed at a step of its work.
 * @param stride of the steps, every so many are tried
 */
export function testKills(stride: number): void {
  beforeAll(async () => {
    const rig = await Rig.open();
    await rig.sync(OLD);
    const old = await rig.everything();
    const { live: before } = await rig.agent.inspect();
    const after = rig.content.add(NEW);
    if (USER) {
      letThrough(dirname(rig.dataDir), USER);
      handOver(rig.dataDir, USER);
    }
    const contentFile = join(dirname(rig.dataDir), 'content.json');
    writeFileSync(contentFile, JSON.stringify([...rig.content.manifests]));
    writeFileSync(
      `${contentFile}.blobs`,
      JSON.stringify([...rig.content.blobs].map(([digest, bytes]) => [digest, bytes.toString('base64')])),
    );
    const whole = await copyOf(rig.dataDir, 'whole');
    await child({ dataDir: whole, contentFile, work: { call: 'apply', step: stepOf(before, after, 'whole') } });
    ground = { rig, before, after, old, next: await everything(whole), contentFile };
  }, PATIENCE_MS);
  afterAll(() => ground.rig.close());

  test(
    'after SIGKILL at any step of an apply the next start has the old or the new files, whole, and the apply can be repeated',
    async () => {
      const { rig, before, after, contentFile } = ground;
      const work = { call: 'apply', step: stepOf(before, after, 'op') } as const;
      const dry = await child({ dataDir: await copyOf(rig.dataDir, 'dry'), contentFile, work });
      const steps = dry?.steps ?? [];
      expect(steps.length).toBeGreaterThan(20);
      expect(
        await forEach(Math.ceil(steps.length / stride), async (part) => {
          const number = (part - 1) * stride + 1;
          const dataDir = await copyOf(rig.dataDir, `apply-${number}`);
          const finished = await child({ dataDir, contentFile, work, dieAfter: number });
          if (finished) return [`step ${number} was not reached`];
          return complaintsAbout(dataDir, `killed after ${String(steps[number - 1])}`);
        }),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'after SIGKILL at any step of a restore the next start has the old or the new files, whole',
    async () => {
      const { rig, before, after, contentFile } = ground;
      const applied = await copyOf(rig.dataDir, 'applied');
      await child({ dataDir: applied, contentFile, work: { call: 'apply', step: stepOf(before, after, 'first') } });
      const work = { call: 'restore', step: stepOf(after, before, 'back-1') } as const;
      const dry = await child({ dataDir: await copyOf(applied, 'dry-restore'), contentFile, work });
      const steps = dry?.steps ?? [];
      expect(steps.length).toBeGreaterThan(20);
      expect(
        await forEach(Math.ceil(steps.length / stride), async (part) => {
          const number = (part - 1) * stride + 1;
          const dataDir = await copyOf(applied, `restore-${number}`);
          const finished = await child({ dataDir, contentFile, work, dieAfter: number });
          return finished
            ? [`step ${number} was not reached`]
            : complaintsAboutRestore(dataDir, `killed after ${String(steps[number - 1])}`);
        }),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'recovery may be killed at any of its steps too',
    async () => {
      const { rig, before, after, contentFile } = ground;
      const decided = await copyOf(rig.dataDir, 'decided');
      const work = { call: 'apply', step: stepOf(before, after, 'op') } as const;
      const dry = await child({ dataDir: await copyOf(rig.dataDir, 'dry-2'), contentFile, work });
      const middle = (dry?.steps ?? []).findIndex((step) => step.startsWith('place '));
      expect(await child({ dataDir: decided, contentFile, work, dieAfter: middle + 1 })).toBeUndefined();
      const recovery = await child({ dataDir: await copyOf(decided, 'dry-3'), contentFile });
      const steps = recovery?.steps ?? [];
      expect(
        await forEach(Math.ceil(steps.length / stride), async (part) => {
          const number = (part - 1) * stride + 1;
          const dataDir = await copyOf(decided, `recover-${number}`);
          await child({ dataDir, contentFile, dieAfter: number });
          return complaintsAbout(dataDir, `killed after ${String(steps[number - 1])} of the recovery`);
        }),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'an apply that cannot be finished is put back, and SIGKILL at any step of that changes nothing of it',
    async () => {
      const { rig, before, after, contentFile } = ground;
      const order = { contentFile, obstacle: 'projects/New/foreign', work: { call: 'apply', step: stepOf(before, after, 'op') } } as const;
      const dataDir = await copyOf(rig.dataDir, 'obstacle');
      const dry = await child({ ...order, dataDir });
      expect(dry?.failure).toContain('projects/New');
      const steps = dry?.steps ?? [];
      const foreign = ['projects/New', 'projects/New/foreign'];
      expect(await complaintsAbout(dataDir, 'unkilled', foreign)).toEqual([]);
      const back = steps.indexOf('back');
      expect(back).toBeGreaterThan(0);
      expect(
        await forEach(Math.ceil((steps.length - back) / stride), async (part) => {
          const number = back + (part - 1) * stride + 1;
          const copy = await copyOf(rig.dataDir, `back-${number}`);
          const finished = await child({ ...order, dataDir: copy, dieAfter: number });
          return finished
            ? [`step ${number} was not reached`]
            : complaintsAbout(copy, `killed after ${String(steps[number - 1])}`, foreign);
        }),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'what a person saves between a crash and its recovery is kept, and named in the commit log',
    async () => {
      const { rig, before, after, contentFile, next } = ground;
      const dataDir = await copyOf(rig.dataDir, 'late');
      const work = { call: 'apply', step: stepOf(before, after, 'op') } as const;
      const dry = await child({ dataDir: await copyOf(rig.dataDir, 'dry-4'), contentFile, work });
      await child({ dataDir, contentFile, work, dieAfter: (dry?.steps ?? []).indexOf('journal') + 1 });
      const saved = join(dataDir, 'projects/P/views/a/view.json');
      rmSync(saved);
      writeFileSync(saved, 'saved while the agent was away');
      const agent = await openAgent(dataDir, rig.relay);
      await agent.close();
      expect(await everything(dataDir)).toEqual(next);
      const own = join(dataDir, '.ignition-sync');
      expect(readFileSync(join(own, 'commits.log'), 'utf8')).toContain('"late":["projects/P/views/a/view.json"]');
      const { stdout } = await run('grep', ['-rl', 'saved while the agent was away', join(own, 'snapshots')]);
      expect(stdout.trim().split('\n')).toHaveLength(1);
    },
    PATIENCE_MS,
  );
}

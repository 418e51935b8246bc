import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import type { PlanInput, PlanResult } from '../../../src/contract/source-activities.ts';
import type { DesiredGateway } from '../../../src/domain/desired.ts';
import { NO_MANIFEST } from '../../../src/domain/manifest.ts';
import { sha256 } from '../../../src/source/digest.ts';
import type { Fleet } from '../../../src/source/fleet.ts';
import { sweep, type SweepParts, type Swept } from '../../../src/source/sweep.ts';
import type { GitFixture } from './support/git-fixture.ts';
import { filesIn, letPass } from './support/ageing.ts';
import { gateway, Workbench } from './support/workbench.ts';

const MAPPINGS = [{ source: 'p', destination: 'projects/p', template: true }];
/** A gateway with nothing but what is mapped. */
const plain = (name: string, rest: Partial<DesiredGateway> = {}): DesiredGateway =>
  gateway(name, MAPPINGS, rest, { excludePatterns: ['config/resources/external/config-mode.json'] });
const NOBODY: Fleet = { rollouts: new Set(), gateways: new Map() };

async function parts(bench: Workbench, fleet: Fleet): Promise<SweepParts> {
  return { ...(await bench.opened), readFleet: () => Promise.resolve(fleet) };
}

async function sweepTwice(bench: Workbench, fleet: Fleet): Promise<Swept> {
  await sweep(await parts(bench, fleet), new Date());
  letPass(bench.storeFolder, 2);
  return await sweep(await parts(bench, fleet), new Date());
}

function namesIn(bench: Workbench, kind: string): string[] {
  return filesIn(join(bench.storeFolder, kind)).map(({ name }) => name);
}

test('content of a gateway that is gone for a month is freed; until then, and while the gateway is there, it stays', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/f': 'content' });
  await bench.plan({ repo: repo.url }, [plain('a')]);
  const there: Fleet = { rollouts: new Set(), gateways: new Map([['plant/a', []]]) };
  letPass(bench.storeFolder, 24 * 365);
  await sweepTwice(bench, there);
  expect(namesIn(bench, 'blobs')).toEqual([sha256('content')]);
  letPass(bench.storeFolder, 24 * 29);
  await sweepTwice(bench, NOBODY);
  expect(namesIn(bench, 'blobs')).toEqual([sha256('content')]);
  letPass(bench.storeFolder, 24 * 2);
  const swept = await sweepTwice(bench, NOBODY);
  expect(namesIn(bench, 'blobs')).toEqual([]);
  expect(swept).toMatchObject({ freedFiles: 2, takenOut: 0, files: 0, bytes: 0 }); // the blob and its manifest; the rollout's documents went first
  expect(readdirSync(join(bench.folder, 'mirrors', 'plans')).filter((name) => name.startsWith('_'))).toEqual([]);
});

test('what six plans ago was planned goes after a day, what is live and what is planned stays', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  const live: string[] = [];
  for (let n = 0; n < 7; n += 1) {
    repo.commit({ 'p/same': 'same', 'p/f': `version ${n}` });
    const before = live.at(-1) ?? NO_MANIFEST;
    const result = await bench.plan({ repo: repo.url }, [plain('a', { live: before })]);
    live.push((await bench.planned(result, 'a')).target);
  }
  const fleet: Fleet = { rollouts: new Set(['rollout/plant/demo/1']), gateways: new Map([['plant/a', [live.at(-2)!]]]) };
  await sweepTwice(bench, fleet);
  expect(namesIn(bench, 'blobs')).toHaveLength(8); // all younger than a day
  letPass(bench.storeFolder, 25);
  const { freedFiles, freedBytes } = await sweepTwice(bench, fleet);
  const versions = [2, 3, 4, 5, 6].map((n) => sha256(`version ${n}`)); // the five manifests that the gateway may read
  expect(namesIn(bench, 'blobs').sort()).toEqual([sha256('same'), ...versions].sort());
  expect(freedFiles).toBeGreaterThanOrEqual(4); // two versions with their manifests
  expect(freedBytes).toBeGreaterThan(0);
});

test('a manifest that only status names keeps its content: the pin of its gateway was lost', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/f': 'content' });
  const { target } = await bench.planned(await bench.plan({ repo: repo.url }, [plain('a')]), 'a');
  letPass(bench.storeFolder, 24 * 365);
  await sweepTwice(bench, { rollouts: new Set(), gateways: new Map([['plant/other', [target]]]) });
  expect(namesIn(bench, 'blobs')).toEqual([sha256('content')]);
});

test('a cluster that does not answer stops the sweep before it takes anything', async () => {
  using bench = new Workbench();
  const { store } = await bench.opened;
  await store.putDocument({ old: true });
  letPass(bench.storeFolder, 24 * 365);
  const silent = { ...(await bench.opened), readFleet: () => Promise.reject(new Error('no apiserver')) };
  await expect(sweep(silent, new Date())).rejects.toThrow('no apiserver');
  expect(namesIn(bench, 'documents')).toHaveLength(1);
  expect(readdirSync(bench.storeFolder)).not.toContain('swept');
});

test('what was swept a moment ago is read, planned with and brought back as if nothing had happened', async () => {
  using bench = new Workbench();
  const { store } = await bench.opened;
  const digest = await store.putDocument({ old: true });
  letPass(bench.storeFolder, 24 * 365);
  expect(await sweep(await parts(bench, NOBODY), new Date())).toMatchObject({ takenOut: 1, freedFiles: 0 });
  expect(namesIn(bench, 'documents')).toEqual([]);
  expect(await store.readDocument(digest)).toEqual({ old: true });
  expect(namesIn(bench, 'documents')).toEqual([digest]);
});

test('when content is freed, its line in the index goes too, and a later plan reads it from git again', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/f': 'content' });
  await bench.plan({ repo: repo.url }, [plain('a')]);
  letPass(bench.storeFolder, 24 * 31);
  await sweepTwice(bench, NOBODY);
  const { blobs } = await bench.opened;
  expect(blobs.get(repo.git('rev-parse', 'main:p/f'))).toBeUndefined();
  const again = await bench.plan({ repo: repo.url }, [plain('a')]);
  expect((await bench.planned(again, 'a')).files['projects/p/f']?.toString()).toBe('content');
});

type Step =
  | { readonly do: 'push'; readonly files: readonly number[] }
  | { readonly do: 'plan' | 'planWhileSweeping'; readonly only: boolean }
  | { readonly do: 'apply' | 'report' | 'restart' }
  | { readonly do: 'sweep'; readonly crashAfter: number | undefined }
  | { readonly do: 'pass'; readonly hours: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('push' as const), files: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }) }),
    fc.record({ do: fc.constantFrom('plan' as const, 'planWhileSweeping' as const), only: fc.boolean() }),
    fc.record({ do: fc.constantFrom('apply' as const, 'report' as const, 'restart' as const) }),
    fc.record({ do: fc.constant('sweep' as const), crashAfter: fc.option(fc.nat(4), { nil: undefined }) }),
    fc.record({ do: fc.constant('pass' as const), hours: fc.constantFrom(2, 25, 24 * 20) }),
  ),
  { minLength: 6, maxLength: 16 },
);

const SWEEP: Step = { do: 'sweep', crashAfter: undefined };

/** Two gateways, one object, and what each party knows. */
class Plant {
  readonly #bench: Workbench;
  readonly #repo: GitFixture;
  #commit: string;
  #n = 0;
  #newest: { readonly result: PlanResult; readonly input: PlanInput; readonly targets: ReadonlyMap<string, string> } | undefined;
  readonly #live = new Map<string, string>();
  #fleet: Fleet = { rollouts: new Set(), gateways: new Map(['a', 'b'].map((name) => [`plant/${name}`, []])) };

  constructor(bench: Workbench) {
    this.#bench = bench;
    this.#repo = bench.repository();
    this.#commit = this.#repo.commit({ 'p/f0': 'content 0' });
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'push') {
      const files = step.files.flatMap((n) => [[`p/f${n}`, `content ${n}`] as const, [`p/t${n}`, `{{ GatewayName }} ${n}`] as const]);
      this.#commit = this.#repo.commit(Object.fromEntries(files));
    }
    if (step.do === 'plan') await this.#plan(step.only);
    if (step.do === 'planWhileSweeping') await Promise.all([this.#plan(step.only), this.#sweep()]);
    if (step.do === 'apply') for (const [name, target] of this.#newest?.targets ?? []) this.#live.set(name, target);
    if (step.do === 'report') this.#report();
    if (step.do === 'restart') this.#bench.restart();
    if (step.do === 'sweep') await this.#sweep(step.crashAfter);
    if (step.do === 'pass') this.#pass(step.hours);
  }

  /** A sweep comes every hour, so a day does not pass before status has been seen. */
  #pass(hours: number): void {
    if (hours > 2) this.#report();
    letPass(this.#bench.storeFolder, hours);
  }

  #report(): void {
    this.#fleet = {
      rollouts: new Set(this.#newest ? [this.#newest.input.rollout] : []),
      gateways: new Map(['a', 'b'].map((name) => [`plant/${name}`, this.#live.has(name) ? [this.#live.get(name)!] : []])),
    };
  }

  async #plan(only: boolean): Promise<void> {
    const gateways = ['a', 'b'].map((name): DesiredGateway => plain(name, { live: this.#live.get(name) ?? NO_MANIFEST }));
    const { source } = await this.#bench.opened;
    this.#n += 1;
    const asked = await this.#bench.input({ repo: this.#repo.url }, gateways);
    const input = { ...asked, commit: this.#commit, rollout: `rollout/plant/demo/${this.#n}`, ...(only ? { only: ['a'] } : {}) };
    const result = await source.plan(input);
    const rows = await source.readWave({ planDigest: result.planDigest, stage: '', wave: 0, only: only ? ['a'] : ['a', 'b'] });
    this.#newest = { result, input, targets: new Map(rows.map((row) => [row.gateway, row.target])) };
  }

  async #sweep(crashAfter?: number): Promise<void> {
    const found = await parts(this.#bench, this.#fleet);
    const { swept } = found.store;
    let left = crashAfter ?? Infinity;
    const take = swept.take.bind(swept);
    swept.take = async (path, at) => {
      if ((left -= 1) < 0) throw new Error('killed');
      return await take(path, at);
    };
    await sweep(found, new Date()).catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'killed') throw error;
    });
    swept.take = take;
    if (crashAfter !== undefined) this.#bench.restart();
  }

  /** What an agent that has lost everything but its snapshots would ask for, and what the workflow would. */
  async nothingIsLost(): Promise<void> {
    const { source, store } = await this.#bench.opened;
    for (const digest of new Set([...this.#live.values(), ...(this.#newest?.targets.values() ?? [])])) {
      const { entries } = await store.readManifest(digest);
      for (const { sha256: blob } of entries) await buffer((await store.openBlob(blob)).stream);
    }
    if (!this.#newest) return;
    this.#bench.restart();
    await source.readWave({ planDigest: this.#newest.result.planDigest, stage: '', wave: 0 });
    await store.readDocument(this.#newest.result.planDigest);
    await store.readDocument(this.#newest.input.desired);
  }
}

test('whatever is planned, applied, swept, killed and left alone in whatever order: nothing that is needed is ever lost', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      using bench = new Workbench();
      await bench.opened;
      const plant = new Plant(bench);
      // Looking for something brings it back, so only the end is looked at.
      for (const step of [...taken, SWEEP, { do: 'pass', hours: 2 } as const, SWEEP]) await plant.take(step);
      await plant.nothingIsLost();
    }),
    { numRuns: 15 },
  );
}, 300_000);

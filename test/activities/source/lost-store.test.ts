import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import type { PlanInput, PlanResult } from '../../../src/contract/source-activities.ts';
import type { DesiredGateway } from '../../../src/domain/desired.ts';
import { ContentStore } from '../../../src/source/content-store.ts';
import { sha256 } from '../../../src/source/digest.ts';
import type { FrozenPlan } from '../../../src/source/frozen-plans.ts';
import { Grants } from '../../../src/source/grants.ts';
import { keepContent } from '../../../src/source/keep-content.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const MAPPINGS = [{ source: 'p', destination: 'projects/p', template: true }];
/** A gateway with nothing but what is mapped. */
const plain = (name: string, rest: Partial<DesiredGateway> = {}): DesiredGateway =>
  gateway(name, MAPPINGS, rest, { excludePatterns: ['config/resources/external/config-mode.json'] });
const GIT_FILES = { 'p/f': 'plain', 'p/t': 'I am {{ GatewayName }}', 'p/large': Buffer.alloc(600_000, 7) };
const silent = pino({ level: 'silent' });

/** A source that keeps its store, and a relay that reads it from another process's point of view. */
class Rollout implements AsyncDisposable {
  readonly #bench: Workbench;
  readonly #stop = new AbortController();
  readonly #keeping: Promise<void>;
  readonly input: PlanInput;
  readonly result: PlanResult;
  readonly relay: { readonly store: ContentStore; readonly grants: Grants };

  private constructor(bench: Workbench, made: Pick<Rollout, 'input' | 'result' | 'relay'>, keeping: (stop: AbortSignal) => Promise<void>) {
    this.#bench = bench;
    this.input = made.input;
    this.result = made.result;
    this.relay = made.relay;
    this.#keeping = keeping(this.#stop.signal);
  }

  static async start(bench: Workbench, gateways: readonly DesiredGateway[]): Promise<Rollout> {
    const parts = await bench.opened;
    const repo = bench.repository();
    const input = { ...(await bench.input({ repo: repo.url }, gateways)), commit: repo.commit(GIT_FILES) };
    const result = await parts.source.plan(input);
    await parts.store.losses.declareWhole();
    const store = await bench.openStore({ waitMs: 20_000 });
    const relay = { store, grants: new Grants(store) };
    const readFleet = () => Promise.resolve({ rollouts: new Set<string>(), gateways: new Map<string, string[]>() });
    return new Rollout(bench, { input, result, relay }, (stop) => keepContent({ ...parts, readFleet }, silent, stop));
  }

  get store(): string {
    return this.#bench.storeFolder;
  }

  /** What the agent of a gateway gets when it asks for its wave's plan, its manifest, and every file of that. */
  async filesOf(name: string): Promise<Record<string, string>> {
    const { source } = await this.#bench.opened;
    const rows = await source.readWave({ planDigest: this.result.planDigest, stage: '', wave: 0, only: [name] });
    const row = rows.find(({ gateway: of }) => of === name);
    const { store, grants } = this.relay;
    expect(await grants.mayReadManifest('plant', name, row!.target)).toBe(true);
    const { entries } = await store.readManifest(row!.target);
    const files: Record<string, string> = {};
    for (const entry of entries) {
      expect(await grants.mayReadBlob('plant', name, entry.sha256)).toBe(true);
      const bytes = await buffer((await store.openBlob(entry.sha256)).stream);
      files[entry.path] = bytes.length > 1000 ? sha256(bytes) : bytes.toString();
    }
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#keeping;
  }
}

const expected = (name: string): Record<string, string> => ({
  'projects/p/f': 'plain',
  'projects/p/t': `I am ${name}`,
  'projects/p/large': sha256(GIT_FILES['p/large']),
});

test('the whole store is deleted in the middle of a rollout: agents wait a moment and get the same bytes, and the rollout goes on', async () => {
  using bench = new Workbench();
  await using rollout = await Rollout.start(bench, [plain('a'), plain('b')]);
  expect(await rollout.filesOf('a')).toEqual(expected('a'));
  rmSync(rollout.store, { recursive: true, force: true });
  expect(await rollout.filesOf('b')).toEqual(expected('b'));
  const { source, store } = await bench.opened;
  expect(await store.readDocument(rollout.result.planDigest)).toMatchObject({ commit: rollout.input.commit });
  expect((await source.plan(rollout.input)).planDigest).toBe(rollout.result.planDigest);
});

test('the store is deleted while the source is down: at its next start it makes the plans under way again', async () => {
  using bench = new Workbench();
  let planDigest: string;
  {
    await using rollout = await Rollout.start(bench, [plain('a')]);
    planDigest = rollout.result.planDigest;
  }
  rmSync(bench.storeFolder, { recursive: true, force: true });
  bench.restart();
  const parts = await bench.opened;
  expect(await parts.source.readWave({ planDigest, stage: '', wave: 0, only: ['a'] })).toHaveLength(1);
  const stop = new AbortController();
  const relay = await bench.openStore({ waitMs: 20_000 });
  const readFleet = () => Promise.resolve({ rollouts: new Set<string>(), gateways: new Map<string, string[]>() });
  const keeping = keepContent({ ...parts, readFleet }, silent, stop.signal);
  expect((await buffer((await relay.openBlob(sha256('plain'))).stream)).toString()).toBe('plain');
  stop.abort();
  await keeping;
});

test('mirror and store are lost together: both are made again', async () => {
  using bench = new Workbench();
  await using rollout = await Rollout.start(bench, [plain('a')]);
  for (const name of readdirSync(join(bench.folder, 'mirrors')))
    if (name.endsWith('.git')) rmSync(join(bench.folder, 'mirrors', name), { recursive: true });
  rmSync(rollout.store, { recursive: true });
  expect(await rollout.filesOf('a')).toEqual(expected('a'));
});

test.each(['plain', 'I am a'])('a blob ("%s") that somebody deleted is made again when an agent asks for it', async (text) => {
  using bench = new Workbench();
  await using rollout = await Rollout.start(bench, [plain('a')]);
  rmSync(bench.blobPath(sha256(text)));
  expect(await rollout.filesOf('a')).toEqual(expected('a'));
});

test.each(['plain', 'I am a', GIT_FILES['p/large']])(
  'a byte that flipped is found before an agent takes it for content, and healed (%#)',
  async (content) => {
    using bench = new Workbench();
    await using rollout = await Rollout.start(bench, [plain('a')]);
    const path = bench.blobPath(sha256(content));
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const opened = await rollout.relay.store.openBlob(sha256(content));
    expect(await failure(buffer(opened.stream))).toMatchObject({ reason: 'ContentUnavailable' });
    expect(await rollout.filesOf('a')).toEqual(expected('a'));
  },
);

test.each(['cut short', 'deleted'])('a manifest that was %s is made again when an agent asks for it', async (harm) => {
  using bench = new Workbench();
  await using rollout = await Rollout.start(bench, [plain('a')]);
  const { target } = await bench.planned(rollout.result, 'a');
  const path = join(rollout.store, 'manifests', target);
  if (harm === 'deleted') rmSync(path);
  else writeFileSync(path, readFileSync(path).subarray(0, 40));
  expect(await rollout.filesOf('a')).toEqual(expected('a'));
  expect(statSync(path).size).toBeGreaterThan(40);
});

test('what is planned for the other node of a redundant pair is made again too', async () => {
  using bench = new Workbench();
  const pair = [plain('a', { pair: { peer: 'b', master: true } }), plain('b', { pair: { peer: 'a', master: false } })];
  await using rollout = await Rollout.start(bench, pair);
  rmSync(rollout.store, { recursive: true });
  expect(await rollout.filesOf('b')).toEqual(expected('a'));
});

test('a plan made after blobs were deleted or cut short under the running source brings them again', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(GIT_FILES);
  const first = await bench.plan({ repo: repo.url }, [plain('a')]);
  rmSync(bench.blobPath(sha256('plain')));
  writeFileSync(bench.blobPath(sha256('I am a')), '');
  const second = await bench.plan({ repo: repo.url }, [plain('a')]);
  expect(second.planDigest).toBe(first.planDigest);
  const { files } = await bench.planned(second, 'a');
  expect(files['projects/p/f']?.toString()).toBe('plain');
  expect(files['projects/p/t']?.toString()).toBe('I am a');
});

test('what git gives for a frozen plan must have the digest that was planned: else it is refused by name and nothing is put in its place', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(GIT_FILES);
  await bench.plan({ repo: repo.url }, [plain('a')]);
  const { source, frozen, store } = await bench.opened;
  const { value: kept } = (await frozen.all().next()) as { value: FrozenPlan };
  const gateways = kept.plan.gateways.map((row) => ({ ...row, target: 'f'.repeat(64) }));
  expect(await failure(source.mend({ ...kept, plan: { ...kept.plan, gateways } }))).toMatchObject({
    reason: 'ContentUnavailable',
    message: expect.stringContaining('not what was planned') as string,
  });
  expect(await new Grants(store).mayReadManifest('plant', 'a', 'f'.repeat(64))).toBe(false);
});

test('content that no plan under way has is not made again: the agent hears so by name, after its wait', async () => {
  using bench = new Workbench();
  await using rollout = await Rollout.start(bench, [plain('a')]);
  const relay = await ContentStore.open(rollout.store, { waitMs: 50 });
  expect(await failure(relay.openBlob(sha256('nowhere')))).toMatchObject({ reason: 'ContentUnavailable' });
});

import type { PlanResult } from '../../../src/contract/source-activities.ts';
import type { DesiredGateway } from '../../../src/domain/desired.ts';
import { gateway, Workbench } from './support/workbench.ts';

const EXTERNAL = 'config/resources/external';
const MAPPINGS = [
  { source: 'p', destination: 'projects/p', template: true },
  { source: 'e', destination: `${EXTERNAL}/e`, template: true },
];
const FILES = { 'p/t': 'I am {{ GatewayName }}', 'e/t': 'I am {{ GatewayName }}' };
const node = (name: string, peer: string, master: boolean, spec: Record<string, unknown> = {}, rest: Partial<DesiredGateway> = {}) =>
  gateway(name, MAPPINGS, { pair: { peer, master }, ...rest }, spec);

/** What is planned for a gateway: its row, and its text files. */
async function plannedFor(bench: Workbench, result: PlanResult, name: string) {
  const { source, store } = await bench.opened;
  const rows = await source.readWave({ planDigest: result.planDigest, stage: '', wave: 0, only: [name] });
  const row = rows.find((one) => one.gateway === name)!;
  const files: Record<string, string> = {};
  for (const { path, sha256, ifAbsent } of (await store.readManifest(row.target)).entries) {
    let text = '';
    for await (const chunk of (await store.openBlob(sha256)).stream) text += (chunk as Buffer).toString();
    if (!ifAbsent) files[path] = text;
  }
  return { row, files, asked: rows.map((one) => one.gateway) };
}

test('what replicates is the master’s on both nodes, external is each node’s own, and both are in one wave', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  const gateways = [node('a-0', 'a-1', true), node('a-1', 'a-0', false), gateway('b', MAPPINGS)];
  const result = await bench.plan({ repo: repo.url }, gateways);
  expect(result.stages).toEqual([
    { name: 'canary', waves: 1, gateways: 2 },
    { name: 'rest', waves: 1, gateways: 1 },
  ]);
  expect((await plannedFor(bench, result, 'a-0')).files).toEqual({ 'projects/p/t': 'I am a-0', [`${EXTERNAL}/e/t`]: 'I am a-0' });
  const { row, files, asked } = await plannedFor(bench, result, 'a-1');
  expect(files).toEqual({ 'projects/p/t': 'I am a-0', [`${EXTERNAL}/e/t`]: 'I am a-1' });
  expect(row.pair).toEqual({ peer: 'a-0', master: false, policy: 'hold' });
  expect(asked).toEqual(['a-0', 'a-1']); // a retry of one is one of both
  expect(result.notes).toContain('a-1: takes what replicates as it is composed for a-0, the master of its pair.');
});

test('a pair changes when one of its nodes does, and one that is asked for brings the other', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit({ 'p/t': 'for all', 'e/t': 'for all' });
  const first = await bench.plan({ repo: repo.url }, [node('a-0', 'a-1', true), node('a-1', 'a-0', false)]);
  const { target } = (await plannedFor(bench, first, 'a-0')).row;
  const runs = { live: target, confirmed: target };
  const behind = await bench.plan({ repo: repo.url }, [node('a-0', 'a-1', true, {}, runs), node('a-1', 'a-0', false)]);
  expect(behind).toMatchObject({ changed: 2, unchanged: 0 });
  const catchUp = await bench.plan({ repo: repo.url }, [node('a-0', 'a-1', true, {}, runs), node('a-1', 'a-0', false, {}, runs)], {}, [
    'a-1',
  ]);
  expect(catchUp).toMatchObject({ changed: 2, unchanged: 0 });
});

test('the two nodes of a pair may have one system name; the more careful of two policies counts', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  const spec = { normalize: { systemName: 'line' } };
  const gateways = [
    node('a-0', 'a-1', true, { ...spec, redundancyPolicy: 'proceed' }),
    node('a-1', 'a-0', false, { ...spec, redundancyPolicy: 'proceed' }),
    node('b-0', 'b-1', true, { redundancyPolicy: 'proceed' }),
    node('b-1', 'b-0', false),
  ];
  const result = await bench.plan({ repo: repo.url }, gateways);
  expect((await plannedFor(bench, result, 'a-1')).row.pair?.policy).toBe('proceed');
  expect((await plannedFor(bench, result, 'b-0')).row.pair?.policy).toBe('hold');
});

test('a node may read what is live on its peer: files of that may have come to it', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  const other = 'e'.repeat(64);
  await bench.plan({ repo: repo.url }, [node('a-0', 'a-1', true, {}, { live: other }), node('a-1', 'a-0', false)]);
  const { grants } = await bench.opened;
  expect(await grants.mayReadManifest('plant', 'a-1', other)).toBe(true);
});

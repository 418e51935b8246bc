import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ApplyInput } from '../../../src/contract/gateway-activities.ts';
import { NO_MANIFEST } from '../../../src/domain/manifest.ts';
import { seedDataDirectory } from '../../support/gateway-simulator/seed.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import type { CrashOrder } from './support/crash-child.ts';
import { EXPECTS, StartingPod, outcomeOf, until } from './support/starting.ts';

const FILES: Files = { 'projects/P/project.json': '{}' };
const NEWER: Files = { 'projects/P/project.json': '{"title":"P"}' };

let pod: StartingPod;
let live: string;
beforeEach(async () => {
  pod = new StartingPod();
  await seedDataDirectory(pod.dataDir);
  // Some earlier pod ran here, and was synced.
  pod.relay.says = EXPECTS.nothing;
  pod.sandbox = 'pod-0';
  const before = pod.start();
  const gateway = await GatewaySimulator.start({ dataDir: pod.dataDir });
  pod.relay.port = gateway.port;
  live = (await before.sync(NO_MANIFEST, FILES)).target;
  await before.end();
  await gateway.stop();
  pod.sandbox = 'pod-1';
  pod.decisions.length = 0;
});
afterEach(() => pod.end());

test.each([
  { when: 'nothing is wanted that is not live', says: EXPECTS.nothing, why: 'open: what is wanted is live' },
  { when: 'its object is paused', says: EXPECTS.paused, why: 'open: IgnitionSync plant is paused' },
])('a gateway starts at once when $when', async ({ says, why }) => {
  pod.relay.says = says;
  expect(await pod.start().opened()).toBe(why);
});

test('a gateway waits for the commit that is on its way, starts with it, and the proof follows its start', async () => {
  pod.relay.says = EXPECTS.sync;
  const agent = pod.start();
  await until(() => /^a sync is on its way: waits for it at most \d+ s more$/.test(agent.gate.closed ?? ''));
  const step = await agent.sync(live, NEWER);
  expect(await agent.opened()).toBe('open: the wanted commit is live');
  expect(await outcomeOf(agent.scan(step))).toBe('GatewayStarting');
  const gateway = await GatewaySimulator.start({ dataDir: pod.dataDir, port: pod.relay.port });
  expect(await outcomeOf(agent.scan(step))).toBe('Loaded');
  expect(gateway.damage).toEqual([]);
  await gateway.stop();
});

test('neither a relay that is away nor a commit that never comes keeps a gateway down for longer than the grace', async () => {
  pod.graceSeconds = 1;
  for (const says of ['nobody answers', EXPECTS.sync] as const) {
    pod.sandbox = `pod-${JSON.stringify(says)}`;
    pod.relay.says = says;
    pod.relay.graceSeconds = 1;
    const agent = pod.start();
    expect(await agent.opened()).toBe('open: startupGraceSeconds are over (1): the gateway starts with what it has');
    await agent.end();
  }
});

test('the grace counts from the start of the pod, however often its agent is started anew', async () => {
  pod.relay.says = 'nobody answers';
  pod.graceSeconds = 1;
  const first = pod.start();
  await first.ready();
  await first.end();
  await until(() => pod.decisions.length > 0);
  pod.graceSeconds = 3_600;
  const record = JSON.parse(pod.read('.ignition-sync/startup.json')!) as { since: string };
  pod.write(
    '.ignition-sync/startup.json',
    JSON.stringify({ ...record, since: new Date(Date.parse(record.since) - 3_600_000).toISOString() }),
  );
  expect(await pod.start().opened()).toMatch(/^open: startupGraceSeconds are over \(3600\)/);
});

test('an agent that is started anew beside a running gateway takes it from nobody: its gate is open before it has looked at anything', async () => {
  pod.relay.says = EXPECTS.paused;
  const first = pod.start();
  await first.opened();
  await first.ready();
  await first.end();
  pod.relay.says = 'nobody answers';
  expect(pod.start().gate.closed).toBeUndefined();
  // A pod made anew on the same volume waits again.
  await pod.agent.end();
  pod.sandbox = 'pod-2';
  expect(pod.start().gate.closed).toBeDefined();
});

test('an agent that was killed after its commit record opens the gate without asking anybody', async () => {
  pod.relay.says = EXPECTS.sync;
  const first = pod.start();
  const { agent } = await first.ready();
  await until(() => pod.read('.ignition-sync/startup.json')?.includes('pod-1') === true);
  const step = pod.step(live, NEWER);
  await agent.stage(step, { signal: new AbortController().signal, onProgress: () => undefined });
  await agent.apply(step, { signal: new AbortController().signal, onProgress: () => undefined }); // and the gate never hears of it
  await first.end();
  pod.relay.says = 'nobody answers';
  expect(await pod.start().opened()).toBe('open: the wanted commit is live');
});

test.each([
  { dieAfter: 'the journal', step: 'journal' },
  { dieAfter: 'the commit record', step: 'recorded' },
])(
  'an agent that was killed directly after $dieAfter ends the sync before the gateway may start, also when nobody answers',
  async ({ step }) => {
    const next = pod.step(live, NEWER);
    const { status, stdout } = dieAt(step, next);
    expect({ status, stdout }).toEqual({ status: null, stdout: '' });
    expect(pod.read('.ignition-sync/journal.json')).toBeDefined();
    pod.relay.says = 'nobody answers';
    pod.graceSeconds = 0;
    const agent = pod.start();
    expect(agent.gate.closed).toMatch(/^the volume is looked at: an interrupted sync is ended first/);
    await agent.opened();
    expect(pod.read('.ignition-sync/journal.json')).toBeUndefined();
    expect(pod.read('projects/P/project.json')).toBe(NEWER['projects/P/project.json']);
    expect((JSON.parse(pod.read('.ignition-sync/state.json')!) as { live: string }).live).toBe(next.target);
  },
);

/** Another agent process applies and ends itself directly after this step of the journal. */
function dieAt(name: string, step: ApplyInput): { status: number | null; stdout: string } {
  const { content } = pod.relay;
  const contentFile = join(pod.dataDir, '../content.json');
  writeFileSync(contentFile, JSON.stringify([...content.manifests]));
  writeFileSync(`${contentFile}.blobs`, JSON.stringify([...content.blobs].map(([digest, bytes]) => [digest, bytes.toString('base64')])));
  const order: CrashOrder = { dataDir: pod.dataDir, contentFile, work: { call: 'apply', step }, dieAt: name };
  const child = join(import.meta.dirname, 'support/crash-child.ts');
  return spawnSync(process.execPath, [child, JSON.stringify(order)], { encoding: 'utf8', env: { PATH: dirname(process.execPath) } });
}

test('a sync that was torn and cannot be ended keeps the gateway down, with words, until it can', async () => {
  pod.relay.says = EXPECTS.paused;
  pod.graceSeconds = 0;
  const own = join(pod.dataDir, '.ignition-sync');
  writeFileSync(join(own, 'journal.json'), '{"version":1');
  const agent = pod.start();
  await until(() => agent.troubles.length > 0);
  expect(agent.gate.closed).toMatch(/^the files are in the middle of a sync that could not be ended yet: .*journal/);
  rmSync(join(own, 'journal.json'));
  expect(await agent.opened()).toMatch(/^open: /);
});

test('a sync that is being written keeps the gateway down until it is whole, also when the grace is over meanwhile', async () => {
  pod.relay.says = EXPECTS.sync;
  const agent = pod.start();
  await agent.ready();
  const duringRenames: (string | undefined)[] = [];
  pod.onStep = (step) => {
    if (!step.startsWith('place')) return;
    void agent.gate.told({ expects: 'held', message: 'paused', graceSeconds: 0, connection: { port: pod.relay.port, tls: false } });
    duringRenames.push(agent.gate.closed);
  };
  await agent.sync(live, NEWER);
  expect(duringRenames).toEqual([expect.stringMatching(/^the files are in the middle of a sync .*journal/)]);
  expect(await agent.opened()).toMatch(/^open: /);
});

test('a sync that could neither be ended nor put back keeps the gateway down, whatever the relay says, until the volume takes writes again', async () => {
  pod.relay.says = EXPECTS.sync;
  let readOnly = false;
  pod.onStep = (step) => {
    readOnly ||= step.startsWith('place');
    if (readOnly) throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', syscall: 'rename' });
  };
  const agent = pod.start();
  await agent.ready();
  expect(await outcomeOf(agent.sync(live, NEWER))).toBe('VolumeFailed');
  pod.relay.says = EXPECTS.paused;
  await agent.gate.told({ ...EXPECTS.paused, graceSeconds: 0, connection: { port: pod.relay.port, tls: false } });
  expect(agent.gate.closed).toMatch(/^the files are in the middle of a sync .*journal/);
  readOnly = false;
  pod.onStep = undefined;
  expect(await agent.opened()).toBe(`open: ${EXPECTS.paused.message}`);
  expect(pod.read('.ignition-sync/journal.json')).toBeUndefined();
});

test('a whole volume that refuses the agent lets its gateway start after the grace, and says what is wrong', async () => {
  pod.graceSeconds = 1;
  const other = pod.start();
  await other.ready();
  // Another agent has the volume; this one cannot take it.
  pod.sandbox = 'pod-2';
  const agent = pod.start();
  expect(await agent.opened()).toMatch(/^open: startupGraceSeconds are over \(1\): .*Another agent process works on this data directory/);
  await other.end();
  await agent.ready();
});

import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { GatewayStep } from '../../../src/contract/gateway-activities.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { SyncError } from '../../../src/domain/errors.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { Rig, doing } from './support/rig.ts';

const BOTH: Files = { 'projects/P/project.json': '{}', 'config/resources/core/notes/a': '1' };

let rig: Rig;
let gateway: GatewaySimulator;
/** Which locks were held at the steps of the last change. */
let seen: { step: string; held: string[] }[];

const held = (): string[] => (['config', 'projects'] as const).filter((kind) => gateway.gateway.locks[kind].actor !== undefined);

beforeEach(async () => {
  seen = [];
  rig = await Rig.open({ scanTimeoutMs: 2000, onStep: (step) => void seen.push({ step, held: held() }) });
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir, faults: { scanMs: 0 } });
  await rig.reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false, timeoutMs: 1_000 }) });
});
afterEach(async () => {
  await gateway.stop();
  await rig.close();
});

/** What was held at each rename and removal. */
function during(): string[] {
  return [...new Set(seen.flatMap(({ step, held }) => (/^(place|remove)/.test(step) ? [held.join(' and ')] : [])))];
}

async function scan(step: GatewayStep): Promise<void> {
  await rig.agent.scan({ ...step, scans: { config: false, projects: false, newProject: false } }, doing);
}

test.each<{ name: string; files: Files; locks: string }>([
  { name: 'both', files: BOTH, locks: 'config and projects' },
  { name: 'that of projects', files: { 'projects/P/project.json': '{}' }, locks: 'projects' },
  { name: 'that of the configuration', files: { 'config/resources/core/notes/a': '1' }, locks: 'config' },
])('$name is held from before the first rename until the scan is asked for', async ({ files, locks }) => {
  await rig.sync(files);
  expect(during()).toEqual([locks]);
  expect(held().join(' and ')).toBe(locks);
  const { live } = await rig.agent.inspect();
  await scan(rig.step(live, live));
  expect(held()).toEqual([]);
});

test('a restore holds them too, and what no scan will be asked for is let go', async () => {
  await rig.sync({ 'projects/P/project.json': '{}' });
  const { live: first } = await rig.agent.inspect();
  await scan(rig.step(first, first));
  const { live } = await rig.sync({ 'projects/P/project.json': '{"title":"x"}' });
  await scan(rig.step(live, live));
  seen = [];
  await rig.agent.restore(rig.step(live, first), doing);
  expect(during()).toEqual(['config and projects']);
  expect(held()).toEqual(['projects']);
});

test('1.4.16 a refused ticket lets them go, and nothing has changed', async () => {
  rig.relay.refusal = new SyncError('Frozen', 'stopped');
  await expect(rig.sync(BOTH)).rejects.toMatchObject({ reason: 'Frozen' });
  expect(held()).toEqual([]);
  expect(rig.has('projects/P')).toBe(false);
});

test('what could neither be ended nor put back is not scanned: its locks end by themselves', async () => {
  await rig.sync({ 'projects/P/project.json': '{}' });
  const { live } = await rig.agent.inspect();
  await scan(rig.step(live, live));
  const scans = (): number => gateway.requests.filter(({ method, path }) => method === 'POST' && path.includes('/scan/')).length;
  const before = scans();
  let readOnly = false;
  await rig.reopen({
    onStep: (step) => {
      readOnly ||= step.startsWith('place');
      if (readOnly) throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', syscall: 'rename' });
    },
  });
  await expect(rig.sync({ 'projects/P/project.json': '{"title":"x"}' })).rejects.toMatchObject({ reason: 'VolumeFailed' });
  expect({ torn: rig.has('.ignition-sync/journal.json'), held: held(), scans: scans() - before }).toEqual({
    torn: true,
    held: ['projects'],
    scans: 0,
  });
  readOnly = false;
});

test.each<{ name: string; faults: Partial<Faults> }>([
  { name: '1.4.16 has no locks', faults: { locks: 'absent' } },
  { name: 'has given its locks to somebody else', faults: { locks: 'taken' } },
  { name: 'wants no body', faults: { wrongAnswer: 'garbage', wrongAt: '/data/api/v1/scan-lock' } },
  { name: 'says nothing', faults: { wrongAnswer: 'silence', wrongAt: '/' } },
  { name: 'does not know the key', faults: { refuseToken: 401 } },
  { name: 'is starting', faults: { state: 'starting' } },
  { name: 'waits to be commissioned', faults: { state: 'commissioning' } },
])('a gateway that $name is changed all the same', async ({ faults }) => {
  const { live } = await rig.agent.inspect();
  const step = rig.step(live, rig.content.add(BOTH));
  await rig.agent.stage(step, doing);
  gateway.set(faults);
  await rig.agent.apply(step, doing);
  expect(rig.has('projects/P/project.json')).toBe(true);
});

test('a gateway that is down is changed all the same', async () => {
  await gateway.stop();
  await rig.sync(BOTH);
  expect(rig.has('projects/P/project.json')).toBe(true);
});

test('locks of a process that died are let go by the scan of the next one', async () => {
  const { live } = await rig.agent.inspect();
  const step = rig.step(live, rig.content.add(BOTH));
  await rig.agent.stage(step, doing);
  await rig.agent.apply(step, doing);
  expect(held()).toEqual(['config', 'projects']);
  await rig.reopen();
  await scan(rig.step(step.target, step.target));
  expect(held()).toEqual([]);
});

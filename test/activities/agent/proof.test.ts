import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createIgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { ScanResult } from '../../../src/contract/gateway-activities.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { Rig, doing } from './support/rig.ts';

const resource = (files: readonly string[], attributes: object = {}): string =>
  JSON.stringify({ scope: 'A', version: 1, restricted: false, overridable: true, files, attributes });

const VIEW = 'projects/P/com.inductiveautomation.perspective/views/Line/Card';
const SCRIPT = 'projects/P/ignition/script-python/plant/units';
const UDT = 'config/resources/core/ignition/tag-type-definition/default/Motors';
const TAGS = 'config/resources/core/ignition/tag-definition/default/Line 1';
const DB = 'config/resources/core/ignition/database-connection/my history';
const IMAGE = 'config/resources/core/ignition/images/logo.png';

const BASE: Files = {
  'projects/P/project.json': '{"title":"P"}',
  [`${VIEW}/resource.json`]: resource(['view.json']),
  [`${VIEW}/view.json`]: '{"root":1}',
  [`${SCRIPT}/resource.json`]: resource(['code.py']),
  [`${SCRIPT}/code.py`]: 'a = 1\n',
  'config/resources/core/ignition/tag-provider/default/resource.json': resource(['config.json']),
  'config/resources/core/ignition/tag-provider/default/config.json': '{"profile":{"type":"STANDARD"}}',
  [`${UDT}/unary-resource.json`]: resource(['udts.json']),
  [`${UDT}/udts.json`]: '[{"name":"Motor","tagType":"UdtType","tags":[{"name":"speed"}]}]',
  [`${TAGS}/unary-resource.json`]: resource(['tags.json']),
  [`${TAGS}/tags.json`]: '[{"name":"run","tagType":"AtomicTag"}]',
  [`${DB}/resource.json`]: resource(['config.json']),
  [`${DB}/config.json`]: '{"url":"jdbc:a"}',
  [`${IMAGE}/resource.json`]: resource(['logo.png']),
  [`${IMAGE}/logo.png`]: Buffer.from([0x89, 0x50, 0xff, 0x00, 1]),
};

let rig: Rig;
let gateway: GatewaySimulator;

async function open(options: Partial<SimulatorOptions> = {}): Promise<void> {
  rig = await Rig.open({ scanTimeoutMs: 500 });
  gateway = await GatewaySimulator.start({ dataDir: rig.dataDir, faults: { scanMs: 0 }, ...options });
  await rig.reopen({ ignition: () => createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false, timeoutMs: 2000 }) });
}

/** Applies these files and proves the change from what was live before. */
async function change(files: Files): Promise<ScanResult> {
  const { live: before } = await rig.agent.inspect();
  const { live, scans } = await rig.sync(files);
  return rig.agent.scan({ ...rig.step(before, live), scans }, doing);
}

/** The base with a change; `undefined` removes a file. */
function next(files: Record<string, string | Buffer | undefined>): Files {
  return Object.fromEntries(Object.entries({ ...BASE, ...files }).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

afterEach(async () => {
  await gateway.stop();
  expect(gateway.damage).toEqual([]);
  expect(readdirSync(join(rig.dataDir, '.ignition-sync/proof'))).toEqual([]);
  await rig.close();
});

const CHANGES: {
  name: string;
  files: Record<string, string | Buffer | undefined>;
  skip: string;
  unloaded: 'ScanFailed' | 'AppliedUnverified';
}[] = [
  { name: 'a view', files: { [`${VIEW}/view.json`]: '{"root":2}' }, skip: VIEW, unloaded: 'ScanFailed' },
  { name: 'a script', files: { [`${SCRIPT}/code.py`]: 'a = 2\n' }, skip: SCRIPT, unloaded: 'ScanFailed' },
  {
    name: 'a UDT',
    files: { [`${UDT}/udts.json`]: '[{"name":"Motor","tagType":"UdtType","tags":[{"name":"torque"}]}]' },
    skip: UDT,
    unloaded: 'AppliedUnverified',
  },
  { name: 'a database connection', files: { [`${DB}/config.json`]: '{"url":"jdbc:b"}' }, skip: DB, unloaded: 'AppliedUnverified' },
  { name: 'tags', files: { [`${TAGS}/tags.json`]: '[{"name":"run"},{"name":"stop"}]' }, skip: TAGS, unloaded: 'ScanFailed' },
  { name: 'an image', files: { [`${IMAGE}/logo.png`]: Buffer.from([0x89, 0xfe, 0x00]) }, skip: IMAGE, unloaded: 'ScanFailed' },
  { name: 'the title of a project', files: { 'projects/P/project.json': '{"title":"Q"}' }, skip: '', unloaded: 'ScanFailed' },
];

describe('a commit that changes only', () => {
  test.each(CHANGES)('$name is Loaded when the gateway serves it', async ({ files }) => {
    await open();
    expect(await change(BASE)).toMatchObject({ outcome: 'Loaded' });
    expect(await change(next(files))).toMatchObject({
      outcome: 'Loaded',
      message: expect.stringMatching(/serves what was changed \(1 part/) as string,
    });
  });

  test.each(CHANGES.filter(({ skip }) => skip !== ''))('$name has failed when the gateway drops it', async ({ files, skip }) => {
    await open();
    await change(BASE);
    gateway.set({ scanSkips: [`${skip}/`] });
    await expect(change(next(files))).rejects.toMatchObject({ reason: 'ScanFailed' });
  });

  test.each(CHANGES)('$name is $unloaded when the gateway says that it has scanned and has not', async ({ files, unloaded }) => {
    await open();
    await change(BASE);
    gateway.set({ scanLoadsNothing: true });
    const outcome = await change(next(files)).catch((error: unknown) => error);
    expect(outcome).toMatchObject(unloaded === 'ScanFailed' ? { reason: 'ScanFailed' } : { outcome: 'AppliedUnverified' });
    gateway.set({ scanLoadsNothing: false });
    expect(await change(next({ ...files, [`${SCRIPT}/code.py`]: 'a = 3' }))).toMatchObject({ outcome: 'Loaded' });
  });
});

describe('a change that the gateway did not take', () => {
  test.each<{ name: string; files: Record<string, string | undefined>; faults: Partial<Faults>; says: RegExp }>([
    {
      name: 'its own words are told',
      files: { [`${DB}/config.json`]: '{"url":"jdbc:b"}' },
      faults: { scanRejects: { [DB]: 'no such driver' } },
      says: /did not load database-connection\/my history\. It says: .*no such driver/,
    },
    {
      name: 'an undecodable tag file is told in its words',
      files: { [`${UDT}/udts.json`]: '[{' },
      faults: {},
      says: /did not load tag-type-definition\/default\/Motors.* It says: Unable to decode tag resource/,
    },
    {
      name: 'a payload that the manifest lists and that is missing is told in its words',
      files: { [`${VIEW}/resource.json`]: resource(['view.json', 'gone.json']), [`${VIEW}/view.json`]: '{"root":3}' },
      faults: {},
      says: /did not load .*views\/Line\/Card.*gone\.json/,
    },
  ])('$name', async ({ files, faults, says }) => {
    await open();
    await change(BASE);
    gateway.set(faults);
    await expect(change(next(files))).rejects.toMatchObject({ reason: 'ScanFailed', message: expect.stringMatching(says) as string });
  });

  test('a payload that the gateway read while it was empty stays empty, and that is a failure with the way out', async () => {
    await open();
    await change(next({ [`${VIEW}/view.json`]: '' }));
    await expect(change(BASE)).rejects.toMatchObject({
      reason: 'ScanFailed',
      message: expect.stringMatching(/still serves .*view\.json|as an empty file/) as string,
    });
  });
});

describe('what the gateway does not show is AppliedUnverified, and the message says what', () => {
  test.each<{ name: string; files?: Record<string, string | undefined>; faults?: Partial<Faults>; says: RegExp }>([
    {
      name: 'a project where exports are not offered',
      files: { [`${VIEW}/view.json`]: '{"root":2}' },
      faults: { exportAbsent: true },
      says: /does not show the project P/,
    },
    {
      name: 'a gateway that breaks off in the middle of its export',
      files: { [`${VIEW}/view.json`]: '{"root":2}' },
      faults: { wrongAnswer: 'half', wrongAt: '/data/api/v1/projects/export' },
      says: /could not be asked what it serves/,
    },
    {
      name: 'an export that is a page',
      files: { [`${VIEW}/view.json`]: '{"root":2}' },
      faults: { wrongAnswer: 'html', wrongAt: '/data/api/v1/projects/export' },
      says: /answered text\/html/,
    },
    {
      name: 'a provider that the gateway does not know',
      files: {
        'config/resources/core/ignition/tag-type-definition/other/unary-resource.json': resource(['udts.json']),
        'config/resources/core/ignition/tag-type-definition/other/udts.json': '[{"name":"A"}]',
      },
      says: /does not show the tags of the provider other/,
    },
    {
      name: '3.1.10 a change that runs only after a restart',
      files: { [`${DB}/config.json`]: '{"url":"jdbc:b"}' },
      faults: { pendingRestart: [] },
      says: /only after a restart: modules/,
    },
    {
      name: 'another mode than the one that runs',
      files: {
        'config/resources/dev/config-mode.json': '{"title":"Dev","parent":"core"}',
        'config/resources/dev/ignition/tag-type-definition/default/D/unary-resource.json': resource(['udts.json']),
        'config/resources/dev/ignition/tag-type-definition/default/D/udts.json': '[{"name":"A"}]',
      },
      says: /does not show A in default:_types_\/D/,
    },
  ])('$name', async ({ files = {}, faults = {}, says }) => {
    await open();
    await change(BASE);
    gateway.set(faults);
    if (faults.pendingRestart) gateway.onScanned(() => gateway.set({ pendingRestart: ['modules'] }));
    const proof = await change(next(files));
    expect(proof).toMatchObject({ outcome: 'AppliedUnverified', message: expect.stringMatching(says) as string });
    // Status goes on after it, with a full stop of its own.
    expect(proof.message).not.toMatch(/\.$/);
  });
});

describe('what is gone', () => {
  test.each<{ name: string; gone: string[] }>([
    { name: 'a view', gone: [`${VIEW}/view.json`, `${VIEW}/resource.json`] },
    { name: 'a connection', gone: [`${DB}/config.json`, `${DB}/resource.json`] },
    { name: 'a group of UDTs', gone: [`${UDT}/udts.json`, `${UDT}/unary-resource.json`] },
    { name: '2.10.6 a project', gone: Object.keys(BASE).filter((path) => path.startsWith('projects/')) },
  ])('$name: Loaded when the gateway serves it no more', async ({ gone }) => {
    await open();
    await change(BASE);
    expect(await change(next(Object.fromEntries(gone.map((path) => [path, undefined]))))).toMatchObject({ outcome: 'Loaded' });
  });
});

test('the mode that runs is proved like core', async () => {
  await open({ mode: 'dev' });
  await change(BASE);
  const at = 'config/resources/dev/ignition/database-connection/my history';
  expect(
    await change(
      next({
        'config/resources/dev/config-mode.json': '{"title":"Dev","parent":"core"}',
        [`${at}/resource.json`]: resource(['config.json']),
        [`${at}/config.json`]: '{"url":"jdbc:dev"}',
      }),
    ),
  ).toMatchObject({ outcome: 'Loaded', message: expect.stringContaining('2 parts') as string });
});

describe('where people saw different things, a commit is Loaded on each kind of gateway', () => {
  test.each<{ faults: Partial<Faults> }>([
    { faults: { wrongSignature: 'skipped' } },
    { faults: { missingAttributes: 'skipped' } },
    { faults: { poisonZeroBytes: false } },
    { faults: { newProjectScans: 1 } },
    { faults: { scanDuringScan: 'queue' } },
    { faults: { scanDuringScan: 'ignore' } },
    { faults: { scanReportDelayMs: 80 } },
    { faults: { scanMs: 60 } },
    { faults: { locks: 'absent' } },
    { faults: { lockWithoutBody: 400 } },
    { faults: { anonymousReads: true } },
    { faults: { unknownKey: 403, refusedBody: 'page' } },
    { faults: { staleSignature: 409 } },
  ])('$faults', async ({ faults }) => {
    await open({ faults: { scanMs: 0, ...faults } });
    expect(await change(BASE)).toMatchObject({ outcome: 'Loaded' });
    expect(await change(next({ [`${VIEW}/view.json`]: '{"root":2}', [`${DB}/config.json`]: '{"url":"jdbc:b"}' }))).toMatchObject({
      outcome: 'Loaded',
    });
  });
});

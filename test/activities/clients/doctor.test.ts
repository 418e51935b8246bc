import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exitCode, reportText } from '../../../src/cli/commands/doctor.ts';
import { examine, type Report } from '../../../src/cli/doctor/examine.ts';
import { Rig } from '../agent/support/rig.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';

const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keyFile = join(folder, 'key');
writeFileSync(keyFile, 'ci:secret\n');

const ann = { user: 'ann', project: 'P', address: '10.0.0.7' };
const DB = 'config/resources/core/ignition/database-connection/line';
const FILES = {
  'projects/P/project.json': '{"title":"P"}',
  [`${DB}/config.json`]: '{"url":"jdbc:a"}',
  [`${DB}/resource.json`]: '{"scope":"A","version":1,"files":["config.json"],"attributes":{}}',
  'config/resources/core/ignition/tag-provider/default/config.json': '{}',
  'config/resources/core/ignition/tag-provider/default/resource.json': '{"scope":"A","version":1,"files":["config.json"],"attributes":{}}',
};

/** A gateway with a project and a connection, examined. */
async function examined(options: Partial<SimulatorOptions>, given: { scan?: boolean } = {}): Promise<Report> {
  const rig = await Rig.open();
  let gateway: GatewaySimulator | undefined;
  try {
    for (const [path, text] of Object.entries(FILES)) await rig.write(path, text);
    gateway = await GatewaySimulator.start({
      tokenFile: keyFile,
      ...options,
      dataDir: rig.dataDir,
      faults: { scanMs: 5, ...options.faults },
    });
    const address = {
      host: '127.0.0.1',
      port: gateway.port,
      tls: false,
      timeoutMs: 500,
      tokenFile: keyFile,
    };
    const report = await examine(address, { scan: given.scan === true, patienceMs: 400 });
    if (given.scan !== true) expect(gateway.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(gateway.damage).toEqual([]);
    return report;
  } finally {
    await gateway?.stop();
    await rig.close();
  }
}

const of = (report: Report, verdict: string): string[] => report.lines.filter((line) => line.verdict === verdict).map(({ id }) => id);

test('a gateway that is as assumed: nothing differs, and the scan and its lock are looked at where that is asked for', async () => {
  const read = await examined({ faults: { designers: [ann], perspective: [ann], vision: [ann] } });
  expect(of(read, 'differs')).toEqual([]);
  expect(of(read, 'ok')).toEqual(
    expect.arrayContaining([
      'C1',
      'C2',
      'C3',
      'C4',
      'C7',
      'C8',
      'C10',
      'C11',
      'E1',
      'S1',
      'S6',
      'L1',
      'L2',
      'L3',
      'L6',
      'L7',
      'L8',
      'P1',
      'P2',
      'P3',
      'R1',
      'D1',
    ]),
  );
  expect(exitCode(read)).toBe(0);
  const tried = await examined({}, { scan: true });
  expect([of(tried, 'differs'), tried.lines.filter(({ id }) => /^S[12567]$/.test(id)).map(({ verdict }) => verdict)]).toEqual([
    [],
    Array(5).fill('ok'),
  ]);
});

test.each<{
  name: string;
  options?: Partial<SimulatorOptions>;
  faults?: Partial<Faults>;
  scan?: boolean;
  /** Most of it could not be looked at. */
  askable?: false;
  differ: string[];
}>([
  { name: 'one of 8.1', options: { version: '8.1.45' }, differ: ['C1', 'E1'] },
  { name: 'one that answers a missing key with 403', faults: { unknownKey: 403 }, differ: ['C3'] },
  { name: 'one that shows everything to anybody', faults: { anonymousReads: true }, differ: ['C2'] },
  { name: 'one that does not know the key', faults: { refuseToken: 401 }, differ: ['C2'], askable: false },
  { name: 'one whose key may nothing', faults: { keyRights: 'none' }, differ: ['C2'], askable: false },
  {
    name: 'one that refuses scans with 400 before its setup',
    faults: { state: 'commissioning', commissioningScan: 400 },
    differ: ['C6'],
    askable: false,
  },
  { name: 'one that redirects before its setup', faults: { state: 'commissioning' }, differ: [], askable: false },
  { name: 'one that starts', faults: { state: 'starting' }, differ: [], askable: false },
  { name: 'one without locks', faults: { locks: 'absent' }, differ: ['S6'] },
  { name: 'one whose lock somebody holds', faults: { locks: 'taken' }, scan: true, differ: [] },
  { name: 'one that does not report its scans', faults: { scanNotReported: true }, scan: true, differ: ['S2'] },
  { name: 'one that reports them late', faults: { scanReportDelayMs: 5_000 }, scan: true, differ: ['S2'] },
  { name: 'one whose scan never ends', faults: { scanNeverEnds: true }, scan: true, differ: ['S2'] },
  { name: 'one that refuses scans', faults: { scanFails: true }, scan: true, differ: ['S1', 'S2', 'S5', 'S6', 'S7'] },
  { name: 'one that shows no projects', faults: { exportAbsent: true }, differ: ['L1'] },
  { name: 'one of the Edge edition with another project', options: { edition: 'edge' }, differ: [] },
  { name: 'one behind a login page', faults: { wrongAnswer: 'html', wrongAt: '/data/api/v1/designers' }, differ: ['P1'] },
  { name: 'one behind a redirect', faults: { wrongAnswer: 'redirect', wrongAt: '/data/perspective/' }, differ: ['P2'] },
  {
    name: 'one whose pending restarts are broken JSON',
    faults: { wrongAnswer: 'garbage', wrongAt: '/data/api/v1/restart-tasks' },
    differ: ['R1'],
  },
  { name: 'one whose log is a gigabyte', faults: { wrongAnswer: 'huge', wrongAt: '/data/api/v1/logs' }, differ: ['L8'] },
  { name: 'one that does not tell its pair', faults: { wrongAnswer: 'successFalse', wrongAt: '/data/api/v1/redundancy' }, differ: ['D1'] },
  { name: 'one whose StatusPing is a page', faults: { wrongAnswer: 'html', wrongAt: '/StatusPing' }, differ: ['C7'] },
])('$name differs in $differ', async ({ options, faults, scan = false, differ, askable = true }) => {
  const report = await examined({ ...options, ...(faults && { faults }) }, { scan });
  expect(of(report, 'differs')).toEqual(differ);
  for (const { verdict, means } of report.lines) expect(means === undefined).toBe(verdict !== 'differs');
  expect(exitCode(report)).toBe(!askable ? 2 : differ.length > 0 ? 1 : 0);
  expect(JSON.stringify(report)).not.toMatch(/Secret|spec\.gateway/);
});

test('one that is down cannot be asked', async () => {
  const report = await examine({ host: '127.0.0.1', port: 1, tls: false }, { scan: false, patienceMs: 1 });
  expect([report.state, exitCode(report), reportText(report)]).toEqual(['Down', 2, '']);
});

test('as a command: lines for people, JSON for programs, exit codes, and the key only from a file', async () => {
  const gateway = await GatewaySimulator.start({ dataDir: join(folder, 'command'), tokenFile: keyFile });
  const run = async (...args: string[]): Promise<{ code: number; out: string }> =>
    promisify(execFile)(process.execPath, ['src/main.ts', 'doctor', ...args], { env: { ...process.env, NODE_OPTIONS: '' } }).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, out: stdout + stderr };
      },
    );
  const at = `http://127.0.0.1:${gateway.port}`;
  const [well, json, help, withKey, keyless, noFile, noTls] = await Promise.all([
    run(at, '--key-file', keyFile),
    run(at, '--key-file', keyFile, '--json'),
    run('--help'),
    run('http://ci:secret@127.0.0.1:1'),
    run(at),
    run(at, '--key-file', join(folder, 'absent')),
    run(at.replace('http:', 'https:'), '--key-file', keyFile),
  ]);
  await gateway.stop();
  expect(well).toMatchObject({ code: 0, out: expect.stringMatching(/is running\n\nok +C1 [^]*0 differ, \d+ unknown\n$/) as string });
  expect(well.out + json.out).not.toContain('secret');
  expect(JSON.parse(json.out)).toMatchObject({ state: 'Running', lines: expect.any(Array) as unknown[] });
  expect(help.out).toContain('It reads only.');
  expect(withKey).toMatchObject({ code: 2, out: expect.stringContaining('--key-file') as string });
  expect(keyless).toMatchObject({
    code: 2,
    out: expect.stringMatching(/cannot be asked: it needs an API key: .* --key-file\.\n$/) as string,
  });
  expect(noFile).toEqual({ code: 2, out: `--key-file ${join(folder, 'absent')} cannot be read: there is no such file.\n` });
  expect(noTls).toMatchObject({
    code: 2,
    out: expect.stringMatching(/^https:\S+ cannot be asked: .* does not speak TLS: [^\n]*\n$/) as string,
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIgnitionClient, type IgnitionClient } from '../../../src/clients/ignition/client.ts';
import type { Faults } from '../../support/gateway-simulator/faults.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';

/** What the client makes of a gateway, a row for each thing that is known of gateways; numbers are those of docs/gateway-behaviour.md. */

const folder = mkdtempSync(join(tmpdir(), 'ignition-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

async function withGateway<T>(
  options: Partial<SimulatorOptions>,
  use: (client: IgnitionClient, gateway: GatewaySimulator) => Promise<T>,
): Promise<T> {
  made += 1;
  const gateway = await GatewaySimulator.start({
    dataDir: join(folder, `${made}`),
    name: 'line-1',
    ...options,
    faults: { scanMs: 0, ...options.faults },
  });
  const client = createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false, timeoutMs: 5000 });
  try {
    return await use(client, gateway);
  } finally {
    await client.close();
    await gateway.stop();
  }
}

type Ask = (client: IgnitionClient) => Promise<unknown>;
const status: Ask = (client) => client.scanStatus('config');
const trigger: Ask = (client) => client.triggerScan('config');
const lock: Ask = (client) => client.lockScans('config', { acquireSeconds: 0, holdSeconds: 10 });

describe('answers that are no success end in a named reason', () => {
  test.each<{ name: string; options?: Partial<SimulatorOptions>; faults?: Partial<Faults>; ask?: Ask; reason: string; says?: RegExp }>([
    { name: '1.2.1 no such route', options: { version: '8.1.45' }, reason: 'GatewayIncompatible', says: /Ignition 8\.3 or later/ },
    {
      name: '1.2.11 a validation that failed inside a 200',
      faults: { wrongAnswer: 'successFalse' },
      reason: 'ScanFailed',
      says: /says no: the gateway said no/,
    },
    {
      name: '1.2.8 an exception',
      faults: { scanFails: true },
      ask: trigger,
      reason: 'ScanFailed',
      says: /500.*The gateway says: scan failed/,
    },
    { name: '1.2.9 restarting', faults: { state: 'starting' }, reason: 'GatewayNotRunning', says: /starting \(503\)/ },
    { name: '1.2.10 uncommissioned', faults: { state: 'commissioning' }, reason: 'GatewayNotRunning', says: /first-time setup/ },
    {
      name: '1.2.10 a scan that an uncommissioned gateway refuses with 400',
      faults: { state: 'commissioning', commissioningScan: 400 },
      ask: trigger,
      reason: 'ScanFailed',
      says: /400.*The gateway says: Bad Request/,
    },
    { name: 'an unknown key', faults: { refuseToken: 401 }, reason: 'GatewayAuthFailed', says: /does not know the API key/ },
    { name: 'a key without the right', faults: { refuseToken: 403 }, reason: 'GatewayAuthFailed', says: /does not allow it/ },
    { name: 'a refused write without a body', faults: { refuseToken: 401 }, ask: trigger, reason: 'GatewayAuthFailed' },
    { name: 'a refused write with a page', faults: { refuseToken: 401, refusedBody: 'page' }, ask: trigger, reason: 'GatewayAuthFailed' },
    { name: '1.2.3 a page where JSON is due', faults: { wrongAnswer: 'html' }, reason: 'GatewayIncompatible', says: /text\/html/ },
    { name: 'a page in answer to a scan', faults: { wrongAnswer: 'html' }, ask: trigger, reason: 'GatewayIncompatible' },
    { name: 'a no in answer to a scan', faults: { wrongAnswer: 'successFalse' }, ask: trigger, reason: 'ScanFailed' },
    { name: 'a redirect elsewhere', faults: { wrongAnswer: 'redirect' }, reason: 'GatewayIncompatible', says: /not followed/ },
    { name: 'broken JSON', faults: { wrongAnswer: 'garbage' }, reason: 'GatewayIncompatible', says: /broken JSON/ },
    { name: 'half an answer', faults: { wrongAnswer: 'half' }, reason: 'GatewayNotRunning' },
    { name: 'a gigabyte', faults: { wrongAnswer: 'huge' }, reason: 'GatewayIncompatible', says: /more than/ },
    { name: 'a cut line', faults: { wrongAnswer: 'cut' }, reason: 'GatewayNotRunning' },
    { name: 'a lock without a key', faults: { refuseToken: 403 }, ask: lock, reason: 'GatewayAuthFailed' },
  ])('$name: $reason', async ({ options, faults, ask = status, reason, says = /./ }) => {
    await withGateway({ ...options, faults }, async (client) => {
      await expect(ask(client)).rejects.toMatchObject({ name: 'SyncError', reason, message: expect.stringMatching(says) as string });
    });
  });

  test('silence ends after the time that was given, and a caller who gives up hears his own word', async () => {
    await withGateway({ faults: { wrongAnswer: 'silence' } }, async (_, gateway) => {
      const client = createIgnitionClient({ host: '127.0.0.1', port: gateway.port, tls: false, timeoutMs: 100 });
      await expect(client.scanStatus('config')).rejects.toMatchObject({
        reason: 'GatewayNotRunning',
        message: expect.stringContaining('100 ms') as string,
      });
      await expect(client.scanStatus('config', AbortSignal.abort(new Error('mine')))).rejects.toThrow('mine');
      await client.close();
    });
  });
});

describe('scans and their locks', () => {
  test('1.4.1, 1.4.2, 1.4.3 the answer to a scan is a receipt: its end is seen by a newer moment', async () => {
    await withGateway({ faults: { scanMs: 30 } }, async (client) => {
      const before = await client.scanStatus('projects');
      await client.triggerScan('projects');
      expect(await client.scanStatus('projects')).toMatchObject({ scanActive: true, lastScanTimestamp: before.lastScanTimestamp });
    });
  });

  test.each<{ name: string; faults?: Partial<Faults>; held?: boolean; outcome: string }>([
    { name: 'free', outcome: 'held' },
    { name: 'held by another', held: true, outcome: 'taken' },
    { name: 'held by another for good', faults: { locks: 'taken' }, outcome: 'taken' },
    { name: 'not offered', faults: { locks: 'absent' }, outcome: 'absent' },
  ])('a lock that is $name is $outcome', async ({ faults, held = false, outcome }) => {
    await withGateway({ faults }, async (client, gateway) => {
      if (held) gateway.gateway.locks.config.take('somebody', 60);
      expect(await lock(client)).toBe(outcome);
    });
  });

  test('waiting for a lock that stays taken ends as taken', async () => {
    await withGateway({}, async (client, gateway) => {
      gateway.gateway.locks.projects.take('somebody', 60);
      expect(await client.lockScans('projects', { acquireSeconds: 0.05, holdSeconds: 1 })).toBe('taken');
    });
  });

  test('1.4.5 the request for a scan lets go of its own lock only', async () => {
    await withGateway({}, async (client, gateway) => {
      for (const kind of ['config', 'projects'] as const) await client.lockScans(kind, { acquireSeconds: 0, holdSeconds: 60 });
      await client.triggerScan('projects');
      expect([gateway.gateway.locks.config.actor, gateway.gateway.locks.projects.actor]).toEqual([
        expect.stringContaining('api-token'),
        undefined,
      ]);
    });
  });
});

describe('who a gateway is and how it is', () => {
  test.each<{ faults?: Partial<Faults>; state: string }>([
    { state: 'Running' },
    { faults: { state: 'starting' }, state: 'Starting' },
    { faults: { state: 'commissioning' }, state: 'Commissioning' },
    { faults: { state: 'faulted' }, state: 'Starting' },
  ])('1.5.1 $faults: $state', async ({ faults, state }) => {
    await withGateway({ faults }, async (client) => expect(await client.state()).toBe(state));
  });

  test('one that does not answer is down', async () => {
    const client = createIgnitionClient({ host: '127.0.0.1', port: 1, tls: false });
    expect(await client.state()).toBe('Down');
    expect(await client.gwInfo()).toBeUndefined();
    await client.close();
  });

  test.each<{ options: Partial<SimulatorOptions>; says: object | undefined }>([
    { options: {}, says: { name: 'line-1', version: '8.3.6', contextStatus: 'RUNNING' } },
    { options: { version: '8.1.45' }, says: { version: '8.1.45' } },
    { options: { faults: { state: 'commissioning' } }, says: { contextStatus: 'NEEDS_COMMISSIONING' } },
    { options: { faults: { state: 'starting' } }, says: undefined },
    { options: { faults: { wrongAnswer: 'html', wrongAt: '/system' } }, says: undefined },
  ])('1.5.2 without a key it says $says', async ({ options, says }) => {
    await withGateway(options, async (client) => {
      const info = await client.gwInfo();
      if (says === undefined) expect(info).toBeUndefined();
      else expect(info).toMatchObject(says);
    });
  });

  test.each<{ options: Partial<SimulatorOptions>; says: object }>([
    {
      options: {},
      says: {
        name: 'line-1',
        ignitionVersion: '8.3.6 (b2026042713)',
        edition: 'standard',
        deploymentMode: '',
        redundancyRole: 'Independent',
      },
    },
    { options: { edition: 'edge' }, says: { edition: 'edge' } },
    { options: { mode: 'prod' }, says: { deploymentMode: 'prod' } },
    { options: { role: 'Backup' }, says: { redundancyRole: 'Backup' } },
  ])('1.5.3 with a key it says $says', async ({ options, says }) => {
    await withGateway(options, async (client) => expect(await client.gatewayInfo()).toMatchObject(says));
  });

  test.each<{ options: Partial<SimulatorOptions>; says: object }>([
    { options: {}, says: { role: 'Independent', activityLevel: 'Active', projectState: 'Unknown', peerConnected: false } },
    { options: { role: 'Backup' }, says: { role: 'Backup', activityLevel: 'Cold', projectState: 'Good', peerConnected: true } },
  ])('1.5.5 of its pair it says $says', async ({ options, says }) => {
    await withGateway(options, async (client) => expect(await client.redundancy()).toMatchObject(says));
  });
});

describe('who works there, and what it says', () => {
  const ann = { user: 'ann', project: 'P', address: '10.0.0.7' };

  test('Designers and Perspective sessions by user and project', async () => {
    await withGateway({ faults: { designers: [ann], perspective: [ann] } }, async (client) => {
      expect(await client.designers()).toMatchObject([{ user: 'ann', project: 'P', address: '10.0.0.7' }]);
      expect(await client.perspectiveSessions()).toMatchObject([{ username: 'ann', project: 'P' }]);
    });
  });

  test('a list of Designers that cannot be read is a fault, not an empty list', async () => {
    await withGateway({ faults: { wrongAnswer: 'html', wrongAt: '/data/api/v1/designers' } }, async (client) => {
      await expect(client.designers()).rejects.toMatchObject({ reason: 'GatewayIncompatible' });
    });
  });

  test('a gateway without Perspective has no list of its sessions', async () => {
    await withGateway({ version: '8.1.45' }, async (client) => expect(await client.perspectiveSessions()).toBeUndefined());
  });

  test('what waits for a restart', async () => {
    await withGateway({ faults: { pendingRestart: ['modules'] } }, async (client) =>
      expect(await client.pendingRestart()).toEqual(['modules']),
    );
  });

  test('warnings and errors since a moment, at most as many as were asked for', async () => {
    await withGateway({}, async (client, gateway) => {
      const { log } = gateway.gateway;
      for (const level of ['INFO', 'WARN', 'ERROR', 'ERROR'] as const) log.write(level, 'a.b', level);
      expect((await client.complaintsSince(Date.now() - 10_000, 2)).map(({ message }) => message)).toEqual(['WARN', 'ERROR']);
      expect(await client.complaintsSince(Date.now() + 10_000, 2)).toEqual([]);
    });
  });
});

describe('downloads', () => {
  test.each<{ name: string; faults?: Partial<Faults>; maxBytes?: number; is: unknown }>([
    { name: 'a project', is: expect.any(Number) },
    { name: 'one that is too large', maxBytes: 10, is: 'tooLarge' },
    { name: 'one that is not shown', faults: { exportAbsent: true }, is: 'absent' },
  ])('$name', async ({ faults, maxBytes = 1e6, is }) => {
    await withGateway({}, async (client, gateway) => {
      mkdirSync(join(gateway.gateway.dataDir, 'projects/my P'));
      writeFileSync(join(gateway.gateway.dataDir, 'projects/my P/project.json'), '{}');
      gateway.gateway.engine.boot();
      gateway.set(faults ?? {});
      const file = join(folder, 'export.zip');
      const got = await client.exportProject('my P', file, maxBytes);
      expect(got).toEqual(is);
      if (typeof got === 'number') expect(readFileSync(file).length).toBe(got);
    });
  });

  test('an endless one ends at its bound', async () => {
    await withGateway({ faults: { wrongAnswer: 'huge' } }, async (client) => {
      await expect(client.exportProject('P', join(folder, 'huge.zip'), 1e6)).rejects.toMatchObject({ reason: 'GatewayIncompatible' });
    });
  });
});

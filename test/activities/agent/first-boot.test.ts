import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_MANIFEST } from '../../../src/domain/manifest.ts';
import { commission, type Forgets } from '../../support/gateway-simulator/commission.ts';
import { NO_FAULTS } from '../../support/gateway-simulator/faults.ts';
import { seedAsChart, seedDataDirectory } from '../../support/gateway-simulator/seed.ts';
import { GatewaySimulator, type SimulatorOptions } from '../../support/gateway-simulator/simulator.ts';
import type { Files } from './support/content.ts';
import { doing } from './support/local-agent.ts';
import { EXPECTS, StartingPod, outcomeOf, until } from './support/starting.ts';

const SECURITY = 'config/resources/core/ignition/security-properties';
const OURS = JSON.stringify({ systemIdentityProvider: 'plant' });
const PROJECT: Files = { 'projects/P/project.json': '{}' };
const SECURED: Files = {
  ...PROJECT,
  [`${SECURITY}/config.json`]: OURS,
  [`${SECURITY}/resource.json`]: JSON.stringify({ scope: 'A', version: 1, files: ['config.json'], attributes: {} }),
};

let pod: StartingPod;
let gateway: GatewaySimulator | undefined;
beforeEach(() => {
  pod = new StartingPod();
  gateway = undefined;
});
afterEach(async () => {
  await gateway?.stop();
  await pod.end();
});

async function startGateway(options: Partial<SimulatorOptions> = {}): Promise<GatewaySimulator> {
  gateway = await GatewaySimulator.start({ dataDir: pod.dataDir, port: pod.relay.port === 1 ? 0 : pod.relay.port, ...options });
  pod.relay.port = gateway.port;
  return gateway;
}

/** Each call of the agent as a key holder. */
function withKey(name = 'robot', secret = Buffer.alloc(32, 9).toString('base64url')): Files {
  pod.tokenFile = join(pod.dataDir, '..', 'key');
  pod.write('../key', `${name}:${secret}\n`);
  const tokenHash = createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url');
  const at = `config/resources/core/ignition/api-token/${name}`;
  return {
    [`${at}/config.json`]: JSON.stringify({ profile: { type: 'basic-token' }, settings: { tokenHash } }),
    [`${at}/resource.json`]: JSON.stringify({ scope: 'A', version: 1, files: ['config.json'], attributes: { enabled: true } }),
  };
}

test.each([
  {
    where: 'an empty volume, which the image itself fills',
    seed: () => Promise.resolve(),
    why: /^open: the gateway has not been set up yet/,
  },
  { where: 'a volume that the chart has seeded', seed: () => seedAsChart(pod.dataDir), why: /^open: the gateway has not been set up yet/ },
])('a first boot on $where: the gateway starts first, nothing is written before its setup, and the sync follows', async ({ seed, why }) => {
  await seed();
  const agent = pod.start();
  expect(await agent.opened()).toMatch(why);
  const booted = await startGateway({ firstBoot: 'waits' });
  expect(booted.gateway.faults.state).toBe('commissioning');
  const step = pod.step(NO_MANIFEST, SECURED);
  const { steps } = await agent.ready();
  expect(await outcomeOf(steps.stage(step, doing))).toBe('GatewayCommissioning');
  expect(await outcomeOf(steps.apply(step, doing))).toBe('GatewayCommissioning');
  expect(await outcomeOf(steps.scan({ ...step, scans: { config: true, projects: true, newProject: true } }, doing))).toBe(
    'GatewayCommissioning',
  );
  expect(pod.read('projects/P/project.json')).toBeUndefined();
  commission(booted.gateway);
  const applied = await agent.sync(NO_MANIFEST, SECURED);
  expect(await outcomeOf(agent.scan(applied))).toBe('Loaded');
  expect(pod.read(`${SECURITY}/config.json`)).toBe(OURS);
  expect(booted.damage).toEqual([]);
});

test('nothing of ours lies on a volume that is still empty: an image seeds no other', async () => {
  const agent = pod.start();
  await until(() => agent.troubles.length > 0);
  expect(await readdir(pod.dataDir)).toEqual([]);
  expect((await startGateway({ firstBoot: 'waits' })).gateway.faults.state).toBe('commissioning');
});

test('while a gateway is not up the relay is told so, and once more when it is: that starts its catch-up', async () => {
  await seedAsChart(pod.dataDir);
  const heard: string[] = [];
  pod.relay.onHello = ({ comingUp }) => void heard.push(comingUp?.reason ?? 'up');
  const booted = await startGateway({ firstBoot: 'waits' });
  const agent = pod.start();
  await agent.ready();
  await until(() => heard.length > 0);
  const { watch } = await agent.ready();
  await watch.hello(doing.signal);
  expect(heard.at(-1)).toBe('GatewayCommissioning');
  commission(booted.gateway);
  await until(() => heard.at(-1) === 'up');
});

describe('a volume that the chart seeds once more, over what was synced', () => {
  let live: string;
  beforeEach(async () => {
    await seedAsChart(pod.dataDir);
    const agent = pod.start();
    const before = await startGateway({ firstBoot: 0 });
    await until(() => before.gateway.faults.state === 'running');
    live = (await agent.sync(NO_MANIFEST, SECURED)).target;
    await until(() => pod.read('.ignition-sync/platform.json') !== undefined);
    await agent.end();
    await before.stop();
    // A volume that was brought back from a copy without hidden files is seeded as if it were new.
    rmSync(join(pod.dataDir, '.ignition-seed-complete'));
    await seedAsChart(pod.dataDir);
    expect(pod.read(`${SECURITY}/config.json`)).not.toBe(OURS);
    pod.sandbox = 'pod-2';
    pod.decisions.length = 0;
  });

  test('is put right before the gateway starts, kept in a snapshot, and is nobody’s local change', async () => {
    pod.relay.says = EXPECTS.nothing;
    const agent = pod.start();
    expect(await agent.opened()).toBe('open: what is wanted is live');
    expect(pod.decisions[0]).toMatch(/looked at/);
    expect(pod.read(`${SECURITY}/config.json`)).toBe(OURS);
    expect(pod.mended).toEqual([[`${SECURITY}/config.json`, `${SECURITY}/resource.json`]]);
    const after = await startGateway({ firstBoot: 'waits' });
    const step = await agent.sync(live, { ...SECURED, [`${SECURITY}/config.json`]: '{"systemIdentityProvider":"new"}' });
    expect(await outcomeOf(agent.scan(step))).toBe('Loaded');
    expect(after.damage).toEqual([]);
  });

  test('is put right after a sync that was at work first', async () => {
    pod.relay.says = 'nobody answers';
    const agent = pod.start();
    const { agent: engine, steps } = await agent.ready();
    const step = pod.step(live, { ...SECURED, 'projects/P/project.json': '{"title":"next"}' });
    const mend = engine.mend.bind(engine);
    let met = false;
    engine.mend = async (...args) => {
      if (!met) {
        met = true;
        await steps.stage(step, doing);
        await steps.apply(step, doing);
      }
      return mend(...args);
    };
    pod.relay.says = EXPECTS.sync;
    await until(() => pod.mended.length > 0);
    expect(met).toBe(true);
    expect(pod.read(`${SECURITY}/config.json`)).toBe(OURS);
  });

  test('what a person had changed there before, and the seeding did not touch, stays', async () => {
    const changed = 'projects/P/project.json';
    rmSync(join(pod.dataDir, '.ignition-seed-complete'));
    pod.write(changed, '{"title":"a person"}');
    await new Promise((resolve) => setTimeout(resolve, 20)); // file systems' clocks are coarse
    await seedAsChart(pod.dataDir);
    pod.relay.says = EXPECTS.paused;
    await pod.start().opened();
    expect(pod.mended).toEqual([[`${SECURITY}/config.json`, `${SECURITY}/resource.json`]]);
    expect(pod.read(changed)).toContain('a person');
  });

  test.each(['this pod', 'the next pod'])(
    'does not keep the gateway down for longer than the grace, and stays as it is once people may be at work on it: %s',
    async (lives) => {
      pod.relay.says = 'nobody answers';
      pod.graceSeconds = 1;
      const agent = pod.start();
      expect(await agent.opened()).toMatch(/^open: startupGraceSeconds are over/);
      expect(pod.decisions.join('\n')).toContain('closed: a seeding of the volume wrote over the last sync');
      await startGateway({ firstBoot: 'waits' });
      pod.write(`${SECURITY}/config.json`, '{"systemIdentityProvider":"a person"}');
      const marker = pod.read('.ignition-sync/platform.json');
      if (lives === 'this pod') {
        pod.relay.says = EXPECTS.nothing;
      } else {
        await agent.end();
        pod.sandbox = 'pod-3';
        pod.relay.says = EXPECTS.nothing;
        await pod.start().opened();
      }
      await until(() => pod.read('.ignition-sync/platform.json') !== marker);
      const { watch } = await pod.agent.ready();
      await watch.hello(doing.signal);
      expect(pod.mended).toEqual([]);
      expect(pod.read(`${SECURITY}/config.json`)).toContain('a person');
    },
  );
});

test('what a person changes while the volume stays as it is, is never put right by itself', async () => {
  await seedDataDirectory(pod.dataDir);
  await startGateway();
  const agent = pod.start();
  const { target } = await agent.sync(NO_MANIFEST, SECURED);
  await until(() => pod.read('.ignition-sync/platform.json') !== undefined);
  pod.write(`${SECURITY}/config.json`, '{"systemIdentityProvider":"a person"}');
  await agent.end();
  pod.sandbox = 'pod-2';
  const next = pod.start();
  await next.ready();
  expect(await outcomeOf(next.sync(target, { ...SECURED, [`${SECURITY}/config.json`]: '{}' }))).toBe('LocalChange');
  expect(pod.read(`${SECURITY}/config.json`)).toContain('a person');
  expect(pod.mended).toEqual([]);
});

test('a setup that ended while the agent was away is not put right: what is found then may be a person’s', async () => {
  await seedDataDirectory(pod.dataDir);
  const running = await startGateway();
  const agent = pod.start();
  pod.relay.says = EXPECTS.nothing;
  await agent.sync(NO_MANIFEST, SECURED);
  running.set({ state: 'commissioning' });
  await until(() => pod.read('.ignition-sync/platform.json')?.includes('"settingUp":true') === true);
  await agent.end();
  running.set({ state: 'running' });
  pod.write(`${SECURITY}/config.json`, '{"systemIdentityProvider":"a person"}');
  pod.start();
  await until(() => pod.read('.ignition-sync/platform.json')?.includes('"settingUp":false') === true);
  expect(pod.mended).toEqual([]);
  expect(pod.read(`${SECURITY}/config.json`)).toContain('a person');
});

test.each<{ how: string; forgets: Forgets | undefined }>([
  { how: 'takes no right away', forgets: undefined },
  { how: 'takes the right of keys away until the file is written again', forgets: 'until-written' },
  { how: 'takes the right of keys away for a while', forgets: 600 },
])('3.1.4 a setup that comes back over a synced gateway and $how: what it rewrote is put right and loaded', async ({ forgets }) => {
  await seedDataDirectory(pod.dataDir);
  withKey();
  const running = await startGateway({ tokenFile: pod.tokenFile });
  const agent = pod.start();
  pod.relay.says = EXPECTS.nothing;
  await agent.sync(NO_MANIFEST, SECURED);
  const { watch } = await agent.ready();
  await watch.greeted();
  running.set({ state: 'commissioning' }); // a module whose terms nobody has accepted yet
  await until(() => pod.read('.ignition-sync/platform.json')?.includes('"settingUp":true') === true);
  commission(running.gateway, forgets);
  expect(pod.read(`${SECURITY}/config.json`)).not.toBe(OURS);
  await until(() => pod.mended.length > 0);
  expect(pod.read(`${SECURITY}/config.json`)).toBe(OURS);
  await until(async () => {
    const { agent: engine } = await agent.ready();
    const { liveOp } = await engine.inspect();
    return liveOp.startsWith('mend/') && running.requests.some(({ path, status }) => path.endsWith('scan/config') && status === 200);
  });
});

test.each([
  { how: 'by the scan that somebody asks for in its web page', keysLoaded: 'scan' as const },
  { how: 'by its next start only', keysLoaded: 'boot' as const },
])(
  'the first API key comes with a commit and is loaded $how: the sync waits for it with words, and is proved then',
  async ({ keysLoaded }) => {
    await seedDataDirectory(pod.dataDir);
    const key = withKey();
    pod.write('../other', 'nobody:knows\n');
    const running = await startGateway({ tokenFile: join(pod.dataDir, '../other'), faults: { keysLoaded } });
    const agent = pod.start();
    // Without the key in the commit it is a mistake, found before anything is changed.
    expect(await outcomeOf(agent.sync(NO_MANIFEST, PROJECT))).toBe('GatewayAuthFailed');
    const step = await agent.sync(NO_MANIFEST, { ...PROJECT, ...key });
    await expect(agent.scan(step)).rejects.toMatchObject({
      reason: 'ApiKeyNotLoaded',
      message: expect.stringMatching(
        /Its files have this key \(config\/resources\/core\/ignition\/api-token\/robot\/config.json\)/,
      ) as string,
    });
    const { boot } = await agent.ready();
    const connection = { port: running.port, tls: false };
    expect((await boot.look(connection, doing.signal)).comingUp?.reason).toBe('ApiKeyNotLoaded');
    if (keysLoaded === 'scan') running.gateway.engine.reload('config');
    else await running.gateway.restart();
    expect(await outcomeOf(agent.scan(step))).toBe('Loaded');
    expect((await boot.look(connection, doing.signal)).comingUp).toBeUndefined();
  },
);

test('3.1.6 a key whose right a commit brings is no mistake of that commit', async () => {
  await seedDataDirectory(pod.dataDir);
  withKey();
  const running = await startGateway({ tokenFile: pod.tokenFile, faults: { ...NO_FAULTS, keyRights: 'none' } });
  const agent = pod.start();
  expect(await outcomeOf(agent.sync(NO_MANIFEST, PROJECT))).toBe('GatewayAuthFailed');
  const step = await agent.sync(NO_MANIFEST, SECURED);
  await expect(agent.scan(step)).rejects.toMatchObject({
    reason: 'ApiKeyNotLoaded',
    message: expect.stringContaining('The last sync changed config/resources/core/ignition/security-properties') as string,
  });
  running.set({ keyRights: 'write' });
  expect(await outcomeOf(agent.scan(step))).toBe('Loaded');
});

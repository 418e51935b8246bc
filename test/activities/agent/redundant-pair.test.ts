import { toFault } from '../../../src/domain/errors.ts';
import { NO_MANIFEST } from '../../../src/domain/manifest.ts';
import { PairRig } from './support/pair-rig.ts';
import { doing } from './support/rig.ts';

const PROJECT = 'projects/P/project.json';
const CORE = 'config/resources/core/ignition/database-connection/db/config.json';
const EXTERNAL = 'config/resources/external/ignition/database-connection/db/config.json';
const MANIFEST = { 'config/resources/external/config-mode.json': '{}' };
const at = (n: number) => ({ [PROJECT]: `{"title":"${n}"}`, [CORE]: `{"n":${n}}` });

let rig: PairRig;
const open = async (from?: 'master' | 'active'): Promise<void> => {
  rig = await PairRig.open(from);
};
afterEach(async () => {
  expect([...rig.pair.master.damage, ...rig.pair.backup.damage]).toEqual([]);
  await rig.close();
});
const drifted = async (name: 'master' | 'backup'): Promise<string[]> => {
  const { drift } = await rig[name].agent.inspect('thorough');
  return drift ? [...drift.changed, ...drift.missing, ...drift.foreign] : ['not known'];
};
const faultOf = (work: Promise<unknown>) => work.then(() => undefined, toFault);

test('3.5.2 the standby gets by replication what replicates; written there is only external, and both own all of it', async () => {
  await open();
  const target = await rig.sync({ ...at(1), ...MANIFEST, [EXTERNAL]: '{}' });
  expect(rig.written('master')).toEqual([[CORE, 'config/resources/external/config-mode.json', EXTERNAL, PROJECT]]);
  expect(rig.written('backup')).toEqual([['config/resources/external/config-mode.json', EXTERNAL]]);
  expect(rig.backup.read(PROJECT)).toBe('{"title":"1"}');
  expect([await rig.live('master'), await rig.live('backup')]).toEqual([target, target]);
  for (const name of ['master', 'backup'] as const) expect(await drifted(name)).toEqual([]);
});

test('a commit without anything external writes nothing on the standby and scans nothing there', async () => {
  await open();
  await rig.sync(at(1));
  const before = rig.pair.backup.requests.length;
  await rig.sync(at(2));
  expect(rig.written('backup')).toEqual([]);
  const asked = rig.pair.backup.requests.slice(before).filter(({ method }) => method !== 'GET');
  expect(asked).toEqual([]);
});

test('external on the standby is scanned and proved there, projects are not scanned', async () => {
  await open();
  await rig.sync({ ...at(1), ...MANIFEST, [EXTERNAL]: '{}' });
  const scans = rig.pair.backup.requests.filter(({ method, path }) => method === 'POST' && path.includes('/scan/'));
  expect([...new Set(scans.map(({ path }) => path))]).toEqual(['/data/api/v1/scan/config']);
});

test('3.5.5 a standby that its peer has not reached yet says which files it lacks, changes nothing, and goes on when they are there', async () => {
  await open();
  await rig.sync(at(1));
  const target = rig.add({ [PROJECT]: '{"title":"2"}', ...MANIFEST });
  rig.pair.replication({ on: false });
  await rig.write('master', target, { as: 'active' });
  const before = await rig.backup.everything();
  const fault = await faultOf(rig.apply('backup', target, { as: 'standby' }));
  // one file has other bytes, one must be gone
  expect(fault).toMatchObject({
    reason: 'ReplicationPending',
    message: expect.stringMatching(/^2 files .*project\.json, .*db\/config\.json/) as string,
  });
  expect(await rig.backup.everything()).toEqual(before);
  rig.pair.replication({ on: true });
  rig.pair.settle();
  expect(await rig.write('backup', target, { as: 'standby' })).toMatchObject({
    wrote: true,
    node: { role: 'Backup', activityLevel: 'Cold' },
  });
  expect(rig.backup.has(CORE)).toBe(false);
  // what came once may be gone since
  await rig.backup.write(PROJECT, 'lost');
  expect((await faultOf(rig.apply('backup', target, { as: 'standby' })))?.reason).toBe('ReplicationPending');
});

test('3.5.4 a failover between stage and commit is seen directly before the commit point: nothing is written', async () => {
  await open();
  await rig.sync(at(1));
  const target = rig.add(at(2));
  expect(await rig.stage('master', target)).toMatchObject({ node: { running: true, role: 'Master', activityLevel: 'Active' } });
  const before = await rig.master.everything();
  rig.pair.failover();
  expect((await faultOf(rig.apply('master', target, { as: 'active' })))?.reason).toBe('RedundancyFailedOver');
  expect(await rig.master.everything()).toEqual(before);
  rig.pair.master.set({ state: 'starting' });
  expect((await faultOf(rig.apply('master', target, { as: 'active' })))?.reason).toBe('RedundancyUnsettled');
});

test('a standby of which nobody knows the peer is not written', async () => {
  await open();
  const target = rig.add(at(1));
  const step = rig.backup.step(NO_MANIFEST, target);
  const fault = await faultOf(rig.backup.agent.stage(step, doing));
  expect(fault).toMatchObject({ reason: 'PeerUnknown', message: expect.stringContaining('ignition-sync.io/redundant-pair') as string });
  expect((await faultOf(rig.backup.agent.apply(step, doing)))?.reason).toBe('PeerUnknown');
  await rig.master.agent.stage(rig.master.step(NO_MANIFEST, target), doing); // the active node may be
});

test('a pair whose gateways do not run is written on both, like a single gateway that does not', async () => {
  await open();
  rig.pair.master.set({ state: 'starting' });
  rig.pair.backup.set({ state: 'starting' });
  const target = rig.add(at(1));
  expect(await rig.stage('backup', target)).toMatchObject({ node: { running: false } });
  for (const name of ['master', 'backup'] as const) await rig.apply(name, target, { as: 'stopped' });
  expect([rig.written('master').length, rig.written('backup').length]).toEqual([1, 1]);
  rig.pair.backup.set({ state: 'running' });
  expect((await faultOf(rig.apply('backup', rig.add(at(2)), { as: 'stopped' })))?.reason).toBe('RedundancyUnsettled');
});

// Unknown which way files go: in each variant both nodes end on the commit, and none is written twice.
describe.each(['master', 'active'] as const)('where the files of the %s node go to the other', (from) => {
  test('after a failover the backup takes the commit as it stands, then the master, and both keep it when the master takes over again', async () => {
    await open(from);
    await rig.sync(at(1));
    rig.pair.failover();
    const target = rig.add(at(2));
    expect(await rig.write('backup', target, { as: 'active', peerLive: await rig.live('master') })).toMatchObject({
      wrote: true,
      outcome: 'Loaded',
    });
    const follow = await faultOf(rig.write('master', target, { as: 'standby' }));
    expect(follow?.reason).toBe(from === 'active' ? undefined : 'ReplicationPending');
    if (follow) await rig.write('master', target, { as: 'standby', unreplicated: 'write' });
    rig.pair.failover();
    rig.pair.settle();
    for (const name of ['master', 'backup'] as const) {
      expect([rig[name].read(PROJECT), await rig.live(name)]).toEqual(['{"title":"2"}', target]);
      expect(rig.written(name).length).toBe((name === 'master' ? 1 : 0) + (name === 'backup' || from === 'master' ? 1 : 0));
    }
  });

  test('a failover after the master was written: the backup is written over what it had, or has it already', async () => {
    await open(from);
    await rig.sync(at(1));
    rig.pair.replication({ on: false });
    const target = rig.add(at(2));
    await rig.write('master', target, { as: 'active' });
    rig.pair.failover();
    rig.pair.replication({ on: true });
    await rig.write('backup', target, { as: 'active', peerLive: target });
    await rig.write('master', target, { as: 'standby', peerLive: target });
    expect([rig.backup.read(PROJECT), rig.master.read(PROJECT)]).toEqual(['{"title":"2"}', '{"title":"2"}']);
    expect([rig.written('master').length, rig.written('backup').length]).toEqual([2, 1]);
  });
});

test('files that have replicated while its agent was away are no local change for a node that is written later', async () => {
  await open();
  await rig.sync(at(1));
  const second = rig.add(at(2));
  await rig.write('master', second, { as: 'active' }); // the backup's agent is away
  rig.pair.failover();
  const third = rig.add({ ...at(3), [CORE]: '{"n":1}' }); // core as at the first, which is not what lies there
  expect((await faultOf(rig.apply('backup', third, { as: 'active' })))?.reason).toBe('LocalChange');
  await rig.write('backup', third, { as: 'active', peerLive: second });
  expect([rig.backup.read(PROJECT), rig.backup.read(CORE)]).toEqual(['{"title":"3"}', '{"n":1}']);
});

test("a person's change on the active node holds it there, and comes to the standby as what replicates: no local change, no drift", async () => {
  await open();
  await rig.sync({ ...at(1), ...MANIFEST, [EXTERNAL]: '{}' });
  for (const name of ['master', 'backup'] as const) await rig[name].write(PROJECT, '{"title":"by hand"}');
  const target = rig.add({ ...at(2), ...MANIFEST, [EXTERNAL]: '{"n":2}' });
  expect((await faultOf(rig.stage('master', target)))?.reason).toBe('LocalChange');
  expect(await rig.stage('backup', target)).toMatchObject({ changes: { modified: 1 } });
  for (const name of ['master', 'backup'] as const) {
    rig[name].agent.node.reach({ port: 1, tls: false }, false);
    await rig[name].agent.node.look();
  }
  expect(await drifted('master')).toEqual([PROJECT]);
  expect(await drifted('backup')).toEqual([]);
  await rig.backup.write(EXTERNAL, '{"by":"hand"}');
  expect(await drifted('backup')).toEqual([EXTERNAL]);
  expect((await faultOf(rig.stage('backup', target)))?.reason).toBe('LocalChange');
});

test('putting back: on the master all of it, on the standby what was written there, the rest comes back by replication', async () => {
  await open();
  const first = await rig.sync({ ...at(1), ...MANIFEST, [EXTERNAL]: '{"n":1}' });
  const second = await rig.sync({ ...at(2), ...MANIFEST, [EXTERNAL]: '{"n":2}' });
  for (const name of ['master', 'backup'] as const) {
    const step = rig[name].step(second, first, { redundancy: { peer: 'x' }, localChanges: 'hold' as const });
    await rig[name].agent.restore(step, doing);
    await rig[name].agent.scan({ ...step, scans: { config: true, projects: true, newProject: false } }, doing);
  }
  for (const name of ['master', 'backup'] as const)
    expect([rig[name].read(PROJECT), rig[name].read(EXTERNAL), await rig.live(name)]).toEqual(['{"title":"1"}', '{"n":1}', first]);
  expect(rig.written('backup').at(-1)).toEqual([EXTERNAL]);
});

test('an abort puts nothing back on a node that is not active any more, unless the policy is to proceed; a failed scan is always undone', async () => {
  await open();
  const first = await rig.sync(at(1));
  const second = await rig.sync(at(2));
  rig.pair.failover();
  const revert = rig.master.step(second, first, { redundancy: { peer: 'backup' }, localChanges: 'hold' as const });
  expect((await faultOf(rig.master.agent.restore(revert, doing)))?.reason).toBe('RedundancyFailedOver');
  expect(rig.master.read(PROJECT)).toBe('{"title":"2"}');
  await rig.master.agent.restore({ ...revert, redundancy: { peer: 'backup', unreplicated: 'write' } }, doing);
  expect(rig.master.read(PROJECT)).toBe('{"title":"1"}');
  rig.pair.failover();
  await rig.write('master', second, { as: 'active' });
  rig.pair.settle();
  rig.pair.failover();
  await rig.master.agent.restore(rig.master.step(second, first, { redundancy: { peer: 'backup', as: 'active' as const } }), doing);
  expect(rig.master.read(PROJECT)).toBe('{"title":"1"}');
});

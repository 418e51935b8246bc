import { chmodSync, lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { SyncError } from '../../../src/domain/errors.ts';
import { damage, footprint } from '../../support/gateway-simulator/damage.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing, openAgent } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const V = 'projects/P/com.inductiveautomation.perspective/views/Main';
const FIRST: Files = {
  'projects/P/project.json': '{"title":"P"}',
  [`${V}/view.json`]: '{"root":1}',
  [`${V}/resource.json`]: '{"files":["view.json"]}',
  'config/resources/core/ignition/database-connection/db/config.json': '{}',
  'config/resources/core/ignition/database-connection/db/resource.json': '{}',
  'notes.txt': 'by name at the root',
};

test('a first apply writes every file with the directory’s modes and leaves the rest of the volume as it was', async () => {
  const before = await footprint(rig.dataDir, Object.keys(FIRST));
  const result = await rig.sync({ ...FIRST, 'projects/P/tool.sh': { content: '#!/bin/sh\n', executable: true } });
  expect(result).toMatchObject({ wrote: true, changes: { added: 7, modified: 0, deleted: 0 } });
  expect(result.scans).toMatchObject({ config: true, projects: true, newProject: true });
  expect(rig.read(`${V}/view.json`)).toBe('{"root":1}');
  expect(lstatSync(join(rig.dataDir, `${V}/view.json`)).mode & 0o7777).toBe(0o644);
  expect(lstatSync(join(rig.dataDir, 'projects/P/tool.sh')).mode & 0o7777).toBe(0o755);
  expect(lstatSync(join(rig.dataDir, V)).mode & 0o7777).toBe(0o755);
  expect(damage(before, await footprint(rig.dataDir, [...Object.keys(FIRST), 'projects/P/tool.sh']))).toEqual([]);
});

test('group write is taken over where the data directory has it', async () => {
  chmodSync(rig.dataDir, 0o775);
  await rig.sync(FIRST);
  expect(lstatSync(join(rig.dataDir, `${V}/view.json`)).mode & 0o7777).toBe(0o664);
  expect(lstatSync(join(rig.dataDir, V)).mode & 0o7777).toBe(0o775);
});

test('a second apply of the same manifest asks nobody, reads no file and writes nothing', async () => {
  await rig.sync(FIRST);
  const calls = rig.relay.calls;
  unlinkSync(join(rig.dataDir, 'notes.txt'));
  const before = await rig.everything();
  const { live } = await rig.agent.inspect();
  const step = rig.step(live, live);
  expect(await rig.agent.stage(step, doing)).toMatchObject({ fetchedFiles: 0, changes: { added: 0, modified: 0, deleted: 0 } });
  expect(await rig.agent.apply(step, doing)).toMatchObject({ live, wrote: false, visibleMs: 0 });
  expect(rig.relay.calls).toBe(calls);
  expect(await rig.everything()).toEqual(before);
  expect(rig.commits()).toHaveLength(1);
});

test.each<{ name: string; from: Files; to: Files; counts: [number, number, number] }>([
  { name: 'a changed file', from: { 'projects/P/a': '1' }, to: { 'projects/P/a': '2' }, counts: [0, 1, 0] },
  {
    name: 'a deleted file and its emptied folders',
    from: { 'projects/P/a': '1', 'projects/P/x/y/b': '2' },
    to: { 'projects/P/a': '1' },
    counts: [0, 0, 1],
  },
  { name: 'a deleted project', from: FIRST, to: { 'notes.txt': 'by name at the root' }, counts: [0, 0, 5] },
  {
    name: 'a file that becomes a folder',
    from: { 'projects/P/a': '1', 'projects/P/z': '1' },
    to: { 'projects/P/a/b/c': '2', 'projects/P/z': '1' },
    counts: [1, 0, 1],
  },
  {
    name: 'a folder that becomes a file',
    from: { 'projects/P/a/b/c': '2', 'projects/P/a/d': '3' },
    to: { 'projects/P/a': '1' },
    counts: [1, 0, 2],
  },
  {
    name: 'an executable bit',
    from: { 'projects/P/a': '1' },
    to: { 'projects/P/a': { content: '1', executable: true } },
    counts: [0, 1, 0],
  },
  { name: 'a moved file', from: { 'projects/P/a': 'same' }, to: { 'projects/P/b/a': 'same' }, counts: [1, 0, 1] },
  {
    name: 'the same content twice',
    from: { 'projects/P/a': '0' },
    to: { 'projects/P/a': 'x', 'projects/P/b': 'x', 'projects/Q/c': 'x' },
    counts: [2, 1, 0],
  },
  { name: 'a file name of 255 bytes', from: {}, to: { [`projects/P/${'ü'.repeat(127)}a`]: '1' }, counts: [1, 0, 0] },
  { name: 'everything gone', from: FIRST, to: {}, counts: [0, 0, 6] },
])('$name arrives, alone, in one sync, and is put back by a restore', async ({ from, to, counts: [added, modified, deleted] }) => {
  await rig.sync(from);
  const old = await rig.everything();
  const { live: before } = await rig.agent.inspect();
  const result = await rig.sync(to);
  expect(result.changes).toEqual({ added, modified, deleted });
  const fresh = await Rig.open();
  try {
    await fresh.sync(to);
    const foreign = /^(?!projects\/(?!\.resources)|notes|config\/resources\/core\/ignition\/database)/;
    expect((await rig.everything()).filter((line) => !foreign.test(line))).toEqual(
      (await fresh.everything()).filter((line) => !foreign.test(line)),
    );
  } finally {
    await fresh.close();
  }
  expect(await rig.agent.restore(rig.step(result.live, before), doing)).toEqual({ live: before, wrote: true });
  expect(await rig.everything()).toEqual(old);
});

test('content that is on the volume already is not fetched again', async () => {
  await rig.sync({ 'projects/P/a': 'long content' });
  rig.relay.fetched.length = 0;
  await rig.sync({ 'projects/P/moved/a': 'long content', 'projects/P/new': 'new' });
  expect(rig.relay.fetched).toHaveLength(1);
});

test('an interrupted stage is continued with what it has', async () => {
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`projects/P/${i}`, `content ${i}`]));
  const step = rig.step(NO_MANIFEST, rig.content.add(files));
  rig.relay.beforeBlob = (index) => {
    if (index === 6) throw new SyncError('RelayUnreachable', 'cut');
  };
  await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason: 'RelayUnreachable' });
  rig.relay.beforeBlob = () => undefined;
  await rig.reopen();
  expect(await rig.agent.stage(step, doing)).toMatchObject({ fetchedFiles: 4 });
  expect(await rig.agent.stage(step, doing)).toMatchObject({ fetchedFiles: 0, changes: { added: 10 } });
});

test('a first apply adopts what is equal, replaces what differs, leaves what is foreign, and is undone to the byte', async () => {
  await rig.write('projects/P/same', 'same');
  await rig.write('projects/P/differs', 'by hand');
  await rig.write('projects/P/foreign', 'foreign');
  mkdirSync(join(rig.dataDir, 'projects/P/empty'));
  chmodSync(join(rig.dataDir, 'projects/P/differs'), 0o640);
  const before = await rig.everything();
  const result = await rig.sync({ 'projects/P/same': 'same', 'projects/P/differs': 'from git', 'projects/P/empty/new': 'new' });
  expect(result.changes).toEqual({ added: 1, modified: 1, deleted: 0 });
  expect(rig.read('projects/P/differs')).toBe('from git');
  expect(rig.read('projects/P/foreign')).toBe('foreign');
  await rig.agent.restore(rig.step(result.live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
  expect(await rig.agent.inspect()).toMatchObject({ live: NO_MANIFEST });
});

test('a later plan takes over a foreign file whose place it newly owns, counts it, and gives it back on restore', async () => {
  const first = await rig.sync({ 'projects/P/a': 'ours' });
  await rig.write('projects/P/new', 'by hand');
  const result = await rig.sync({ 'projects/P/a': 'ours', 'projects/P/new': 'from git' });
  expect(result).toMatchObject({ takenOver: 1, changes: { added: 0, modified: 1, deleted: 0 } });
  expect(rig.read('projects/P/new')).toBe('from git');
  await rig.agent.restore(rig.step(result.live, first.live), doing);
  expect(rig.read('projects/P/new')).toBe('by hand');
});

test('a first apply of what is there already writes nothing and still owns it', async () => {
  await rig.write('projects/P/same', 'same');
  expect(await rig.sync({ 'projects/P/same': 'same' })).toMatchObject({ wrote: false, changes: { added: 0, modified: 0, deleted: 0 } });
  expect(rig.commits()).toEqual([]);
  await rig.sync({ 'projects/P/other': 'x' });
  expect(rig.has('projects/P/same')).toBe(false);
});

describe('what holds an apply, and changes nothing', () => {
  const owned: Files = { 'projects/P/a': 'ours', 'projects/P/d/x': 'ours', 'projects/P/keep': 'k' };
  test.each<{ name: string; make: (dir: string) => void; to: Files; reason: string; says: string }>([
    {
      name: 'a file changed by hand',
      make: (dir) => writeFileSync(join(dir, 'projects/P/a'), 'mine'),
      to: { ...owned, 'projects/P/a': 'new' },
      reason: 'LocalChange',
      says: 'projects/P/a',
    },
    {
      name: 'a file deleted by hand',
      make: (dir) => unlinkSync(join(dir, 'projects/P/a')),
      to: { ...owned, 'projects/P/a': 'new' },
      reason: 'LocalChange',
      says: 'projects/P/a',
    },
    {
      name: 'a changed file that shall go',
      make: (dir) => writeFileSync(join(dir, 'projects/P/a'), 'mine'),
      to: { 'projects/P/keep': 'k' },
      reason: 'LocalChange',
      says: 'projects/P/a',
    },
    {
      name: 'a link in place of a file',
      make: (dir) => {
        unlinkSync(join(dir, 'projects/P/a'));
        symlinkSync('/etc/hostname', join(dir, 'projects/P/a'));
      },
      to: { ...owned, 'projects/P/a': 'new' },
      reason: 'LinkInTheWay',
      says: 'projects/P/a',
    },
    {
      name: 'a link in place of a folder',
      make: (dir) => {
        rmSync(join(dir, 'projects/P/d'), { recursive: true });
        symlinkSync('../../db', join(dir, 'projects/P/d'));
      },
      to: { ...owned, 'projects/P/d/x': 'new' },
      reason: 'LinkInTheWay',
      says: 'projects/P/d',
    },
    {
      name: 'a pipe in place of a file',
      make: (dir) => {
        unlinkSync(join(dir, 'projects/P/a'));
        execFileSync('mkfifo', [join(dir, 'projects/P/a')]);
      },
      to: { ...owned, 'projects/P/a': 'new' },
      reason: 'InTheWay',
      says: 'projects/P/a',
    },
    {
      name: 'a foreign file in a folder that becomes a file',
      make: (dir) => writeFileSync(join(dir, 'projects/P/d/mine'), 'm'),
      to: { 'projects/P/a': 'ours', 'projects/P/d': 'file', 'projects/P/keep': 'k' },
      reason: 'InTheWay',
      says: 'projects/P/d/mine',
    },
    {
      name: 'a foreign file where a folder is needed',
      make: (dir) => writeFileSync(join(dir, 'projects/Q'), 'm'),
      to: { ...owned, 'projects/Q/project.json': '{}' },
      reason: 'InTheWay',
      says: 'projects/Q',
    },
    {
      name: 'a path that belongs to the gateway',
      make: () => undefined,
      to: { ...owned, 'config/resources/local/x': '1' },
      reason: 'PathNotAllowed',
      says: 'config/resources/local',
    },
    {
      name: 'a path that leaves the data directory',
      make: () => undefined,
      to: { ...owned, 'projects/../../x': '1' },
      reason: 'PathNotAllowed',
      says: 'projects/../../x',
    },
    {
      name: 'a path that is a file and a folder',
      make: () => undefined,
      to: { ...owned, 'projects/P/keep/x': '1' },
      reason: 'PathNotAllowed',
      says: 'projects/P/keep',
    },
  ])('$name → $reason', async ({ make, to, reason, says }) => {
    await rig.sync(owned);
    make(rig.dataDir);
    const before = await rig.everything();
    const { live } = await rig.agent.inspect();
    const step = rig.step(live, rig.content.add(to));
    await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason, message: expect.stringContaining(says) as string });
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({ reason });
    expect(await rig.everything()).toEqual(before);
    expect((await rig.agent.inspect()).live).toBe(live);
  });

  test('more than 20 local changes are counted, 20 are named', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`projects/P/f${i}`, 'ours']));
    await rig.sync(many);
    for (const path of Object.keys(many)) writeFileSync(join(rig.dataDir, path), 'mine');
    const { live } = await rig.agent.inspect();
    const error = await rig.agent
      .stage(rig.step(live, rig.content.add({ 'projects/P/other': '1' })), doing)
      .catch((thrown: unknown) => thrown as SyncError);
    expect(error).toMatchObject({
      reason: 'LocalChange',
      message: expect.stringMatching(/^30 paths.*localChanges: overwrite.* and 10 more$/) as string,
    });
  });
});

test.each<{ name: string; make: (dir: string) => void; to: Files }>([
  {
    name: 'a hand-made copy of the very change that comes',
    make: (dir) => writeFileSync(join(dir, 'projects/P/a'), 'new'),
    to: { 'projects/P/a': 'new' },
  },
  { name: 'a changed mode', make: (dir) => chmodSync(join(dir, 'projects/P/a'), 0o600), to: { 'projects/P/a': 'new' } },
  { name: 'a file deleted by hand that shall go', make: (dir) => unlinkSync(join(dir, 'projects/P/a')), to: { 'projects/P/b': 'x' } },
  {
    name: 'a change elsewhere',
    make: (dir) => writeFileSync(join(dir, 'projects/P/keep'), 'mine'),
    to: { 'projects/P/a': 'new', 'projects/P/keep': 'k' },
  },
])('$name does not hold an apply', async ({ make, to }) => {
  await rig.sync({ 'projects/P/a': 'ours', 'projects/P/keep': 'k' });
  make(rig.dataDir);
  expect(await rig.sync({ 'projects/P/keep': 'k', ...to })).toMatchObject({ live: expect.any(String) as string });
});

test('an empty folder where a file is needed makes room, and is back after a restore', async () => {
  await rig.sync({ 'projects/P/keep': 'k' });
  mkdirSync(join(rig.dataDir, 'projects/P/a/b'), { recursive: true, mode: 0o700 });
  const before = await rig.everything();
  const { live } = await rig.agent.inspect();
  const result = await rig.sync({ 'projects/P/keep': 'k', 'projects/P/a': 'file' });
  expect(rig.read('projects/P/a')).toBe('file');
  await rig.agent.restore(rig.step(result.live, live), doing);
  expect(await rig.everything()).toEqual(before);
});

describe('state decides', () => {
  test('another live manifest than expected is refused by name', async () => {
    await rig.sync(FIRST);
    const { live } = await rig.agent.inspect();
    const step = rig.step('a'.repeat(64), rig.content.add({ 'projects/P/a': '1' }));
    const refusal = { reason: 'LivePreconditionFailed', message: expect.stringContaining(live.slice(0, 12)) as string };
    await expect(rig.agent.stage(step, doing)).rejects.toMatchObject(refusal);
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject(refusal);
    await expect(rig.agent.restore(step, doing)).rejects.toMatchObject(refusal);
  });

  test('an apply that comes again after its restore changes nothing', async () => {
    await rig.sync({ 'projects/P/a': '1' });
    const { live } = await rig.agent.inspect();
    const step = rig.step(live, rig.content.add({ 'projects/P/a': '2' }));
    await rig.agent.apply(step, doing);
    await rig.agent.restore(rig.step(step.target, live), doing);
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({ reason: 'LivePreconditionFailed' });
    expect(rig.read('projects/P/a')).toBe('1');
    expect(rig.commits().map(({ kind }) => kind)).toEqual(['apply', 'apply', 'restore']);
  });

  test('an apply whose answer was lost says the same scans again, until one was made', async () => {
    const { scans } = await rig.sync(FIRST);
    const { live } = await rig.agent.inspect();
    expect(await rig.agent.apply(rig.step(live, live), doing)).toMatchObject({ wrote: false, scans });
  });

  test('two applies at once write once', async () => {
    const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
    const both = await Promise.all([rig.agent.apply(step, doing), rig.agent.apply(step, doing)]);
    expect(both.map(({ wrote }) => wrote)).toEqual([true, false]);
    expect(rig.commits()).toHaveLength(1);
  });

  test('a cancelled apply that waits its turn does nothing', async () => {
    const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
    await expect(rig.agent.apply(step, { ...doing, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(rig.commits()).toEqual([]);
  });
});

describe('the ticket decides', () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  test.each<{ name: string; make: (rig: Rig) => void; reason: string }>([
    { name: 'refused because a freeze is on', make: ({ relay }) => (relay.refusal = new SyncError('Frozen', 'by Ada')), reason: 'Frozen' },
    { name: 'signed by somebody else', make: ({ relay }) => (relay.office.forgedWith = other), reason: 'TicketRefused' },
    { name: 'for another plan', make: ({ relay }) => (relay.office.altered = { planDigest: '0'.repeat(64) }), reason: 'TicketRefused' },
    { name: 'for another gateway', make: ({ relay }) => (relay.office.altered = { gateway: 'line-2' }), reason: 'TicketRefused' },
    {
      name: 'for another object',
      make: ({ relay }) => (relay.office.altered = { object: { namespace: 'plant', name: 'site', uid: 'older' } }),
      reason: 'TicketRefused',
    },
    { name: 'already over', make: ({ relay }) => (relay.office.validForMs = -1), reason: 'TicketRefused' },
  ])('a ticket $name → $reason, and nothing changes', async ({ make, reason }) => {
    const before = await rig.everything();
    make(rig);
    const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
    await rig.agent.stage(step, doing);
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({ reason });
    expect(await rig.everything()).toEqual(before);
    expect(await rig.agent.inspect()).toMatchObject({ live: NO_MANIFEST });
  });

  test('a ticket that says it is good for an hour is good for five seconds', async () => {
    let now = 0;
    await rig.reopen({ clock: { now: () => new Date(), monotonicMs: () => (now += 3000) } });
    rig.relay.office.validForMs = 3_600_000;
    const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({
      reason: 'TicketRefused',
      message: expect.stringContaining('5000 ms') as string,
    });
    expect(rig.has('projects/P')).toBe(false);
  });

  test('a relay that came back with a new key is greeted again', async () => {
    await rig.sync({ 'projects/P/a': '1' });
    rig.relay.office.key = generateKeyPairSync('ed25519');
    expect(await rig.sync({ 'projects/P/a': '2' })).toMatchObject({ wrote: true });
  });

  test('a restore asks for none', async () => {
    const { live } = await rig.sync(FIRST);
    const asked = rig.relay.office.asked.length;
    await rig.agent.restore(rig.step(live, NO_MANIFEST), doing);
    expect(rig.relay.office.asked).toHaveLength(asked);
  });
});

test('a volume without room is refused before anything is fetched', async () => {
  await rig.reopen({ space: () => Promise.resolve({ free: 512 * 1024 * 1024, total: 1e9 }) });
  const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
  await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({
    reason: 'InsufficientSpace',
    message: expect.stringContaining('512 MiB') as string,
  });
  expect(rig.relay.fetched).toEqual([]);
});

test.each([
  {
    name: 'damaged content',
    break: (rig: Rig) =>
      rig.content.blobs.forEach((bytes, digest) => rig.content.blobs.set(digest, Buffer.concat([bytes, Buffer.from('x')]))),
  },
  { name: 'missing content', break: (rig: Rig) => rig.content.blobs.clear() },
  {
    name: 'another manifest',
    break: (rig: Rig) => rig.content.manifests.forEach((text, digest) => rig.content.manifests.set(digest, `${text}\n`)),
  },
])('$name from the relay is refused as ContentUnavailable', async ({ break: damageIt }) => {
  const step = rig.step(NO_MANIFEST, rig.content.add(FIRST));
  damageIt(rig);
  await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason: 'ContentUnavailable' });
  expect(rig.has('projects/P')).toBe(false);
});

test('a file that is saved between the comparison and the commit point holds the apply', async () => {
  await rig.sync({ 'projects/P/a': '1', 'projects/P/b': '1' });
  await rig.reopen({
    onStep: (step) => {
      if (step === 'permit') writeFileSync(join(rig.dataDir, 'projects/P/b'), 'saved just now');
    },
  });
  await expect(rig.sync({ 'projects/P/a': '2', 'projects/P/b': '2' })).rejects.toMatchObject({ reason: 'LocalChange' });
  expect(rig.read('projects/P/a')).toBe('1');
  expect(rig.read('projects/P/b')).toBe('saved just now');
});

test('a link that is swapped in during the renames is not followed, and everything is put back', async () => {
  await rig.sync({ 'projects/P/a/x': '1', 'projects/P/b/x': '1' });
  mkdirSync(join(rig.dataDir, 'outside'));
  let swapped = false;
  await rig.reopen({
    onStep: (step) => {
      if (!step.startsWith('place 1/') || swapped) return;
      swapped = true;
      rmSync(join(rig.dataDir, 'projects/P/b'), { recursive: true });
      symlinkSync('../../outside', join(rig.dataDir, 'projects/P/b'));
    },
  });
  await expect(rig.sync({ 'projects/P/a/x': '2', 'projects/P/b/x': '2' })).rejects.toMatchObject({ reason: 'LinkInTheWay' });
  expect(swapped).toBe(true);
  expect(rig.has('outside/x')).toBe(false);
  expect(readlinkSync(join(rig.dataDir, 'projects/P/b'))).toBe('../../outside');
});

test('a second agent process on the same data directory is refused', async () => {
  await expect(openAgent(rig.dataDir, rig.relay)).rejects.toMatchObject({ reason: 'AnotherWriter' });
});

test('snapshots are kept as many as asked for, and an older state can no longer be restored', async () => {
  const lives = [];
  for (const content of ['1', '2', '3', '4']) {
    const { live } = await rig.agent.inspect();
    const step = rig.step(live, rig.content.add({ 'projects/P/a': content }), { retainSnapshots: 2 });
    await rig.agent.apply(step, doing);
    lives.push(step.target);
  }
  await expect(rig.agent.restore(rig.step(lives[3]!, lives[0]!), doing)).rejects.toMatchObject({ reason: 'RestoreFailed' });
  await rig.agent.restore(rig.step(lives[3]!, lives[2]!, { retainSnapshots: 2 }), doing);
  expect(rig.read('projects/P/a')).toBe('3');
});

test('what people changed after the apply is replaced by a restore and kept in its snapshot', async () => {
  await rig.sync({ 'projects/P/a': '1' });
  const { live } = await rig.agent.inspect();
  const result = await rig.sync({ 'projects/P/a': '2' });
  await rig.write('projects/P/a', 'repaired by hand');
  await rig.agent.restore(rig.step(result.live, live), doing);
  expect(rig.read('projects/P/a')).toBe('1');
  const kept = execFileSync('grep', ['-rl', 'repaired by hand', join(rig.dataDir, '.ignition-sync', 'snapshots')], { encoding: 'utf8' });
  expect(kept.trim().split('\n')).toHaveLength(1);
});

test('released files stay as they are, are not looked at, and are nobody of ours afterwards', async () => {
  const first = await rig.sync({ 'projects/P/ours': '1', 'projects/P/released': 'as synced' });
  await rig.write('projects/P/released', 'edited by hand');
  const released = rig.content.add({ 'projects/P/released': 'as synced' });
  const target = rig.content.add({ 'projects/P/ours': '2' });
  const step = rig.step(first.live, target, { released });
  await rig.agent.stage(step, doing);
  await rig.agent.apply(step, doing);
  expect(rig.read('projects/P/released')).toBe('edited by hand');
  await rig.sync({ 'projects/P/other': 'x' });
  expect(rig.read('projects/P/released')).toBe('edited by hand');
});

test('a restore that is to hold touches nothing when somebody has changed a file since; one that is to replace says which', async () => {
  const { live } = await rig.sync({ 'projects/P/a': '1', 'projects/P/b': '1', 'projects/P/c': '1' });
  const result = await rig.sync({ 'projects/P/a': '2', 'projects/P/b': '2' });
  await rig.write('projects/P/a', 'by hand');
  await rig.write('projects/P/c', 'made anew by hand');
  const before = await rig.everything();
  await expect(rig.agent.restore({ ...rig.step(result.live, live), localChanges: 'hold' }, doing)).rejects.toMatchObject({
    reason: 'LocalChange',
    message: expect.stringContaining('projects/P/a, projects/P/c') as string,
  });
  expect(await rig.everything()).toEqual(before);
  expect(await rig.agent.restore(rig.step(result.live, live), doing)).toEqual({
    live,
    wrote: true,
    replaced: ['projects/P/a', 'projects/P/c'],
  });
  expect([rig.read('projects/P/a'), rig.read('projects/P/c')]).toEqual(['1', '1']);
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Depth } from '../../../src/agent/drift.ts';
import type { HelloRequest } from '../../../src/contract/relay.ts';
import { NO_MANIFEST, Rig } from './support/rig.ts';

/** An hour later files have settled: nobody is writing them in this very moment. */
const LATER = { clock: { now: () => new Date(Date.now() + 3_600_000), monotonicMs: () => performance.now() } };

let rig: Rig;

/** What a look finds, as plain lists. */
async function look(depth: Depth): Promise<object | undefined> {
  const { drift } = await rig.agent.inspect(depth);
  return drift && Object.fromEntries(Object.entries(drift).map(([kind, some]) => [kind, [...(some as Iterable<unknown>)]]));
}

beforeEach(async () => {
  rig = await Rig.open(LATER);
});
afterEach(() => rig.close());

const MIRROR = { folders: ['projects/P'], spares: ['**/*.log'] };
const NOTHING = { changed: [], missing: [], foreign: [], twins: [] };
const files = { 'projects/P/a': 'aaaa', 'projects/P/d/b': 'bbbb', 'projects/P/run.sh': { content: '#!', executable: true } };

test.each<{ name: string; make: (dir: string) => void; found: object }>([
  { name: 'nothing', make: () => undefined, found: {} },
  { name: 'a change', make: (dir) => writeFileSync(join(dir, 'a'), 'AAAA'), found: { changed: ['projects/P/a'] } },
  { name: 'another length', make: (dir) => writeFileSync(join(dir, 'a'), 'longer'), found: { changed: ['projects/P/a'] } },
  { name: 'a deleted file', make: (dir) => unlinkSync(join(dir, 'a')), found: { missing: ['projects/P/a'] } },
  { name: 'a deleted folder', make: (dir) => rmSync(join(dir, 'd'), { recursive: true }), found: { missing: ['projects/P/d/b'] } },
  { name: 'the executable bit', make: (dir) => chmodSync(join(dir, 'run.sh'), 0o644), found: { changed: ['projects/P/run.sh'] } },
  { name: 'group bits, as the kubelet sets them: none', make: (dir) => chmodSync(join(dir, 'a'), 0o664), found: {} },
  {
    name: 'a file saved again with the same bytes: none',
    make: (dir) => {
      unlinkSync(join(dir, 'a'));
      writeFileSync(join(dir, 'a'), 'aaaa');
    },
    found: {},
  },
  {
    name: 'a pipe in the place of a file, which nobody waits on',
    make: (dir) => {
      unlinkSync(join(dir, 'a'));
      execFileSync('mkfifo', [join(dir, 'a')]);
    },
    found: { changed: ['projects/P/a'] },
  },
  {
    name: 'a link to the same bytes',
    make: (dir) => {
      writeFileSync(join(dir, '../same'), 'aaaa');
      unlinkSync(join(dir, 'a'));
      symlinkSync('../same', join(dir, 'a'));
    },
    found: { changed: ['projects/P/a'] },
  },
  { name: 'a foreign file in a mirrored folder', make: (dir) => writeFileSync(join(dir, 'x'), ''), found: { foreign: ['projects/P/x'] } },
  { name: 'an excluded file in a mirrored folder: none', make: (dir) => writeFileSync(join(dir, 'x.log'), ''), found: {} },
  {
    name: 'a foreign folder in the place of a file',
    make: (dir) => {
      unlinkSync(join(dir, 'a'));
      mkdirSync(join(dir, 'a'));
    },
    found: { changed: ['projects/P/a'] },
  },
])('drift: $name, before and after a first look, fast and thorough', async ({ make, found }) => {
  await rig.sync(files, { mirror: MIRROR });
  await rig.agent.inspect('fast');
  make(join(rig.dataDir, 'projects/P'));
  const before = await rig.everything();
  for (const depth of ['fast', 'thorough', 'fast'] as const) expect(await look(depth)).toEqual({ ...NOTHING, ...found });
  expect(await rig.everything()).toEqual(before);
});

test('a change that hides its time is found by reading, not by a fast look', async () => {
  await rig.sync(files);
  await rig.agent.inspect('fast');
  const place = join(rig.dataDir, 'projects/P/a');
  const { atimeMs, mtimeMs } = statSync(place);
  utimesSync(place, atimeMs / 1000, Math.floor(mtimeMs / 1000)); // whole seconds can be set again exactly
  await rig.agent.inspect('fast');
  writeFileSync(place, 'AAAA');
  utimesSync(place, atimeMs / 1000, Math.floor(mtimeMs / 1000));
  expect(await look('fast')).toEqual(NOTHING);
  expect(await look('thorough')).toEqual({ ...NOTHING, changed: ['projects/P/a'] });
  expect(await look('fast')).toEqual({ ...NOTHING, changed: ['projects/P/a'] });
});

test('a file that was written a moment ago is read again, since its time cannot tell', async () => {
  await rig.reopen({ clock: { now: () => new Date(), monotonicMs: () => performance.now() } });
  await rig.sync(files);
  await rig.agent.inspect('fast');
  const place = join(rig.dataDir, 'projects/P/a');
  const { atime, mtime } = statSync(place);
  writeFileSync(place, 'AAAA');
  utimesSync(place, atime, mtime);
  expect(await look('fast')).toMatchObject({ changed: ['projects/P/a'] });
});

test('what was noted about files may be lost or damaged', async () => {
  await rig.sync(files);
  await rig.agent.inspect('fast');
  for (const noted of ['', '["projects/P/a",', '{}\n[1]\nx\n']) {
    writeFileSync(join(rig.dataDir, '.ignition-sync', 'seen'), noted);
    expect(await look('fast')).toEqual(NOTHING);
  }
});

test('before the first sync there is nothing to drift from, and after one the drift of what was live before is not told', async () => {
  expect(await rig.agent.inspect('fast')).toEqual({ live: NO_MANIFEST, liveOp: '' });
  await rig.sync(files);
  await rig.write('projects/P/a', 'changed');
  await rig.agent.inspect('fast');
  const told: HelloRequest[] = [];
  rig.relay.onHello = (request) => told.push(request);
  await rig.agent.hello();
  await rig.sync({ ...files, 'projects/P/new': '1' });
  await rig.agent.hello();
  expect(told.map(({ drift }) => drift)).toEqual([
    { changed: 1, missing: 0, foreign: 0, first: ['projects/P/a'], twins: { count: 0, first: [] } },
    undefined,
  ]);
});

test('a sync that comes in between leaves no answer', async () => {
  await rig.sync(files);
  const state = join(rig.dataDir, '.ignition-sync', 'state.json');
  const now = (): Date => {
    const was = JSON.parse(readFileSync(state, 'utf8')) as { seq: number };
    writeFileSync(state, JSON.stringify({ ...was, seq: was.seq + 1 }));
    return LATER.clock.now();
  };
  await rig.reopen({ clock: { ...LATER.clock, now } });
  expect(await rig.agent.inspect('thorough')).not.toHaveProperty('drift');
  await rig.reopen(LATER);
  expect(await look('thorough')).toEqual(NOTHING);
});

test.each([
  { beside: 'projects/P/A', ours: 'projects/P/a' },
  { beside: 'projects/p/a', ours: 'projects/P', twin: 'projects/p' },
  { beside: 'Projects/P/a', ours: 'projects', twin: 'Projects' },
  { beside: 'projects/P/d/Cafe\u0301', ours: 'projects/P/d/Caf\u00e9' },
  { beside: 'projects/P/D', ours: 'projects/P/d' },
])('$beside, which is not ours, stays beside ours and is told by name', async ({ beside, ours, twin = beside }) => {
  await rig.write(beside, 'theirs');
  await rig.sync({ ...files, 'projects/P/d/Caf\u00e9': '1' });
  const told: HelloRequest[] = [];
  rig.relay.onHello = (request) => told.push(request);
  expect(await look('fast')).toEqual({ ...NOTHING, twins: [{ path: twin, ours }] });
  await rig.agent.hello();
  expect(told[0]?.drift?.twins).toEqual({ count: 1, first: [{ path: twin, ours }] });
  expect(rig.read(beside)).toBe('theirs');
  // A commit that changes ours leaves theirs alone, too.
  await rig.sync({ 'projects/P/a': 'next', 'projects/P/d/Caf\u00e9': '2' });
  expect(rig.read(beside)).toBe('theirs');
});

test('names that two files of a commit had one after the other are no twins', async () => {
  await rig.sync({ 'projects/P/a': '1' });
  await rig.sync({ 'projects/P/A': '1' });
  expect(await look('fast')).toEqual(NOTHING);
});

test('any number of files that drifted is counted, and the first are kept', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_200 }, (_, i) => [`projects/P/${1000 + i}`, '1']));
  await rig.sync(many);
  rmSync(join(rig.dataDir, 'projects'), { recursive: true });
  const { drift } = await rig.agent.inspect('fast');
  expect(drift?.missing.count).toBe(1_200);
  expect([...(drift?.missing ?? [])]).toHaveLength(1_000);
});

import { rmSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '../../../src/domain/errors.ts';
import type { ApplyResult } from '../../../src/contract/gateway-activities.ts';
import type { Digest, Mirror } from '../../../src/domain/manifest.ts';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const BEFORE: Files = { 'projects/P/a': '1', 'projects/P/b': '1', 'projects/P/leaves/x': '1', 'projects/P/same': 's' };
const AFTER: Files = { 'projects/P/a': '2', 'projects/P/b': '1', 'projects/P/same': 's' };

/** The record goes, or all of our folder, while the agent is down. @returns what the gateway had confirmed */
async function syncedAndForgotten(what = 'state.json'): Promise<Digest> {
  const { live } = await rig.sync(BEFORE);
  rmSync(join(rig.dataDir, '.ignition-sync', what), { recursive: true });
  await rig.reopen();
  expect(await rig.agent.inspect()).toMatchObject({ live: NO_MANIFEST });
  return live;
}

function syncOver(lastConfirmed: Digest, files: Files, given: { localChanges?: 'overwrite'; mirror?: Mirror } = {}): Promise<ApplyResult> {
  return rig.sync(files, { lastConfirmed, ...given });
}

test.each(['state.json', '.'])(
  'without its record (%s) the gateway is brought on from what it confirmed last: what left git goes, what is foreign stays',
  async (lost) => {
    const confirmed = await syncedAndForgotten(lost);
    await rig.write('projects/P/leaves/theirs', 'somebody else’s');
    await rig.write('projects/P/foreign', 'somebody else’s');
    expect(await syncOver(confirmed, AFTER)).toMatchObject({ wrote: true, changes: { added: 0, modified: 1, deleted: 1 } });
    expect([rig.read('projects/P/a'), rig.has('projects/P/leaves/x')]).toEqual(['2', false]);
    expect([rig.read('projects/P/leaves/theirs'), rig.read('projects/P/foreign')]).toEqual(['somebody else’s', 'somebody else’s']);
  },
);

test('without a stand-in too it is a first apply: what left git is foreign and stays', async () => {
  await syncedAndForgotten();
  await rig.sync(AFTER);
  expect(rig.read('projects/P/leaves/x')).toBe('1');
});

test.each([
  { name: 'changed where git changes', make: () => rig.write('projects/P/a', 'a Designer saved this'), path: 'projects/P/a' },
  { name: 'changed where git changes nothing', make: () => rig.write('projects/P/b', 'a Designer saved this'), path: 'projects/P/b' },
  { name: 'changed where git deletes', make: () => rig.write('projects/P/leaves/x', 'a Designer saved this'), path: 'projects/P/leaves/x' },
  { name: 'deleted', make: () => unlink(join(rig.dataDir, 'projects/P/a')), path: 'projects/P/a' },
])('a file that a person $name holds the sync with its path, and nothing changes', async ({ make, path }) => {
  const confirmed = await syncedAndForgotten();
  await make();
  const before = await rig.everything();
  await expect(syncOver(confirmed, AFTER)).rejects.toMatchObject({
    reason: 'LocalChange',
    message: expect.stringContaining(path) as string,
  });
  expect(await rig.everything()).toEqual(before);
  expect(await syncOver(confirmed, AFTER, { localChanges: 'overwrite' })).toMatchObject({ overwritten: { files: 1, first: [path] } });
  expect(rig.read('projects/P/a')).toBe('2');
});

test('a change that was live but never confirmed is not taken for what was confirmed: every file is looked at', async () => {
  const { live: confirmed } = await rig.sync(BEFORE);
  await rig.sync({ ...BEFORE, 'projects/P/b': 'of a sync that nobody confirmed' });
  rmSync(join(rig.dataDir, '.ignition-sync', 'state.json'));
  await rig.reopen();
  await expect(syncOver(confirmed, BEFORE)).rejects.toMatchObject({ reason: 'LocalChange' });
  await syncOver(confirmed, BEFORE, { localChanges: 'overwrite' });
  expect(rig.read('projects/P/b')).toBe('1');
});

test('a volume that is new is no lost record: what was confirmed on the old one holds nothing and deletes nothing', async () => {
  const confirmed = rig.content.add(BEFORE);
  await rig.write('projects/P/a', 'of the image');
  await rig.write('projects/P/leaves/x', '1');
  expect(await syncOver(confirmed, AFTER)).toMatchObject({ changes: { added: 2, modified: 1, deleted: 0 }, takenOver: 1 });
  expect([rig.read('projects/P/a'), rig.read('projects/P/leaves/x')]).toEqual(['2', '1']);
});

test('a gateway that was put back to what was before its first sync owns nothing, whatever it had confirmed', async () => {
  await rig.write('projects/P/leaves/x', '1');
  const { live } = await rig.sync(BEFORE);
  await rig.agent.restore(rig.step(live, NO_MANIFEST), doing);
  await syncOver(live, AFTER);
  expect(rig.read('projects/P/leaves/x')).toBe('1');
});

test('a change that was made without a record and is put back leaves what was confirmed to stand in for the next one too', async () => {
  const confirmed = await syncedAndForgotten();
  const before = await rig.everything();
  const faulty = await syncOver(confirmed, { ...AFTER, 'projects/P/faulty': '1' });
  await rig.agent.restore(rig.step(faulty.live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
  await rig.reopen();
  expect(await syncOver(confirmed, AFTER)).toMatchObject({ changes: { added: 0, modified: 1, deleted: 1 } });
  expect(rig.has('projects/P/leaves/x')).toBe(false);
});

test('what was confirmed but cannot be had now is waited for, not taken as never confirmed', async () => {
  const confirmed = await syncedAndForgotten('.');
  const manifest = rig.relay.manifest.bind(rig.relay);
  const away = new SyncError('RelayUnreachable', 'away');
  rig.relay.manifest = (digest) => (digest === confirmed ? failing(away) : manifest(digest));
  await expect(syncOver(confirmed, AFTER)).rejects.toMatchObject({ reason: 'RelayUnreachable' });
  rig.relay.manifest = manifest;
  expect(await syncOver(confirmed, AFTER)).toMatchObject({ changes: { deleted: 1 } });
});

test('a mirrored folder that would take most of the gateway’s files holds as before, counted over what was confirmed', async () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`projects/P/ours/${i}`, `${i}`]));
  const { live } = await rig.sync(many);
  rmSync(join(rig.dataDir, '.ignition-sync', 'state.json'));
  await rig.reopen();
  await rig.write('projects/P/theirs', 'x');
  const mirror: Mirror = { folders: ['projects/P'], spares: [] };
  await expect(syncOver(live, { 'projects/P/ours/0': '0' }, { mirror })).rejects.toMatchObject({
    reason: 'TooManyDeletes',
    message: expect.stringContaining('25 of 26 files') as string,
  });
});

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield await Promise.reject<Uint8Array>(error);
}

import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './support/content.ts';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

const EXTERNAL = 'config/resources/external';
const MANIFEST = `${EXTERNAL}/config-mode.json`;
const MADE = '{"title":"External"}';
const WITH: Files = { 'projects/P/project.json': '{}', [MANIFEST]: { content: MADE, ifAbsent: true } };

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** A data directory that no gateway has used yet. */
const without = (): void => rmSync(join(rig.dataDir, EXTERNAL), { recursive: true });

test('a volume without external gets its manifest, once, and a restore takes it back', async () => {
  without();
  const before = await rig.everything();
  const result = await rig.sync(WITH);
  expect(result).toMatchObject({ changes: { added: 2, modified: 0, deleted: 0 } });
  expect(rig.read(MANIFEST)).toBe(MADE);
  expect(await rig.sync({ ...WITH, 'projects/P/a': '1' })).toMatchObject({ changes: { added: 1, modified: 0, deleted: 0 } });
  const { live } = await rig.agent.inspect();
  await rig.agent.restore(rig.step(live, result.live), doing);
  await rig.agent.restore(rig.step(result.live, NO_MANIFEST), doing);
  expect(await rig.everything()).toEqual(before);
});

test.each(['at the first sync', 'later'])('what the gateway has there stays, %s, and holds nothing', async (when) => {
  const own = rig.read(MANIFEST);
  expect(own).not.toBe(MADE);
  if (when === 'later') await rig.sync({ 'projects/P/project.json': '{}' });
  const result = await rig.sync(WITH);
  expect(result.changes).toEqual({ added: when === 'later' ? 0 : 1, modified: 0, deleted: 0 });
  expect(result.takenOver).toBeUndefined();
  await rig.write(MANIFEST, 'by hand');
  await rig.sync({ ...WITH, 'projects/P/a': '1' });
  expect(rig.read(MANIFEST)).toBe('by hand');
});

test.each([
  { name: 'made by us', first: without, takenOver: undefined },
  { name: 'the gateway’s own', first: () => undefined, takenOver: 1 },
])('a manifest of the repository takes the place of the one that was $name', async ({ first, takenOver }) => {
  first();
  const { live } = await rig.sync(WITH);
  const before = await rig.everything();
  const result = await rig.sync({ ...WITH, [MANIFEST]: 'from git' });
  expect([result.changes, result.takenOver]).toEqual([{ added: 0, modified: 1, deleted: 0 }, takenOver]);
  expect(rig.read(MANIFEST)).toBe('from git');
  await rig.agent.restore(rig.step(result.live, live), doing);
  expect(await rig.everything()).toEqual(before);
});

test('a manifest that a person deleted is written when the repository brings one', async () => {
  without();
  await rig.sync(WITH);
  rmSync(join(rig.dataDir, MANIFEST));
  await rig.sync({ ...WITH, [MANIFEST]: 'from git' });
  expect(rig.read(MANIFEST)).toBe('from git');
});

test('equal bytes that the repository brings belong to it: a later change by hand holds', async () => {
  without();
  await rig.sync(WITH);
  expect(await rig.sync({ ...WITH, [MANIFEST]: MADE })).toMatchObject({ wrote: false });
  await rig.write(MANIFEST, 'by hand');
  const { live } = await rig.agent.inspect();
  const step = rig.step(live, rig.content.add({ ...WITH, [MANIFEST]: 'new' }));
  await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason: 'LocalChange' });
});

test('the very bytes that would have been made are written over the gateway’s own once the repository brings them', async () => {
  await rig.sync(WITH);
  expect(rig.read(MANIFEST)).not.toBe(MADE);
  expect(await rig.sync({ ...WITH, [MANIFEST]: MADE })).toMatchObject({ changes: { added: 0, modified: 1, deleted: 0 }, takenOver: 1 });
  expect(rig.read(MANIFEST)).toBe(MADE);
});

test('a manifest that the repository no longer brings stays as it is, and one that is gone is made', async () => {
  await rig.sync({ ...WITH, [MANIFEST]: 'from git' });
  await rig.sync(WITH);
  expect(rig.read(MANIFEST)).toBe('from git');
  await rig.sync({ ...WITH, [MANIFEST]: 'from git' });
  without();
  await rig.sync({ ...WITH, 'projects/P/a': '1' });
  expect(rig.read(MANIFEST)).toBe(MADE);
});

test('it is never deleted, also where a plan names it no more and releases nothing', async () => {
  without();
  await rig.sync(WITH);
  await rig.sync({ 'projects/P/project.json': '{}' });
  expect(rig.read(MANIFEST)).toBe(MADE);
});

test.each<{ name: string; make: (external: string) => void }>([
  {
    name: 'a link in its place',
    make: (external) => {
      rmSync(join(external, 'config-mode.json'));
      symlinkSync('/nowhere', join(external, 'config-mode.json'));
    },
  },
  {
    name: 'a folder in its place',
    make: (external) => {
      rmSync(join(external, 'config-mode.json'));
      mkdirSync(join(external, 'config-mode.json'));
    },
  },
  {
    name: 'a link in place of external',
    make: (external) => {
      rmSync(external, { recursive: true });
      mkdirSync(join(external, '../../elsewhere'));
      symlinkSync('../elsewhere', external);
    },
  },
])('$name is left alone, and holds nothing', async ({ make }) => {
  make(join(rig.dataDir, EXTERNAL));
  expect(await rig.sync(WITH)).toMatchObject({ changes: { added: 1, modified: 0, deleted: 0 } });
  if (existsSync(join(rig.dataDir, 'config/elsewhere'))) {
    expect(readlinkSync(join(rig.dataDir, EXTERNAL))).toBe('../elsewhere');
    expect(readdirSync(join(rig.dataDir, 'config/elsewhere'))).toEqual([]);
  }
});

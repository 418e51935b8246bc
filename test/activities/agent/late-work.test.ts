import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskVolume } from '../../../src/agent/disk-volume.ts';
import { Rig, doing } from './support/rig.ts';

const WORK = 'hours of work of a person';
let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** An apply of `second` over `first` that dies at its commit point, before anything is renamed. */
async function interrupted(): Promise<void> {
  const { live } = await rig.sync({ 'projects/P/a': 'first' });
  await rig.reopen({
    onStep: (step) => {
      if (step === 'journal') throw new Error('killed');
    },
  });
  const step = rig.step(live, rig.content.add({ 'projects/P/a': 'second' }));
  await rig.agent.stage(step, doing);
  await expect(rig.agent.apply(step, doing)).rejects.toThrow('killed');
}

/** Where below our snapshots the person's work lies. */
function kept(): string[] {
  const own = join(rig.dataDir, '.ignition-sync', 'snapshots');
  const files = readdirSync(own, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name)).filter((file) => readFileSync(file, 'utf8') === WORK);
}

async function recovered(): Promise<void> {
  await rig.reopen({ onStep: () => undefined });
}

test('what a person saves before an interrupted apply is undone is kept and named, and stays while the next syncs come', async () => {
  await interrupted();
  // As after a kill directly behind the decision to go back.
  const journal = join(rig.dataDir, '.ignition-sync', 'journal.json');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('"direction":"forward"', '"direction":"back"'));
  writeFileSync(join(rig.dataDir, 'saved'), WORK);
  renameSync(join(rig.dataDir, 'saved'), join(rig.dataDir, 'projects/P/a'));
  await recovered();
  expect(existsSync(journal)).toBe(false);
  expect(rig.read('projects/P/a')).toBe('first');
  expect(rig.commits().at(-1)).toMatchObject({ undone: true, late: ['projects/P/a'] });
  await rig.sync({ 'projects/P/a': 'third' });
  expect(rig.commits()).toHaveLength(3);
  expect(kept()).toHaveLength(1);
});

test.each([
  { where: 'a volume with hard links', links: true },
  { where: 'a volume without', links: false },
])('what a person saves in place between a crash and its recovery is kept and named on $where', async ({ links }) => {
  const own = Object.getOwnPropertyDescriptor(DiskVolume.prototype, 'link')!;
  const value = (): never =>
    raise(Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM', errno: -1, syscall: 'link' }));
  if (!links) Object.defineProperty(DiskVolume.prototype, 'link', { ...own, value });
  try {
    await interrupted();
    writeFileSync(join(rig.dataDir, 'projects/P/a'), WORK); // the same inode
    await recovered();
    expect(rig.read('projects/P/a')).toBe('second');
    expect(rig.commits().at(-1)).toMatchObject({ late: ['projects/P/a'] });
    expect(kept().filter((file) => file.includes('/late/'))).toHaveLength(1);
  } finally {
    Object.defineProperty(DiskVolume.prototype, 'link', own);
  }
});

function raise(error: Error): never {
  throw error;
}

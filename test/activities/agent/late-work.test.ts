import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

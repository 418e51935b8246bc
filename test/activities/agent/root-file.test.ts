import { Rig } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const withoutOurs = async (): Promise<string[]> => (await rig.everything()).filter((line) => !line.startsWith('.ignition-sync'));

test('2.10.5 a single file at the root of the data directory comes and goes alone: everything that is not ours stays', async () => {
  const before = await withoutOurs();
  await rig.sync({ 'factory.json': '1' });
  expect((await withoutOurs()).filter((line) => !line.startsWith('factory.json '))).toEqual(before);
  await rig.sync({});
  expect(await withoutOurs()).toEqual(before);
});

test('2.10.5 what a commit drops deep below goes too, with the folders that it leaves empty', async () => {
  await rig.write('projects/P/theirs', 'by hand');
  const before = await withoutOurs();
  await rig.sync({ 'projects/P/a/b/c/d': '1', 'projects/P/x': '1' });
  await rig.sync({ 'projects/P/x': '1' });
  expect(rig.has('projects/P/a')).toBe(false);
  await rig.sync({});
  expect(await withoutOurs()).toEqual(before);
});

import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_MANIFEST, Rig, doing } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const OVERWRITE = { localChanges: 'overwrite' } as const;
const A = 'projects/P/a';

/** How many files of the snapshots hold this text. */
function keptCopies(text: string): number {
  const snapshots = join(rig.dataDir, '.ignition-sync', 'snapshots');
  try {
    return execFileSync('grep', ['-rl', text, snapshots], { encoding: 'utf8' }).trim().split('\n').length;
  } catch {
    return 0;
  }
}

test('a save between two syncs is overwritten where git wins, named in stage, result and commit log, kept in the snapshot, and put back by a restore', async () => {
  const first = await rig.sync({ [A]: 'one', 'projects/P/gone': 'one', 'projects/P/leaves': 'one', 'projects/P/same': 's' });
  await rig.write(A, 'a Designer saved this');
  unlinkSync(join(rig.dataDir, 'projects/P/gone'));
  await rig.write('projects/P/leaves', 'a Designer saved that');
  const before = await rig.everything();
  const target = rig.content.add({ [A]: 'two', 'projects/P/gone': 'two', 'projects/P/same': 's' });
  const step = rig.step(first.live, target, OVERWRITE);
  const files = { files: 3, first: [A, 'projects/P/leaves', 'projects/P/gone'] };
  expect(await rig.agent.stage(step, doing)).toMatchObject({ overwrites: files });
  expect(await rig.everything()).toEqual(before);
  expect(await rig.agent.apply(step, doing)).toMatchObject({ wrote: true, overwritten: files });
  expect(rig.read(A)).toBe('two');
  expect(rig.has('projects/P/leaves')).toBe(false);
  expect(keptCopies('a Designer saved')).toBe(2);
  expect(rig.commits().at(-1)).toMatchObject({ taken: { overwritten: files } });
  // The answer may have been lost: it is given again.
  await rig.reopen();
  expect(await rig.agent.apply(step, doing)).toMatchObject({ wrote: false, overwritten: files });
  await rig.agent.restore(rig.step(target, first.live), doing);
  expect(await rig.everything()).toEqual(before);
});

test('without a word about it a local change holds, and so does one where the policy says hold', async () => {
  const { live } = await rig.sync({ [A]: 'one' });
  await rig.write(A, 'a Designer saved this');
  for (const given of [{}, { localChanges: 'hold' as const }]) {
    const step = rig.step(live, rig.content.add({ [A]: 'two' }), given);
    await expect(rig.agent.stage(step, doing)).rejects.toMatchObject({ reason: 'LocalChange' });
    await expect(rig.agent.apply(step, doing)).rejects.toMatchObject({ reason: 'LocalChange' });
  }
  expect(rig.read(A)).toBe('a Designer saved this');
});

test('what git does not change is not looked at, also where git wins', async () => {
  await rig.sync({ [A]: 'one', 'projects/P/b': 'one' });
  await rig.write(A, 'a Designer saved this');
  const result = await rig.sync({ [A]: 'one', 'projects/P/b': 'two' }, OVERWRITE);
  expect(result).not.toHaveProperty('overwritten');
  expect(rig.read(A)).toBe('a Designer saved this');
});

describe('a save in the very moment of an apply', () => {
  /** Saves something new each time that an apply has its permit, `times` times. */
  async function savingAtPermit(times: number): Promise<void> {
    let saved = 0;
    const onStep = (step: string): void => {
      if (step !== 'permit' || saved === times) return;
      saved += 1;
      writeFileSync(join(rig.dataDir, A), `save number ${saved}`);
    };
    await rig.sync({ [A]: 'one' });
    await rig.reopen({ onStep });
  }

  test('1.4.15, 3.2.3 holds by default', async () => {
    await savingAtPermit(1);
    await expect(rig.sync({ [A]: 'two' })).rejects.toMatchObject({ reason: 'LocalChange' });
    expect(rig.read(A)).toBe('save number 1');
  });

  test('is overwritten and kept where git wins', async () => {
    await savingAtPermit(1);
    expect(await rig.sync({ [A]: 'two' }, OVERWRITE)).toMatchObject({ overwritten: { files: 1, first: [A] } });
    expect(rig.read(A)).toBe('two');
    expect(keptCopies('save number 1')).toBe(1);
  });

  test('that comes again at every attempt is AnotherWriter', async () => {
    await savingAtPermit(5);
    await expect(rig.sync({ [A]: 'two' }, OVERWRITE)).rejects.toMatchObject({ reason: 'AnotherWriter' });
    expect(rig.read(A)).toBe('save number 3');
  });
});

describe('another writer', () => {
  let commit = 0;
  /** A commit that changes the file, after somebody else has written there. */
  async function fight(other: string | undefined): Promise<unknown> {
    commit += 1;
    if (other !== undefined) await rig.write(A, other);
    return rig.sync({ [A]: `commit ${commit}` }, OVERWRITE);
  }

  test('that changes our file before three syncs in a row is named and not fought, until the file is deleted', async () => {
    await fight(undefined);
    await fight('theirs 1');
    await fight('theirs 2');
    await rig.reopen();
    await expect(fight('theirs 3')).rejects.toMatchObject({ reason: 'AnotherWriter', message: expect.stringContaining(A) as string });
    expect(rig.read(A)).toBe('theirs 3');
    await expect(fight(undefined)).rejects.toMatchObject({ reason: 'AnotherWriter' });
    rmSync(join(rig.dataDir, A));
    await fight(undefined);
    expect(rig.read(A)).toBe(`commit ${commit}`);
    await fight('a person, later');
  });

  test('that pauses for one sync starts from the beginning', async () => {
    await fight(undefined);
    await fight('theirs 1');
    await fight('theirs 2');
    await fight(undefined);
    await fight('theirs 3');
    await fight('theirs 4');
    expect(rig.read(A)).toBe(`commit ${commit}`);
  });

  test('is not suspected of what a restore put back', async () => {
    await fight(undefined);
    await rig.write(A, 'a person, once');
    for (let i = 0; i < 4; i += 1) {
      const { live } = await rig.agent.inspect();
      commit += 1;
      const result = await rig.sync({ [A]: `commit ${commit}` }, OVERWRITE);
      await rig.agent.restore(rig.step(result.live, live), doing);
      expect(rig.read(A)).toBe('a person, once');
    }
  });

  test('that puts a file into a mirrored folder again and again is not fought either', async () => {
    const mirror = { folders: ['projects/P'], spares: [] };
    const sync = async (n: number): Promise<unknown> => {
      await rig.write('projects/P/theirs', `theirs ${n}`);
      return rig.sync({ [A]: `commit ${n}` }, { mirror });
    };
    await sync(1);
    await sync(2);
    await expect(sync(3)).rejects.toMatchObject({
      reason: 'AnotherWriter',
      message: expect.stringContaining('projects/P/theirs') as string,
    });
    expect(rig.has('projects/P/theirs')).toBe(true);
  });
});

test('a first apply says how many files it took over and how many it replaced, and leaves the rest', async () => {
  await rig.write('projects/P/equal', 'same');
  await rig.write('projects/P/differs', 'by git-sync');
  await rig.write('projects/P/foreign', 'theirs');
  chmodSync(join(rig.dataDir, 'projects/P/equal'), 0o640);
  const { ino } = execFileStat('projects/P/equal');
  const result = await rig.sync({ 'projects/P/equal': 'same', 'projects/P/differs': 'from git', 'projects/P/new': 'n' });
  expect(result).toMatchObject({ adopted: 1, takenOver: 1, changes: { added: 1, modified: 1, deleted: 0 } });
  expect(execFileStat('projects/P/equal').ino).toBe(ino);
  expect(keptCopies('by git-sync')).toBe(1);
  expect(rig.read('projects/P/foreign')).toBe('theirs');
  await rig.agent.restore(rig.step(result.live, NO_MANIFEST), doing);
  expect(rig.read('projects/P/differs')).toBe('by git-sync');
});

function execFileStat(path: string): { ino: number } {
  return { ino: Number(execFileSync('stat', ['-c', '%i', join(rig.dataDir, path)], { encoding: 'utf8' })) };
}

describe('snapshots are bounded by what they hold', () => {
  const big = (fill: string): string => fill.repeat(1000);

  async function syncs(retainSnapshotBytes: number | undefined): Promise<string[]> {
    const lives: string[] = [];
    for (const fill of ['1', '2', '3', '4']) {
      const given = retainSnapshotBytes === undefined ? {} : { retainSnapshotBytes };
      lives.push((await rig.sync({ [A]: big(fill) }, given)).live);
    }
    return lives;
  }

  test('the oldest go when together they hold more', async () => {
    const lives = await syncs(2500);
    await rig.agent.restore(rig.step(lives[3]!, lives[2]!), doing);
    await expect(rig.agent.restore(rig.step(lives[2]!, lives[1]!), doing)).resolves.toMatchObject({ wrote: true });
    await expect(rig.agent.restore(rig.step(lives[1]!, lives[0]!), doing)).rejects.toMatchObject({ reason: 'RestoreFailed' });
  });

  test('the newest stays however much it holds', async () => {
    const lives = await syncs(1);
    await rig.agent.restore(rig.step(lives[3]!, lives[2]!), doing);
    expect(rig.read(A)).toBe(big('3'));
  });

  test('without a bound the count alone decides', async () => {
    const lives = await syncs(undefined);
    await rig.agent.restore(rig.step(lives[3]!, lives[2]!), doing);
    await rig.agent.restore(rig.step(lives[2]!, lives[1]!), doing);
    await rig.agent.restore(rig.step(lives[1]!, lives[0]!), doing);
    expect(rig.read(A)).toBe(big('1'));
  });
});

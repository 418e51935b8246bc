import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gatewayUser, handOver, letThrough } from '../../../temporal-dev/install/gateway-user.ts';
import type { Mirror } from '../../../src/domain/manifest.ts';
import type { Files } from './support/content.ts';
import { Content } from './support/content.ts';
import { doing, openAgent, stepOf } from './support/local-agent.ts';
import { LocalRelay } from './support/local-relay.ts';

/** Volumes of their own, and other users, need a superuser who may mount: where there is none, these tests are skipped and say so. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'));
  const mounted = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}

const mayMountHere = mayMount();
// Only a superuser can mount a small volume: elsewhere these are skipped, in one printed line.
const asSuperuser = mayMountHere ? describe : describe.skip;
if (!mayMountHere) console.log('Volumes of their own: skipped, this needs a superuser who may mount a tmpfs.');

asSuperuser('on a volume of its own', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'volume-'));
  });
  afterEach(() => {
    spawnSync('umount', [join(dataDir, 'projects')]);
    spawnSync('umount', [join(dataDir, 'config/resources/external')]);
    spawnSync('umount', [dataDir]);
    rmSync(dataDir, { recursive: true, force: true });
  });
  const mount = (at: string, options: string): void => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]).status).toBe(0);
  };
  const relayWith = (...contents: Files[]): { relay: LocalRelay; digests: string[] } => {
    const content = new Content();
    return { relay: new LocalRelay(content), digests: contents.map((files) => content.add(files)) };
  };

  test('a volume that becomes full while content arrives is InsufficientSpace, and the gateway has its old files', async () => {
    mount(dataDir, 'size=2m');
    mkdirSync(join(dataDir, 'projects'));
    const { relay, digests } = relayWith({ 'projects/P/a': '1' }, { 'projects/P/a': '2', 'projects/P/big': Buffer.alloc(4 << 20, 1) });
    const agent = await openAgent(dataDir, relay);
    await agent.apply(stepOf('none', digests[0]!, 'op-1'), doing);
    const step = stepOf(digests[0]!, digests[1]!, 'op-2');
    await expect(agent.stage(step, doing)).rejects.toMatchObject({ reason: 'InsufficientSpace' });
    await expect(agent.apply(step, doing)).rejects.toMatchObject({ reason: 'InsufficientSpace' });
    expect(await agent.inspect()).toEqual({ live: digests[0], liveOp: 'op-1' });
    await agent.close();
  });

  test('a volume that becomes full at the commit point is InsufficientSpace, and the apply goes through once there is room', async () => {
    mount(dataDir, 'size=2m');
    mkdirSync(join(dataDir, 'projects'));
    const { relay, digests } = relayWith({ 'projects/P/a': '1' }, { 'projects/P/a': '2', 'projects/P/b': '2' });
    const filler = join(dataDir, 'db.log');
    let fill = false;
    const agent = await openAgent(dataDir, relay, {
      onStep: (step) => {
        if (!fill || step !== 'permit') return;
        const wrote = spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
        expect(String(wrote.stderr)).toContain('No space left');
      },
    });
    await agent.apply(stepOf('none', digests[0]!, 'op-1'), doing);
    fill = true;
    const step = stepOf(digests[0]!, digests[1]!, 'op-2');
    await expect(agent.apply(step, doing)).rejects.toMatchObject({ reason: 'InsufficientSpace' });
    expect(readFileSync(join(dataDir, 'projects/P/a'), 'utf8')).toBe('1');
    expect(existsSync(join(dataDir, 'projects/P/b'))).toBe(false);
    fill = false;
    rmSync(filler);
    expect(await agent.apply(step, doing)).toMatchObject({ live: digests[1] });
    expect(readFileSync(join(dataDir, 'projects/P/b'), 'utf8')).toBe('2');
    await agent.close();
  });

  test('a volume that becomes read-only in the middle of an apply is VolumeFailed, and finished when it is writable again', async () => {
    mount(dataDir, 'size=2m');
    mkdirSync(join(dataDir, 'projects'));
    const { relay, digests } = relayWith({ 'projects/P/a': '1', 'projects/P/b': '1' }, { 'projects/P/a': '2', 'projects/P/b': '2' });
    let lock = false;
    const agent = await openAgent(dataDir, relay, {
      onStep: (step) => {
        if (lock && step.startsWith('place 1/')) spawnSync('mount', ['-o', 'remount,ro', dataDir]);
      },
    });
    await agent.apply(stepOf('none', digests[0]!, 'op-1'), doing);
    lock = true;
    const step = stepOf(digests[0]!, digests[1]!, 'op-2');
    await expect(agent.apply(step, doing)).rejects.toMatchObject({ reason: 'VolumeFailed' });
    lock = false;
    spawnSync('mount', ['-o', 'remount,rw', dataDir]);
    expect(await agent.apply(step, doing)).toMatchObject({ live: digests[1] });
    expect(lstatSync(join(dataDir, 'projects/P/b')).size).toBe(1);
    await agent.close();
  });

  test('a mount inside the data directory is refused, since renames do not cross it', async () => {
    mkdirSync(join(dataDir, 'projects'));
    mount(join(dataDir, 'projects'), 'size=1m');
    mkdirSync(join(dataDir, 'projects/P'));
    const { relay, digests } = relayWith({ 'projects/P/a': '1' });
    const agent = await openAgent(dataDir, relay);
    await expect(agent.stage(stepOf('none', digests[0]!, 'op'), doing)).rejects.toMatchObject({
      reason: 'NotSupportedYet',
      message: expect.stringContaining('projects') as string,
    });
    await agent.close();
  });

  test.each([
    {
      name: 'a part of the same volume',
      at: 'projects',
      make: (dir: string) => mkdirSync(join(dir, 'other')),
      says: 'projects is a mount',
    },
    {
      name: 'a single file',
      at: 'projects/P/a',
      make: (dir: string) => writeFileSync(join(dir, 'other'), 'of a ConfigMap'),
      says: 'projects/P/a is a mount',
    },
  ])(
    '$name that is mounted inside the data directory is refused when it is staged, and nothing of ours is put there',
    async ({ at, make, says }) => {
      mkdirSync(join(dataDir, 'projects/P'), { recursive: true });
      writeFileSync(join(dataDir, 'projects/P/a'), 'theirs');
      make(dataDir);
      expect(spawnSync('mount', ['--bind', join(dataDir, 'other'), join(dataDir, at)]).status).toBe(0);
      try {
        const { relay, digests } = relayWith({ 'projects/P/a': '1' });
        const agent = await openAgent(dataDir, relay);
        await expect(agent.stage(stepOf('none', digests[0]!, 'op'), doing)).rejects.toMatchObject({
          reason: 'NotSupportedYet',
          message: expect.stringContaining(says) as string,
        });
        await agent.close();
      } finally {
        spawnSync('umount', [join(dataDir, at)]);
      }
      expect(readFileSync(join(dataDir, 'projects/P/a'), 'utf8')).toBe('theirs');
      expect(existsSync(join(dataDir, 'projects/.ignition-sync'))).toBe(false);
    },
  );

  test('a mount in place of external is the gateway’s affair: nothing is made there, and nothing held', async () => {
    const external = join(dataDir, 'config/resources/external');
    mkdirSync(external, { recursive: true });
    mount(external, 'size=1m');
    const { relay, digests } = relayWith({
      'projects/P/a': '1',
      'config/resources/external/config-mode.json': { content: '{}', ifAbsent: true },
    });
    const agent = await openAgent(dataDir, relay);
    expect(await agent.apply(stepOf('none', digests[0]!, 'op'), doing)).toMatchObject({ changes: { added: 1 } });
    expect(readdirSync(external)).toEqual([]);
    await agent.close();
  });

  test('a superuser gives what it writes to the owner of the gateway’s files', async () => {
    mkdirSync(join(dataDir, 'config'));
    chownSync(join(dataDir, 'config'), 2003, 2003);
    const { relay, digests } = relayWith({ 'projects/P/a': '1' });
    const agent = await openAgent(dataDir, relay);
    await agent.apply(stepOf('none', digests[0]!, 'op'), doing);
    for (const path of ['projects', 'projects/P', 'projects/P/a'])
      expect(lstatSync(join(dataDir, path))).toMatchObject({ uid: 2003, gid: 2003 });
    await agent.close();
  });

  test.each([
    { name: 'the gateway’s own user writes', owner: 2003, says: undefined },
    { name: 'another user is told whose files these are', owner: 0, says: 'OwnerMismatch' },
  ])('$name', ({ owner, says }) => {
    mkdirSync(join(dataDir, 'projects'));
    mkdirSync(join(dataDir, '.ignition-sync'));
    const { relay, digests } = relayWith({ 'projects/P/a': '1' });
    const contentFile = join(dataDir, '..', `${dataDir.split('/').at(-1)}.json`);
    writeFileSync(contentFile, JSON.stringify([...relay.content.manifests]));
    writeFileSync(
      `${contentFile}.blobs`,
      JSON.stringify([...relay.content.blobs].map(([digest, bytes]) => [digest, bytes.toString('base64')])),
    );
    for (const path of [dataDir, join(dataDir, '.ignition-sync')]) chownSync(path, 2003, 2003);
    chownSync(join(dataDir, 'projects'), owner, owner);
    const order = { dataDir, contentFile, work: { call: 'apply', step: stepOf('none', digests[0]!, 'op') } };
    const child = join(import.meta.dirname, 'support', 'crash-child.ts');
    const { stdout } = spawnSync(process.execPath, [child, JSON.stringify(order)], {
      uid: 2003,
      gid: 2003,
      encoding: 'utf8',
      env: { PATH: dirname(process.execPath) },
    });
    const { failure } = JSON.parse(stdout) as { failure?: string };
    expect(failure).toEqual(says === undefined ? undefined : (expect.stringContaining('belong to user 0') as string));
    rmSync(contentFile);
    rmSync(`${contentFile}.blobs`);
  });
});

interface Unprivileged {
  readonly call?: 'stage' | 'apply';
  readonly mirror?: Mirror;
  /** Called when everything belongs to the process's user. */
  readonly prepare?: () => void;
}

/** Stages or applies `files` over nothing in a process that is no superuser, whoever starts it. @returns what it fails with */
function unprivileged(folder: string, files: Files, { call = 'apply', mirror, prepare }: Unprivileged = {}): string | undefined {
  const child = join(import.meta.dirname, 'support', 'crash-child.ts');
  const user = gatewayUser(child, process.execPath);
  const content = new Content();
  const target = content.add(files, mirror);
  const contentFile = join(folder, 'content.json');
  writeFileSync(contentFile, JSON.stringify([...content.manifests]));
  writeFileSync(`${contentFile}.blobs`, JSON.stringify([...content.blobs].map(([digest, bytes]) => [digest, bytes.toString('base64')])));
  const dataDir = join(folder, 'data');
  if (user) {
    letThrough(folder, user);
    handOver(dataDir, user);
  }
  prepare?.();
  const order = { dataDir, contentFile, work: { call, step: stepOf('none', target, 'op') } };
  const { stdout } = spawnSync(process.execPath, [child, JSON.stringify(order)], {
    ...user,
    encoding: 'utf8',
    env: { PATH: dirname(process.execPath) },
  });
  return (JSON.parse(stdout) as { failure?: string }).failure;
}

describe('as a user to whom files can be refused', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'refused-'));
    mkdirSync(join(folder, 'data/projects/P'), { recursive: true });
    writeFileSync(join(folder, 'data/projects/P/a'), 'theirs');
  });
  afterEach(() => {
    chmodSync(join(folder, 'data/projects/P'), 0o755);
    rmSync(folder, { recursive: true, force: true });
  });

  test('a folder that takes no writes is VolumeFailed, names the path, and everything is as it was', () => {
    chmodSync(join(folder, 'data/projects/P'), 0o555);
    const failure = unprivileged(folder, { 'projects/A/x': 'new', 'projects/P/a': 'ours' });
    expect(failure).toContain('EACCES');
    expect(failure).toContain('projects/P/a');
    expect(readFileSync(join(folder, 'data/projects/P/a'), 'utf8')).toBe('theirs');
    expect(existsSync(join(folder, 'data/projects/A'))).toBe(false);
    expect(existsSync(join(folder, 'data/.ignition-sync/journal.json'))).toBe(false);
  });

  // Only a superuser can give a folder to somebody else: elsewhere these are skipped, in one printed line.
  const asRoot = gatewayUser(process.execPath) ? test : test.skip;
  if (asRoot === test.skip) console.log('Folders of another user: skipped, only a superuser can make them.');
  const mirror: Mirror = { folders: ['projects/P'], spares: [] };

  asRoot.each<{ name: string; make: (at: string) => void; files?: Files; says: string }>([
    { name: 'with files that would go', make: (at) => writeFileSync(join(at, 'x'), 'foreign'), says: 'projects/P/theirs' },
    { name: 'that is empty and would go', make: (at) => mkdirSync(join(at, 'empty')), says: 'projects/P/theirs' },
    { name: 'that is closed to readers too', make: (at) => chmodSync(at, 0o700), says: 'projects/P/theirs' },
    {
      name: 'with a file that nobody may read',
      make: (at) => writeFileSync(join(at, 'x'), 'foreign', { mode: 0o600 }),
      says: 'projects/P/theirs/x',
    },
    { name: 'that a new file would come to', make: () => undefined, files: { 'projects/P/theirs/new/a': '1' }, says: 'projects/P/theirs' },
  ])('a folder of another user in a mirrored destination $name is OwnerMismatch when it is staged', ({ make, files, says }) => {
    const theirs = join(folder, 'data/projects/P/theirs');
    const prepare = (): void => {
      mkdirSync(theirs);
      make(theirs);
    };
    const failure = unprivileged(folder, files ?? { 'projects/P/a': 'ours' }, { call: 'stage', mirror, prepare });
    expect(failure).toContain(`${says} belongs to user 0 and is closed to the agent, which runs as user 2003`);
    expect(readFileSync(join(folder, 'data/projects/P/a'), 'utf8')).toBe('theirs');
    expect(existsSync(theirs)).toBe(true);
  });

  asRoot('a folder of another user that lets the agent change it is no reason to refuse', () => {
    const theirs = join(folder, 'data/projects/P/theirs');
    const prepare = (): void => {
      mkdirSync(theirs);
      chmodSync(theirs, 0o777);
      writeFileSync(join(theirs, 'x'), 'foreign');
    };
    expect(unprivileged(folder, { 'projects/P/a': 'ours' }, { mirror, prepare })).toBeUndefined();
    expect(existsSync(theirs)).toBe(false);
  });

  test('the same apply goes through where nothing is refused', () => {
    expect(unprivileged(folder, { 'projects/A/x': 'new', 'projects/P/a': 'ours' })).toBeUndefined();
    expect(readFileSync(join(folder, 'data/projects/P/a'), 'utf8')).toBe('ours');
  });
});

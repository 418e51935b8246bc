import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GitFault } from '../../temporal-dev/git-server/faults.ts';
import { testStack } from '../support/stack.ts';

const run = promisify(execFile);
const stack = testStack();
const { git } = stack;
/** Machines without an sshd serve over HTTP only: what is over SSH is skipped there, and says so. */
const overSsh = git.address.ssh ? test : test.skip;
if (!git.address.ssh) console.log('git over SSH: skipped, this machine has no sshd (apt-get install openssh-server).');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-server-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sshCommand = (): string => {
  const { ssh } = git.address;
  if (!ssh) return 'false';
  return `ssh -F none -i ${ssh.keyFile} -o IdentitiesOnly=yes -o UserKnownHostsFile=${ssh.knownHostsFile} -o StrictHostKeyChecking=yes`;
};

function gitIn(cwd: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = {
    ...stack.description.env,
    GIT_SSH_COMMAND: sshCommand(),
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  return run('git', args, { cwd, env });
}

/** A repository with one commit, pushed to `url`. */
async function pushOne(name: string, url: string, content: string): Promise<void> {
  const work = join(folder, name);
  await gitIn(folder, 'init', '--quiet', '--initial-branch=main', work);
  await writeFile(join(work, 'file'), content);
  await gitIn(work, 'add', '.');
  await gitIn(work, 'commit', '--quiet', '-m', 'one');
  await gitIn(work, 'push', '--quiet', url, 'main');
}

async function pushedAndCloned(name: string, url: () => string): Promise<void> {
  await git.createRepository(name);
  // More than git keeps in one buffer, so that it sends the push in chunks.
  const content = randomBytes(1_200_000).toString('base64');
  await pushOne(name, url(), content);
  for (const option of ['--quiet', '--depth=1', '--filter=blob:none']) {
    const clone = join(folder, `${name}-clone${option}`);
    await gitIn(folder, 'clone', '--quiet', option, url(), clone);
    expect((await readFile(join(clone, 'file'), 'utf8')) === content).toBe(true);
  }
}

test('what is pushed over HTTP is cloned again, also shallow and without blobs', () =>
  pushedAndCloned('over-http', () => git.url('over-http')));
overSsh('what is pushed over SSH is cloned again, also shallow and without blobs', () =>
  pushedAndCloned('over-ssh', () => git.sshUrl('over-ssh')),
);

const lsRemote = (url: string) => gitIn(folder, 'ls-remote', url);

test.each<{ fault: GitFault; says: RegExp }>([
  { fault: 'down', says: /Empty reply|Connection reset|Recv failure/i },
  { fault: 401, says: /could not read Username/ },
  { fault: 403, says: /403/ },
  { fault: 404, says: /not found/ },
  { fault: 429, says: /429/ },
  { fault: 500, says: /500/ },
  { fault: 503, says: /503/ },
])('a repository with the fault $fault fails over HTTP, its neighbour does not, and it heals', async ({ fault, says }) => {
  const [sick, well] = [randomUUID(), randomUUID()];
  for (const name of [sick, well]) await git.createRepository(name);
  await git.setFault(sick, fault);
  await expect(lsRemote(git.url(sick))).rejects.toThrow(says);
  await lsRemote(git.url(well));
  await git.setFault(sick, undefined);
  await lsRemote(git.url(sick));
});

test('a repository that hangs answers nobody until it is healed', async () => {
  const name = randomUUID();
  await git.createRepository(name);
  await git.setFault(name, 'hang');
  const request = fetch(`${git.url(name)}/info/refs?service=git-upload-pack`, { signal: AbortSignal.timeout(200) });
  await expect(request).rejects.toThrow(/timeout/);
  await git.setFault(name, undefined);
  await lsRemote(git.url(name));
});

test('a slow repository answers late', async () => {
  const name = randomUUID();
  await git.createRepository(name);
  await git.setFault(name, { delayMs: 300 });
  const begin = performance.now();
  await lsRemote(git.url(name));
  expect(performance.now() - begin).toBeGreaterThan(300);
});

test('a repository with credentials lets in only who knows them', async () => {
  const name = randomUUID();
  const url = new URL(await git.createRepository(name));
  await git.setCredentials(name, { username: 'plant', password: 'p@ss word' });
  await expect(lsRemote(url.href)).rejects.toThrow(/could not read Username/);
  Object.assign(url, { username: 'plant', password: 'wrong' });
  await expect(lsRemote(url.href)).rejects.toThrow(/Authentication failed/);
  url.password = encodeURIComponent('p@ss word');
  await lsRemote(url.href);
});

overSsh.each([
  { name: 'a missing repository', request: '', says: /Repository not found/ },
  { name: 'a folder above', request: '/../../etc', says: /Repository not found/ },
])('$name is refused over SSH with words', async ({ request, says }) => {
  await expect(lsRemote(`${git.sshUrl(randomUUID())}${request}`)).rejects.toThrow(says);
});

overSsh('a fault is seen over SSH too', async () => {
  const name = randomUUID();
  await git.createRepository(name);
  await lsRemote(git.sshUrl(name));
  await git.setFault(name, 403);
  await expect(lsRemote(git.sshUrl(name))).rejects.toThrow(/denied/);
});

overSsh('SSH runs no other command', async () => {
  const { port, user } = git.address.ssh!;
  const [command = '', ...options] = sshCommand().split(' ');
  await expect(run(command, [...options, '-p', `${port}`, `${user}@127.0.0.1`, 'id'])).rejects.toThrow(/Only git fetch and git push/);
});

test('a name that is no repository name is refused', async () => {
  await expect(git.createRepository('../outside')).rejects.toThrow('is no repository name');
});

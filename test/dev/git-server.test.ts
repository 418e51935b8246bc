import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testStack } from '../support/stack.ts';

const run = promisify(execFile);
const stack = testStack();
const { git } = stack;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-server-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sshCommand = (): string => {
  const ssh = git.address.ssh!;
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

test.each([
  { name: 'over-http', url: () => git.url('over-http') },
  { name: 'over-ssh', url: () => git.sshUrl('over-ssh') },
])('what is pushed $name is cloned again, also shallow and without blobs', async ({ name, url }) => {
  await git.createRepository(name);
  // More than one packet, and compressed bodies.
  await pushOne(name, url(), Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join('\n'));
  for (const option of ['--quiet', '--depth=1', '--filter=blob:none']) {
    const clone = join(folder, `${name}-clone${option}`);
    await gitIn(folder, 'clone', '--quiet', option, url(), clone);
    expect(await readFile(join(clone, 'file'), 'utf8')).toMatch(/line 19999$/);
  }
});

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitServer } from '../../../temporal-dev/git-server/git-server.ts';
import { removeForgottenCredentials } from '../../../src/clients/git/credentials.ts';
import { listRemote } from '../../../src/clients/git/remote-client.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { FILES, httpHost, sshHost, whereSshd } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const TOKEN = 'tok/en with & signs';
const auth = { token: { secretRef: { name: 'git', key: 'token' } } };

test('a token opens the repository and lies nowhere afterwards', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: TOKEN });
  bench.secrets.set('plant/git/token', `${TOKEN}\n`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = mkdtempSync(join(bench.folder, 'tmp-'));
  const result = await bench.plan({ repo: host.url, auth }, [gateway('a')]).finally(() => {
    process.env.TMPDIR = before ?? '/tmp';
  });
  expect(result.changed).toBe(1);
  const holding = readdirSync(bench.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => [TOKEN, encodeURIComponent(TOKEN)].some((text) => readFileSync(path).includes(text)));
  expect(holding).toEqual([]);
});

test('a rotated token counts at the next attempt', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'new' });
  bench.secrets.set('plant/git/token', 'old');
  const input = await bench.input({ repo: host.url, auth });
  const { source } = await bench.opened;
  const { reason, message } = await failure(source.resolveRevision(input));
  expect(reason).toBe('AuthenticationFailed');
  expect(message).toContain(host.url);
  bench.secrets.set('plant/git/token', 'new');
  expect((await source.resolveRevision(input)).ref).toBe('main');
});

test('a repository that wants a credential, when there is none', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'x' });
  const { source } = await bench.opened;
  expect(await failure(source.resolveRevision(await bench.input({ repo: host.url })))).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(await failure(source.resolveRevision(await bench.input({ repo: host.url, auth })))).toMatchObject({ reason: 'SecretNotFound' });
});

test('a warm mirror shows nothing to another namespace with a wrong credential', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'right' });
  bench.secrets.set('plant/git/token', 'right');
  bench.secrets.set('other/git/token', 'wrong');
  const { commit } = await bench.plan({ repo: host.url, auth }, [gateway('a')]);
  const { source } = await bench.opened;
  const other = { ...(await bench.input({ repo: host.url, auth }, [gateway('a')], {}, 'other')), commit };
  for (const call of [() => source.resolveRevision(other), () => source.fetch(other), () => source.plan(other)]) {
    expect(await failure(call())).toMatchObject({ reason: 'AuthenticationFailed' });
  }
});

test.each([
  { fault: 401 as const, reason: 'AuthenticationFailed' },
  { fault: 403 as const, reason: 'AuthenticationFailed' },
  { fault: 404 as const, reason: 'RepositoryNotFound' },
  { fault: 429 as const, reason: 'RateLimited' },
  { fault: 500 as const, reason: 'HostUnreachable' },
  { fault: 503 as const, reason: 'HostUnreachable' },
  { fault: 'down' as const, reason: 'HostUnreachable' },
])('a host that answers $fault is $reason, and heals by itself', async ({ fault, reason }) => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  bench.secrets.set('plant/git/token', TOKEN);
  const { source } = await bench.opened;
  const input = { ...(await bench.input({ repo: host.url, auth })), commit };
  await host.client.setFault('plant', fault);
  for (const call of [() => source.resolveRevision(input), () => source.fetch(input)]) {
    const found = await failure(call());
    expect(found.reason).toBe(reason);
    expect(found.message).not.toContain('tok');
  }
  await host.client.setFault('plant', undefined);
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit });
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
});

test('a repository that is not there is named', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const { source } = await bench.opened;
  expect(await failure(source.resolveRevision(await bench.input({ repo: host.client.url('nothing') })))).toMatchObject({
    reason: 'RepositoryNotFound',
    message: expect.stringContaining('nothing.git') as string,
  });
});

test('something that is no git host is not taken for one', async () => {
  using bench = new Workbench();
  const page = new GitServer(bench.folder, {});
  const { httpUrl } = await page.listen(0);
  const { source } = await bench.opened;
  expect(await failure(source.resolveRevision(await bench.input({ repo: `${httpUrl}/just/a/page` })))).toMatchObject({
    reason: expect.stringMatching(/RepositoryNotFound|HostUnreachable|AuthenticationFailed/) as string,
  });
  await page.close();
});

test('a host that never answers is given up at the deadline, together with the helper that waits for it', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await host.client.setFault('plant', 'hang');
  const settings = { configFile: await writeGitConfig(bench.folder), allowFile: false };
  const call = listRemote({ remote: parseRemote(host.url), credential: { kind: 'none' }, settings, deadlineMs: 1_000 });
  expect(await failure(call)).toMatchObject({ reason: 'GitTimeout', message: expect.stringContaining(host.url) as string });
  const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(running.split('\n').filter((line) => line.includes('git-remote-http') && line.includes(host.url))).toEqual([]);
});

test('a cancelled call ends its git', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  await host.client.setFault('plant', 'hang');
  const { source } = await bench.opened;
  const stop = new AbortController();
  const call = source.resolveRevision(await bench.input({ repo: host.url }), { signal: stop.signal });
  stop.abort(new Error('called off'));
  await expect(call).rejects.toThrow('called off');
});

test('file repositories are refused where the installation does not allow them', async () => {
  using bench = new Workbench();
  const repo = bench.repository();
  repo.commit(FILES);
  const settings = { configFile: await writeGitConfig(bench.folder), allowFile: false };
  expect(await failure(listRemote({ remote: parseRemote(repo.url), credential: { kind: 'none' }, settings }))).toEqual({
    reason: 'InvalidSpec',
    message: expect.stringContaining('file URLs are not enabled') as string,
  });
});

const overSsh = whereSshd();

overSsh('an ssh key opens the repository; host keys are checked; each failure has its name', async () => {
  using bench = new Workbench();
  await using host = await sshHost(bench);
  const { source } = await bench.opened;
  const input = {
    ...(await bench.input({ repo: host.url, auth: { sshKey: { secretRef: { name: 'ssh', key: 'ssh-privatekey' } } } })),
    commit: host.commit,
  };
  const say = (key: string, known?: string): void => {
    bench.secrets.set('plant/ssh/ssh-privatekey', key);
    if (known === undefined) bench.secrets.delete('plant/ssh/known_hosts');
    else bench.secrets.set('plant/ssh/known_hosts', known);
  };
  const stranger = join(bench.folder, 'stranger');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', stranger]);
  const strangerHost = `${host.knownHosts.split(' ')[0]} ${readFileSync(`${stranger}.pub`, 'utf8')}`;

  say(host.privateKey);
  expect(await failure(source.resolveRevision(input))).toEqual({
    reason: 'HostKeyUnknown',
    message: expect.stringMatching(/add the key known_hosts .*ssh-keyscan -p \d+ 127\.0\.0\.1/) as string,
  });
  say(host.privateKey, 'another.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4J0Jg0aS4r7Xk9b8m4Gm3cV6b6e0c3mV6lGZk0nYxS\n');
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'HostKeyUnknown' });
  say(host.privateKey, strangerHost);
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'HostKeyMismatch' });
  say(readFileSync(stranger, 'utf8'), host.knownHosts);
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'AuthenticationFailed' });
  say('not a key', host.knownHosts);
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'AuthenticationFailed' });
  say(host.privateKey.trimEnd().replaceAll('\n', '\r\n'), host.knownHosts.trimEnd());
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit: host.commit });
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
});

test('writing the pinned configuration twice is harmless', async () => {
  using bench = new Workbench();
  const file = await writeGitConfig(bench.folder);
  writeFileSync(file, 'broken');
  expect(readFileSync(await writeGitConfig(bench.folder), 'utf8')).toContain('hooksPath = /dev/null');
});

test('credentials that a killed process left behind are removed at the next start, those of one that runs are not', async () => {
  const gone = spawnSync('true').pid;
  const folders = [gone, process.pid, process.ppid].map((pid) => mkdtempSync(join(tmpdir(), `ignition-sync-git-${pid}-`)));
  for (const folder of folders) writeFileSync(join(folder, 'credentials'), 'secret');
  await removeForgottenCredentials();
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, false, true]);
  rmSync(folders[2]!, { recursive: true });
});

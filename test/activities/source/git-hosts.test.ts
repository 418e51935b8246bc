import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { GitServer } from '../../../temporal-dev/git-server/git-server.ts';
import { findSshd, sshServer } from '../../../temporal-dev/git-server/ssh.ts';
import { GitClient } from '../../../temporal-dev/git-server/control.ts';
import { listRemote } from '../../../src/clients/git/remote-client.ts';
import { parseRemote } from '../../../src/clients/git/remote.ts';
import { writeGitConfig } from '../../../src/clients/git/environment.ts';
import { GitFixture } from './support/git-fixture.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const FILES = { 'projects/p/project.json': '{}' };
const TOKEN = 'tok/en with & signs';
const auth = { token: { secretRef: { name: 'git', key: 'token' } } };

/** A git server over HTTP with one repository. */
async function httpHost(bench: Workbench): Promise<AsyncDisposable & { client: GitClient; repo: GitFixture; url: string }> {
  const server = new GitServer(bench.folder, { PATH: process.env.PATH, HOME: bench.folder });
  const client = new GitClient(await server.listen(0));
  const url = await client.createRepository('plant');
  return { client, url, repo: new GitFixture(client.repositoryPath('plant')), [Symbol.asyncDispose]: () => server.close() };
}

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

test('a certificate that nobody vouches for is TlsUntrusted', async () => {
  using bench = new Workbench();
  const [key, cert] = [join(bench.folder, 'key.pem'), join(bench.folder, 'cert.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=localhost'],
    { stdio: 'pipe' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { source } = await bench.opened;
  const repo = `https://127.0.0.1:${(server.address() as AddressInfo).port}/plant.git`;
  expect(await failure(source.resolveRevision(await bench.input({ repo })))).toMatchObject({ reason: 'TlsUntrusted' });
  server.close();
});

const sshd = findSshd(process.env);
// Without an sshd on the machine nothing can be served over SSH: skipped, in one printed line.
const overSsh = sshd === undefined ? test.skip : test;
if (sshd === undefined) console.log('git over SSH: skipped, this machine has no sshd (apt-get install openssh-server).');

/** An sshd with one repository; its log says when it listens. */
async function sshHost(
  bench: Workbench,
): Promise<AsyncDisposable & { url: string; commit: string; privateKey: string; knownHosts: string }> {
  const root = join(bench.folder, 'git', 'repositories');
  mkdirSync(join(bench.folder, 'logs'), { recursive: true });
  const repo = new GitFixture(join(root, 'plant.git'));
  const commit = repo.commit(FILES);
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  const { spec, address } = await sshServer(sshd!, bench.folder, root, port, { PATH: process.env.PATH });
  const child: ChildProcess = spawn(spec.command, spec.args, { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const text of child.stderr!) if (String(text).includes('Server listening')) break;
  return {
    url: `ssh://${address.user}@127.0.0.1:${port}/plant.git`,
    commit,
    privateKey: readFileSync(address.keyFile, 'utf8'),
    knownHosts: readFileSync(address.knownHostsFile, 'utf8'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

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

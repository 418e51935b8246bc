import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PUBLISHED_HOST_KEYS, publishedKnownHosts } from '../../../src/clients/git/host-keys.ts';
import { FILES, handOn, httpHost, makeCertificate, sshHost, tlsFront, whereSshd } from './support/hosts.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const overSsh = whereSshd();
const sshKey = { secretRef: { name: 'ssh', key: 'ssh-privatekey' } };

overSsh('host keys may come from a ConfigMap, which counts alone', async () => {
  using bench = new Workbench();
  await using host = await sshHost(bench);
  const { source } = await bench.opened;
  bench.secrets.set('plant/ssh/ssh-privatekey', host.privateKey);
  bench.secrets.set('plant/ssh/known_hosts', 'another.example ssh-ed25519 AAAA');
  const knownHosts = { configMapRef: { name: 'hosts', key: 'known_hosts' } };
  const input = await bench.input({ repo: host.url, auth: { sshKey: { ...sshKey, knownHosts } } });
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'ConfigMapNotFound' });
  bench.configMaps.set('plant/hosts/known_hosts', host.knownHosts);
  expect(await source.resolveRevision(input)).toMatchObject({ commit: host.commit });
});

overSsh('a host key is not looked at where the object says so', async () => {
  using bench = new Workbench();
  await using host = await sshHost(bench);
  const { source } = await bench.opened;
  bench.secrets.set('plant/ssh/ssh-privatekey', host.privateKey);
  const input = await bench.input({ repo: host.url, auth: { sshKey: { ...sshKey, insecureIgnoreHostKey: true } } });
  expect(await source.resolveRevision(input)).toMatchObject({ commit: host.commit });
});

overSsh('two hosts with a key each: each key opens its own host, and neither is shown another', async () => {
  using bench = new Workbench();
  using elsewhere = new Workbench();
  await using one = await sshHost(bench);
  await using other = await sshHost(elsewhere);
  const { source } = await bench.opened;
  for (const [name, host] of [
    ['one', one],
    ['other', other],
  ] as const) {
    bench.secrets.set(`plant/${name}/ssh-privatekey`, host.privateKey);
    bench.secrets.set(`plant/${name}/known_hosts`, `${one.knownHosts}${other.knownHosts}`);
  }
  const resolve = async (host: { url: string }, name: string) =>
    source.resolveRevision(await bench.input({ repo: host.url, auth: { sshKey: { secretRef: { name, key: 'ssh-privatekey' } } } }));
  expect(await Promise.all([resolve(one, 'one'), resolve(other, 'other')])).toMatchObject([
    { commit: one.commit },
    { commit: other.commit },
  ]);
  expect(await failure(resolve(one, 'other'))).toMatchObject({ reason: 'AuthenticationFailed' });
  expect(await failure(resolve(other, 'one'))).toMatchObject({ reason: 'AuthenticationFailed' });
});

/** From the pages that are named beside the keys. */
const FINGERPRINTS: Readonly<Record<string, readonly string[]>> = {
  'github.com': [
    'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM',
    'SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s',
  ],
  'gitlab.com': [
    'SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8',
    'SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw',
    'SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ',
  ],
  'bitbucket.org': [
    'SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM',
    'SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0',
    'SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E',
  ],
  'ssh.dev.azure.com': ['SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og'],
};

test('the host keys that come with us have the fingerprints that the hosts publish', () => {
  using bench = new Workbench();
  const file = join(bench.folder, 'known_hosts');
  const shown = Object.keys(PUBLISHED_HOST_KEYS).map((host) => {
    writeFileSync(file, publishedKnownHosts(host, ''));
    const lines = execFileSync('ssh-keygen', ['-l', '-E', 'sha256', '-f', file], { encoding: 'utf8' });
    return [
      host,
      lines
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    ];
  });
  expect(Object.fromEntries(shown)).toEqual(FINGERPRINTS);
});

test.each([
  { host: 'github.com', port: '443' },
  { host: 'git.example', port: '' },
  { host: 'github.com.evil.example', port: '' },
])('no keys come with us for $host:$port', ({ host, port }) => {
  expect(publishedKnownHosts(host, port)).toBe('');
});

test('the authority of a private git host is named in the object; without it, or for another name, nothing is read', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  const own = makeCertificate(bench.folder, 'IP:127.0.0.1');
  await using front = await tlsFront(host.client.address.httpUrl, own);
  const { source } = await bench.opened;
  const repo = `${front.url}/plant.git`;
  const ca = { configMapRef: { name: 'authorities', key: 'ca.crt' } };
  const input = { ...(await bench.input({ repo, ca }, [gateway('a')])), commit };
  expect(await failure(source.resolveRevision(await bench.input({ repo })))).toEqual({
    reason: 'TlsUntrusted',
    message: expect.stringContaining('spec.git.ca') as string,
  });
  bench.configMaps.set('plant/authorities/ca.crt', makeCertificate(bench.folder, 'IP:127.0.0.1').ca);
  expect(await failure(source.resolveRevision(input))).toMatchObject({ reason: 'TlsUntrusted' });
  bench.configMaps.set('plant/authorities/ca.crt', own.ca);
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit });
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
  const stranger = makeCertificate(bench.folder, 'DNS:git.example');
  await using other = await tlsFront(host.client.address.httpUrl, stranger);
  bench.configMaps.set('plant/authorities/ca.crt', stranger.ca);
  expect(await failure(source.resolveRevision(await bench.input({ repo: `${other.url}/plant.git`, ca })))).toMatchObject({
    reason: 'TlsUntrusted',
  });
});

test('a host that leads from https to plain http is not followed', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  host.repo.commit(FILES);
  await host.client.createRepository('moved');
  await host.client.setFault('moved', { redirectTo: host.url });
  const own = makeCertificate(bench.folder, 'IP:127.0.0.1');
  await using front = await tlsFront(host.client.address.httpUrl, own);
  bench.configMaps.set('plant/authorities/ca.crt', own.ca);
  const { source } = await bench.opened;
  const input = await bench.input({ repo: `${front.url}/moved.git`, ca: { configMapRef: { name: 'authorities', key: 'ca.crt' } } });
  await expect(source.resolveRevision(input)).rejects.toMatchObject({ reason: 'HostUnreachable' });
  expect(await host.client.requests('plant')).toMatchObject({ sessions: 0 });
});

test('a host that only a proxy can reach is reached through it, with the login that the proxy wants', async () => {
  using bench = new Workbench();
  await using host = await httpHost(bench);
  const commit = host.repo.commit(FILES);
  await host.client.setCredentials('plant', { username: 'git', password: 'token' });
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    const { pathname, search, host: wanted } = new URL(request.url ?? '');
    const login = Buffer.from((request.headers['proxy-authorization'] ?? '').replace('Basic ', ''), 'base64').toString();
    seen.push(`${wanted} ${login}`);
    if (login !== 'squid:p@ss:word') return void response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
    handOn(`${host.client.address.httpUrl}${pathname}${search}`, request, response);
  }).listen(0, '127.0.0.1');
  await using closing = new AsyncDisposableStack();
  closing.defer(async () => {
    proxy.closeAllConnections();
    await once(proxy.close(), 'close');
  });
  await once(proxy, 'listening');
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  bench.secrets.set('plant/git/token', 'token');
  bench.secrets.set('plant/proxy/login', 'squid:p@ss:word\n');
  const { source } = await bench.opened;
  const git = (secretRef?: object) => ({
    repo: 'http://git.invalid/plant.git',
    insecureHttp: true,
    auth: { token: { secretRef: { name: 'git', key: 'token' } } },
    proxy: { url, ...(secretRef ? { secretRef } : {}) },
  });
  expect((await failure(source.resolveRevision(await bench.input(git())))).reason).toBe('AuthenticationFailed');
  const input = { ...(await bench.input(git({ name: 'proxy', key: 'login' }))), commit };
  expect(await source.resolveRevision(input)).toEqual({ ref: 'main', commit });
  expect(await source.fetch(input)).toMatchObject({ author: 'Åsa' });
  expect(new Set(seen)).toEqual(new Set(['git.invalid ', 'git.invalid squid:p@ss:word']));
});

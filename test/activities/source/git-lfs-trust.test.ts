import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { GitHubApi } from './support/github-api.ts';
import { handOn, httpHost, makeCertificate, tlsFront } from './support/hosts.ts';
import { LfsServer } from './support/lfs-server.ts';
import { failure, gateway, Workbench } from './support/workbench.ts';

const PICTURE = Buffer.from(Array.from({ length: 90_000 }, (_, i) => (i * 7) % 251));
const GATEWAYS = [gateway('a', [{ source: 'p', destination: 'projects/p' }])];
const ca = { configMapRef: { name: 'authorities', key: 'ca.crt' } };

async function lfsHost(bench: Workbench) {
  const host = await httpHost(bench);
  const lfs = await LfsServer.before(host.url);
  host.repo.commit({ 'p/logo.png': lfs.put(PICTURE) });
  const dispose = async (): Promise<void> => {
    await lfs[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  };
  return { ...host, lfs, origin: new URL(lfs.url).origin, [Symbol.asyncDispose]: dispose };
}

async function pictureOf(bench: Workbench, git: Record<string, unknown>): Promise<Buffer | undefined> {
  const { files } = await bench.planned(await bench.plan({ ...git, lfs: true }, GATEWAYS), 'a');
  return files['projects/p/logo.png'];
}

test('LFS content of a private git host is read with the authority that the object names, and from nobody else', async () => {
  using bench = new Workbench();
  await using host = await lfsHost(bench);
  const own = makeCertificate(bench.folder, 'IP:127.0.0.1');
  await using front = await tlsFront(host.origin, own);
  await using elsewhere = await tlsFront(host.origin, own);
  await using stranger = await tlsFront(host.origin, makeCertificate(bench.folder, 'IP:127.0.0.1'));
  bench.configMaps.set('plant/authorities/ca.crt', own.ca);
  const repo = `${front.url}/plant.git`;
  host.lfs.shownAs = stranger.url;
  expect(await failure(pictureOf(bench, { repo, ca }))).toMatchObject({
    reason: 'TlsUntrusted',
    message: expect.stringContaining(new URL(stranger.url).host) as string,
  });
  host.lfs.shownAs = elsewhere.url;
  expect((await pictureOf(bench, { repo, ca }))?.equals(PICTURE)).toBe(true);
});

/** A proxy that wants a login, in front of one host, whatever name it is asked for. */
async function proxyTo(url: string): Promise<AsyncDisposable & { url: string; seen: Set<string> }> {
  const seen = new Set<string>();
  const isLetIn = (header: string | undefined): boolean => header === `Basic ${Buffer.from('squid:p@ss:word').toString('base64')}`;
  const proxy = createServer((request, response) => {
    const { pathname, search, host } = new URL(request.url ?? '');
    if (!isLetIn(request.headers['proxy-authorization'])) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    seen.add(`${request.method} ${host}${pathname}`);
    handOn(`${url}${pathname}${search}`, request, response);
  });
  const tunnels = new Set<Duplex>();
  proxy.on('connect', (request, socket, head) => {
    tunnels.add(socket);
    if (!isLetIn(request.headers['proxy-authorization'])) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    seen.add(`CONNECT ${request.url}`);
    const onward = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.on('error', () => onward.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    seen,
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const tunnel of tunnels) tunnel.destroy();
      proxy.closeAllConnections();
      await once(proxy.close(), 'close');
    },
  };
}

test.each(['https', 'http'])('LFS content that only a proxy can reach comes through it over %s, with its login', async (scheme) => {
  using bench = new Workbench();
  await using host = await lfsHost(bench);
  const own = makeCertificate(bench.folder, 'DNS:git.invalid');
  await using front = await tlsFront(host.origin, own);
  await using proxy = await proxyTo(scheme === 'https' ? front.url : host.origin);
  bench.configMaps.set('plant/authorities/ca.crt', own.ca);
  bench.secrets.set('plant/proxy/login', 'squid:p@ss:word\n');
  host.lfs.shownAs = `${scheme}://git.invalid`;
  const git = (secretRef?: object) => ({
    repo: `${scheme}://git.invalid/plant.git`,
    insecureHttp: true,
    ...(scheme === 'https' ? { ca } : {}),
    proxy: { url: proxy.url, ...(secretRef ? { secretRef } : {}) },
  });
  expect((await pictureOf(bench, git({ name: 'proxy', key: 'login' })))?.equals(PICTURE)).toBe(true);
  if (scheme === 'https') expect(proxy.seen).toEqual(new Set(['CONNECT git.invalid:443']));
  else expect(proxy.seen).toContain('POST git.invalid/plant.git/info/lfs/objects/batch');
  bench.secrets.set('plant/proxy/login', 'squid:changed');
  const input = await bench.input({ ...git({ name: 'proxy', key: 'login' }), lfs: true }, GATEWAYS);
  expect(await failure((await bench.opened).source.resolveRevision(input))).toMatchObject({ reason: 'AuthenticationFailed' });
});

test('LFS content is read with the token of a GitHub App; one that was revoked is replaced at the next attempt', async () => {
  using bench = new Workbench();
  await using host = await lfsHost(bench);
  await using api = new GitHubApi();
  const apiUrl = await api.listen();
  bench.secrets.set('plant/app/key.pem', api.privateKey);
  const { appId, installationId } = api;
  const auth = { githubApp: { appId, installationId, apiUrl, secretRef: { name: 'app', key: 'key.pem' } } };
  host.lfs.credential = 'x-access-token:ghs_0_made';
  expect((await pictureOf(bench, { repo: host.lfs.url, auth }))?.equals(PICTURE)).toBe(true);
  host.lfs.credential = 'x-access-token:ghs_1_made';
  bench.restart(); // nobody knows any more that this credential may read the content
  host.repo.commit({ 'p/logo.png': host.lfs.put(Buffer.concat([PICTURE, PICTURE])) });
  api.tokens.length = 0;
  expect(await failure(pictureOf(bench, { repo: host.lfs.url, auth }))).toMatchObject({ reason: 'AuthenticationFailed' });
  expect((await pictureOf(bench, { repo: host.lfs.url, auth }))?.length).toBe(2 * PICTURE.length);
  expect(api.tokens).toHaveLength(2);
});

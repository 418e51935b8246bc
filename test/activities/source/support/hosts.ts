import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GitClient } from '../../../../temporal-dev/git-server/control.ts';
import { GitServer } from '../../../../temporal-dev/git-server/git-server.ts';
import { findSshd, sshServer } from '../../../../temporal-dev/git-server/ssh.ts';
import { GitFixture } from './git-fixture.ts';
import type { Workbench } from './workbench.ts';

export const FILES = { 'projects/p/project.json': '{}' };

/** A git server over HTTP with one repository. */
export async function httpHost(bench: Workbench): Promise<AsyncDisposable & { client: GitClient; repo: GitFixture; url: string }> {
  const server = new GitServer(bench.folder, { PATH: process.env.PATH, HOME: bench.folder });
  const client = new GitClient(await server.listen(0));
  const url = await client.createRepository('plant');
  return { client, url, repo: new GitFixture(client.repositoryPath('plant')), [Symbol.asyncDispose]: () => server.close() };
}

const sshd = findSshd(process.env);

/** `test` where this machine can serve over SSH; elsewhere what is over SSH is skipped, in one printed line. */
export function whereSshd(): jest.It {
  if (sshd === undefined) console.log('git over SSH: skipped, this machine has no sshd (apt-get install openssh-server).');
  // Without a server there is nobody to talk SSH to.
  return sshd === undefined ? test.skip : test;
}

/** An sshd with one repository; its log says when it listens. */
export async function sshHost(
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

/** Hands a request on to another server, and its answer back. @param body where it was read already */
export function handOn(to: string, request: IncomingMessage, response: ServerResponse, body: Readable = request): void {
  const headers = { ...request.headers };
  delete headers.host;
  const onward = forward(to, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  body.pipe(onward);
}

/** A certificate of an authority of its own for these names. */
export function makeCertificate(folder: string, names: string): { ca: string; key: string; cert: string } {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
  openssl('req', '-x509', ...key, file('ca.key'), '-out', file('ca.pem'), '-days', '2', '-subj', '/CN=plant authority');
  openssl('req', ...key, file('tls.key'), '-out', file('tls.csr'), '-subj', '/CN=git', '-addext', `subjectAltName=${names}`);
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy', '-days', '1'];
  openssl('x509', '-req', '-in', file('tls.csr'), ...signed, '-out', file('tls.pem'));
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  return { ca: read('ca.pem'), key: read('tls.key'), cert: read('tls.pem') };
}

/** TLS in front of a plain HTTP server. Disposing of it closes it. */
export async function tlsFront(to: string, { key, cert }: { key: string; cert: string }): Promise<AsyncDisposable & { url: string }> {
  const server = createTlsServer({ key, cert }, (request, response) => handOn(`${to}${request.url}`, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

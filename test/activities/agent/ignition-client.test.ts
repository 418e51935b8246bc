import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIgnitionClient, type IgnitionAddress, type IgnitionClient } from '../../../src/clients/ignition/client.ts';
import { GatewaySimulator } from '../../support/gateway-simulator/simulator.ts';

const folder = mkdtempSync(join(tmpdir(), 'ignition-client-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withServer<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withClient<T>(address: IgnitionAddress, use: (client: IgnitionClient) => Promise<T>): Promise<T> {
  const client = createIgnitionClient(address);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

test('a simulated gateway tells who it is, its projects and its scans', async () => {
  const gateway = await GatewaySimulator.start({ dataDir: join(folder, 'data'), name: 'line-1' });
  await withClient({ host: '127.0.0.1', port: gateway.port, tls: false }, async (client) => {
    expect(await client.state()).toBe('Running');
    expect(await client.gatewayInfo()).toMatchObject({ name: 'line-1', ignitionVersion: '8.3.6 (b2026042713)' });
    expect(await client.projectNames()).toEqual([]);
    expect(await client.scanStatus('projects')).toMatchObject({ scanActive: false, lastScanTimestamp: expect.any(Number) as number });
  });
  await gateway.stop();
});

test('the key is read at each call and sent whole, and a rotated one counts at once', async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['x-ignition-api-token']);
    response.writeHead(200, { 'content-type': 'application/json' }).end('["P"]');
  });
  const tokenFile = join(folder, 'key');
  await withServer(server, (port) =>
    withClient({ host: '127.0.0.1', port, tls: false, tokenFile }, async (client) => {
      for (const key of ['ci:one\n', 'ci:two']) {
        writeFileSync(tokenFile, key);
        expect(await client.projectNames()).toEqual(['P']);
      }
    }),
  );
  expect(seen).toEqual(['ci:one', 'ci:two']);
});

const JSON_TYPE = { 'content-type': 'application/json' };
test.each<{ name: string; answer: (response: ServerResponse) => void; reason: string }>([
  {
    name: '401 with a page of HTML',
    answer: (r) => void r.writeHead(401, { 'content-type': 'text/html' }).end('<html>'),
    reason: 'GatewayAuthFailed',
  },
  { name: '403 without a body', answer: (r) => void r.writeHead(403).end(), reason: 'GatewayAuthFailed' },
  { name: '302 to the welcome page', answer: (r) => void r.writeHead(302, { location: '/welcome' }).end(), reason: 'GatewayNotRunning' },
  { name: '503', answer: (r) => void r.writeHead(503).end(), reason: 'GatewayNotRunning' },
  { name: '404', answer: (r) => void r.writeHead(404).end(), reason: 'GatewayIncompatible' },
  { name: '500', answer: (r) => void r.writeHead(500).end(), reason: 'ScanFailed' },
  {
    name: '200 with HTML',
    answer: (r) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    reason: 'GatewayIncompatible',
  },
  {
    name: '200 with JSON of another shape',
    answer: (r) => void r.writeHead(200, JSON_TYPE).end('{"scanning":true}'),
    reason: 'GatewayIncompatible',
  },
  { name: '200 with broken JSON', answer: (r) => void r.writeHead(200, JSON_TYPE).end('{'), reason: 'GatewayIncompatible' },
  {
    name: 'more bytes than any gateway has to say',
    answer: (r) => void r.writeHead(200, JSON_TYPE).end(Buffer.alloc(9 * 1024 * 1024, ' ')),
    reason: 'GatewayIncompatible',
  },
  { name: 'silence', answer: () => undefined, reason: 'GatewayNotRunning' },
  { name: 'a cut connection', answer: (r) => void r.destroy(), reason: 'GatewayNotRunning' },
])('$name is $reason', async ({ answer, reason }) => {
  await withServer(
    createServer((_, response) => answer(response)),
    (port) =>
      withClient({ host: '127.0.0.1', port, tls: false, timeoutMs: reason === 'GatewayIncompatible' ? 10_000 : 300 }, async (client) => {
        await expect(client.scanStatus('config')).rejects.toMatchObject({ name: 'SyncError', reason });
      }),
  );
});

test('a redirect is not followed', async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(302, { location: '/welcome' }).end();
  });
  await withServer(server, (port) =>
    withClient({ host: '127.0.0.1', port, tls: false }, (client) => client.state().then((state) => expect(state).toBe('Commissioning'))),
  );
  expect(paths).toEqual(['/StatusPing']);
});

describe('TLS', () => {
  const keyFile = join(folder, 'tls.key');
  const certFile = join(folder, 'tls.crt');
  beforeAll(() => {
    const subject = ['-subj', '/CN=gateway', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', keyFile, '-out', certFile, ...subject],
      { stdio: 'ignore' },
    );
  });
  const gateway = (): Server =>
    createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (_, response) => {
      response.writeHead(200, JSON_TYPE).end('{"state":"RUNNING"}');
    });

  test.each<{ name: string; given: () => Partial<IgnitionAddress>; state: string }>([
    { name: 'a certificate of the given CA is trusted', given: () => ({ caFile: certFile }), state: 'Running' },
    { name: 'checking may be left out for this machine', given: () => ({ verifyTls: false }), state: 'Running' },
  ])('$name', async ({ given, state }) => {
    await withServer(gateway(), (port) =>
      withClient({ host: '127.0.0.1', port, tls: true, ...given() }, async (client) => expect(await client.state()).toBe(state)),
    );
  });

  test('an unknown certificate is refused', async () => {
    await withServer(gateway(), (port) =>
      withClient({ host: '127.0.0.1', port, tls: true }, async (client) => {
        await expect(client.scanStatus('config')).rejects.toMatchObject({ reason: 'TlsUntrusted' });
      }),
    );
  });

  test('checking may not be left out for another machine', () => {
    expect(() => createIgnitionClient({ host: 'gateway.plant', port: 8043, tls: true, verifyTls: false })).toThrow(
      expect.objectContaining({ reason: 'InvalidSpec' }) as Error,
    );
  });
});

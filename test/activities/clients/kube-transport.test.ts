import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeTransport } from '../../../src/clients/kube/transport.ts';

let server: Server;
afterEach(() => server.close());

/** An apiserver that refuses its first requests, as after a rotation of its keys. */
async function refusingFirst(count: number): Promise<KubeTransport> {
  let asked = 0;
  server = createServer((_, response) => {
    asked += 1;
    response.writeHead(asked <= count ? 401 : 200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: 'u', token: 't' },
  );
  return new KubeTransport(config);
}

test('calls that find their credentials too old at the same moment all succeed with new ones', async () => {
  const transport = await refusingFirst(0);
  await transport.call('GET', '/');
  const later = performance.now() + 61_000;
  const clock = performance.now.bind(performance);
  performance.now = () => later;
  try {
    const answers = await Promise.all(Array.from({ length: 20 }, () => transport.call('GET', '/')));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({})));
  } finally {
    performance.now = clock;
  }
  await transport.close();
});

test('calls whose credentials are refused at the same moment all succeed with new ones', async () => {
  const transport = await refusingFirst(20);
  const answers = await Promise.all(Array.from({ length: 20 }, () => transport.call('GET', '/')));
  expect(answers).toEqual(Array.from({ length: 20 }, () => ({})));
  await transport.close();
});

test('credentials that stay refused are said after the second try', async () => {
  const transport = await refusingFirst(2);
  await expect(transport.call('GET', '/')).rejects.toMatchObject({ status: 401 });
  await transport.close();
});

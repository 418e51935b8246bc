import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The only port an agent listens on: `GET /healthz` says 200 while the process does its work, 503 with the reason while it cannot yet. */
export async function serveHealth(port: number, why: () => string | undefined): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const reason = why();
    const known = request.url === '/healthz';
    response.writeHead(known ? (reason === undefined ? 200 : 503) : 404, { 'content-type': 'text/plain' });
    response.end(`${known ? (reason ?? 'ok') : 'not found'}\n`);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

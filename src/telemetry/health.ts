import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The only port an agent listens on. Each path of `why` says 200 while its answer is undefined, 503 with the answer otherwise; its words are
 * for people.
 */
export async function serveHealth(
  port: number,
  why: Readonly<Record<string, () => string | undefined>>,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const ask = why[request.url ?? ''];
    const reason = ask?.();
    response.writeHead(ask ? (reason === undefined ? 200 : 503) : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${ask ? (reason ?? 'ok') : 'not found'}\n`);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

import { readFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** How often certificate files are read again: they are renewed while the process runs. */
const CERTIFICATES_MS = 60_000;

export interface ListenOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  /** PEM files; plain HTTP when absent. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Takes no new connections, ends idle ones, resolves when the requests under way are answered. */
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Listens for HTTP, or HTTPS when certificate files are given. */
export async function listen(options: ListenOptions, handler: Handler): Promise<Listening> {
  const { tls, host } = options;
  let timer: NodeJS.Timeout | undefined;
  let server: Server | TlsServer;
  if (tls) {
    const secure = createHttps(await certificates(tls), handler);
    timer = setInterval(() => {
      certificates(tls).then(
        (fresh) => secure.setSecureContext(fresh),
        () => undefined, // half-written files: the old certificate serves on
      );
    }, CERTIFICATES_MS).unref();
    server = secure;
  } else {
    server = createHttp(handler);
  }
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function certificates(tls: { readonly certFile: string; readonly keyFile: string }): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = await Promise.all([readFile(tls.certFile), readFile(tls.keyFile)]);
  return { cert, key };
}

/** @throws Error when only one of the two files is named: nobody means plain HTTP by that. */
export function tlsFiles(certFile: string | undefined, keyFile: string | undefined): ListenOptions['tls'] {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile === undefined && keyFile === undefined) return undefined;
  throw new Error('TLS needs both the certificate and the key file');
}

import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';

/** Connections at once; calls beyond that wait for one. Watches hold one each. */
const CONNECTIONS = 64;

/** What every request carries, and the connections it goes over. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Reads the credentials that a kubeconfig stands for now: token files are rotated, exec plugins answer anew. */
export async function readAccess(config: KubeConfig): Promise<Access> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const found = config.createDispatcherOptions(config.getCurrentCluster(), {
    ca,
    cert,
    key,
    pfx,
    passphrase,
    rejectUnauthorized,
    servername,
  });
  // HTTP/1.1: one lost connection then ends one watch, not all of them and every call under way.
  const common = { allowH2: false, connections: CONNECTIONS };
  const basic: Record<string, string> = options.auth ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {};
  const headers = { ...basic, ...textHeaders(options.headers) };
  switch (found.type) {
    case 'agent':
      return { headers, dispatcher: new Agent({ ...common, connect: found.connect }) };
    case 'proxy':
      return { headers, dispatcher: new ProxyAgent({ ...common, uri: found.uri, requestTls: found.requestTls, connect: found.connect }) };
    case 'none':
      return { headers, dispatcher: new Agent(common) };
    case 'socks':
      throw new Error('the kubeconfig names a SOCKS proxy, which is not supported: use an HTTP proxy');
  }
}

function textHeaders(headers: RequestOptions['headers']): Record<string, string> {
  if (!headers || Array.isArray(headers)) return {};
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

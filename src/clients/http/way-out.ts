import { rootCertificates } from 'node:tls';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { SyncError } from '../../domain/errors.ts';

/** How HTTP servers are reached, where that differs from the usual. */
export interface WayOutOptions {
  /** PEM of the authorities that vouch for the one host, in place of the usual ones. */
  readonly ca?: string | undefined;
  readonly proxy?:
    { readonly url: string; readonly login?: { readonly username: string; readonly password: string } | undefined } | undefined;
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

/**
 * The way to one host, and to others that it names, as an object says: through its proxy, trusting its authorities. What the host names may
 * lie with its own authority as well as in public.
 */
export class WayOut implements AsyncDisposable {
  readonly #home: string;
  readonly #options: WayOutOptions;
  readonly #open = new Map<boolean, Dispatcher>();

  /** @param home any URL of the host */
  constructor(options: WayOutOptions, home: string) {
    this.#home = new URL(home).origin;
    this.#options = options;
  }

  to(url: string): Dispatcher {
    const isHome = new URL(url).origin === this.#home;
    const dispatcher = this.#open.get(isHome) ?? this.#make(isHome);
    this.#open.set(isHome, dispatcher);
    return dispatcher;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #make(isHome: boolean): Dispatcher {
    const { ca, proxy } = this.#options;
    const tls = ca === undefined ? {} : { ca: isHome ? ca : [...rootCertificates, ca] };
    if (!proxy) return new Agent({ connect: tls });
    const login = proxy.login && Buffer.from(`${proxy.login.username}:${proxy.login.password}`).toString('base64');
    return new ProxyAgent({
      uri: proxy.url,
      requestTls: tls,
      proxyTls: ca === undefined ? {} : { ca },
      ...(login === undefined ? {} : { token: `Basic ${login}` }),
    });
  }
}

/** What kept a server from answering: its certificate, the proxy, or the network. The query of a URL is not shown: it may be a signature. */
export function wayFault(url: string, error: unknown, advice: string): SyncError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  const { host, origin, pathname } = new URL(url);
  if (UNTRUSTED.test(code) || /certificate/i.test(message))
    return new SyncError(
      'TlsUntrusted',
      `The certificate of ${host} is not trusted (${code === '' ? message : code}): spec.git.ca names its authority.`,
      {
        cause: error,
      },
    );
  if (/\b407\b/.test(message)) return proxyRefused(error);
  return new SyncError('HostUnreachable', `${origin}${pathname} does not answer: ${message}. ${advice}`, { cause: error });
}

/** The proxy wants another login. */
export function proxyRefused(cause?: unknown): SyncError {
  return new SyncError(
    'AuthenticationFailed',
    'The proxy refused the login, or wants one: check spec.git.proxy and the Secret that it names (user:password).',
    { cause },
  );
}

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the certificate authority to trust, for https. */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

/** One small HTTP exchange on a connection of its own. Rejects when no answer came. */
export function exchange(url: string, options: Request = {}): Promise<Answer> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: options.method ?? 'GET',
        headers: options.headers,
        agent: false,
        timeout: options.timeoutMs ?? 5_000,
        ...(options.ca ? { ca: options.ca } : {}),
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }));
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url}`)));
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Whether a GET is answered with 200 now. */
export async function answers(url: string, options: Request = {}): Promise<boolean> {
  try {
    return (await exchange(url, { timeoutMs: 1_000, ...options })).status === 200;
  } catch {
    return false;
  }
}

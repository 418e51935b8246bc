import type { ServerResponse } from 'node:http';

/** One HTTP answer. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}

export function json(body: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json;charset=utf-8' }, body: JSON.stringify(body) };
}

export function text(body: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/plain;charset=utf-8' }, body };
}

/** The error page of the gateway's web server, which is what most faults look like. */
export function errorPage(status: number, message: string): Reply {
  const rows = `<tr><th>STATUS:</th><td>${status}</td></tr><tr><th>MESSAGE:</th><td>${message}</td></tr>`;
  const body = `<html><head><title>Error ${status}</title></head><body><h2>HTTP ERROR ${status}</h2><table>${rows}</table></body></html>`;
  return { status, headers: { 'content-type': 'text/html;charset=iso-8859-1' }, body };
}

/** Writes that are refused for want of a token have no body at all. */
export function empty(status: number): Reply {
  return { status, headers: { 'content-length': '0' }, body: '' };
}

/** Everything on a gateway that waits for its first-time setup. */
export function toWelcome(): Reply {
  return { status: 302, headers: { location: '/welcome' }, body: '' };
}

/** An unknown route below /data/api. */
export function noRoute(path: string): Reply {
  return json({ message: `No route match for path: ${path}` }, 404);
}

/** Every list of the API. */
export function list(items: readonly unknown[]): Reply {
  return json({ items, metadata: { total: items.length, matching: items.length, limit: -1, offset: 0 } });
}

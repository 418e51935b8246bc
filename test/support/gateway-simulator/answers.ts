import type { ServerResponse } from 'node:http';

/** One HTTP answer. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
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

/** The error page of the gateway's web server, which is what most faults look like [facts 1.2: Jetty template]. */
export function errorPage(status: number, message: string): Reply {
  const rows = `<tr><th>STATUS:</th><td>${status}</td></tr><tr><th>MESSAGE:</th><td>${message}</td></tr>`;
  const body = `<html><head><title>Error ${status}</title></head><body><h2>HTTP ERROR ${status}</h2><table>${rows}</table></body></html>`;
  return { status, headers: { 'content-type': 'text/html;charset=iso-8859-1' }, body };
}

/** Writes that are refused for want of a token have no body at all [facts 1.1, 8.3.7]. */
export function empty(status: number): Reply {
  return { status, headers: status === 204 ? {} : { 'content-length': '0' }, body: '' };
}

/** Everything on a gateway that waits for its first-time setup [facts 1.2]. */
export function toWelcome(): Reply {
  return { status: 302, headers: { location: '/welcome' }, body: '' };
}

/** An unknown route below /data/api [facts 1.2]. */
export function noRoute(path: string): Reply {
  return json({ message: `No route match for path: ${path}` }, 404);
}

/** A resource, project or collection that is not there [facts 1.2: HTML, not JSON]. */
export function notFound(): Reply {
  return errorPage(404, 'Not Found');
}

/** A body that is not what the route wants [facts 1.2: 400 "Invalid request body"]. */
export function invalidBody(): Reply {
  return errorPage(400, 'Invalid request body');
}

/** An exception inside the gateway [facts 1.2: problem.message and problem.stacktrace]. */
export function exception(message: string): Reply {
  return json({ success: false, problem: { message, stacktrace: [`java.lang.IllegalStateException: ${message}`] } }, 500);
}

/** HTTP says success and the body does not [facts 1.2]. */
export function refusedInside(problem: string): Reply {
  return json({ success: false, problem });
}

/** A route that real gateways have and of which the sources do not say enough to play it: said, not invented. */
export function notPlayed(route: string): Reply {
  return json(
    { message: `${route} exists on real gateways, but nothing recorded says what it answers. The simulator does not invent it.` },
    501,
  );
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { empty, errorPage, noRoute, refusedInside, send, toWelcome, type Reply } from './answers.ts';
import { control } from './control.ts';
import { parse } from './disk.ts';
import type { Gateway } from './gateway.ts';
import { effective } from './merged.ts';
import { resolve } from './routes.ts';
import { gwinfo, statusPing } from './status.ts';

const HUGE = 1024 * 1024 * 1024;

/** Answers one request as a gateway in its present state does. */
export async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://gateway');
  const method = request.method ?? 'GET';
  if (path.startsWith('/simulator/')) {
    send(response, await control(gateway, method, path, () => bodyOf(request)));
    return;
  }
  const { delayMs, wrongAnswer, wrongAt } = gateway.faults;
  if (delayMs > 0) await sleep(delayMs);
  if (wrongAnswer !== null && path.startsWith(wrongAt)) {
    gateway.requests.push({ method, path, status: 0 });
    answerWrongly(wrongAnswer, response);
    return;
  }
  const reply = await replyTo(gateway, method, path, searchParams, request);
  gateway.requests.push({ method, path, status: reply.status });
  send(response, reply);
}

async function replyTo(gateway: Gateway, method: string, path: string, query: URLSearchParams, request: IncomingMessage): Promise<Reply> {
  const { state, commissioningScan } = gateway.faults;
  if (path === '/StatusPing') return statusPing(gateway);
  // facts 1.2: the web server stays up while the gateway restarts.
  if (state === 'starting' || state === 'faulted') return errorPage(503, 'Service Unavailable');
  if (path === '/system/gwinfo') return gwinfo(gateway);
  if (state === 'commissioning') return commissioningScan === 400 && path.includes('/scan/') ? errorPage(400, 'Bad Request') : toWelcome();
  // facts 5.3: 8.1 has neither the API nor keys.
  if (!gateway.version.startsWith('8.3')) return path.startsWith('/data/') ? noRoute(path) : errorPage(404, 'Not Found');
  // facts 1.1: the route is resolved before the key is looked at.
  const route = resolve(method, path);
  if ('status' in route) return route;
  const refused = refusal(gateway, method, request);
  if (refused !== undefined) {
    if (method !== 'GET' && gateway.faults.refusedBody === 'empty') return empty(refused);
    return errorPage(refused, refused === 401 ? 'Unauthorized' : 'Forbidden');
  }
  const key = keyOf(request);
  const actor = `api-token:${key?.split(':')[0] ?? 'anonymous'}:${request.socket.remoteAddress ?? ''}`;
  return route.handle({ gateway, params: route.params, query, path, actor, body: () => bodyOf(request) });
}

/** facts 1.1: Access < Read < Write; one header, no Bearer and no Basic. */
function refusal(gateway: Gateway, method: string, request: IncomingMessage): 401 | 403 | undefined {
  gateway.forgotten?.look();
  const { refuseToken, keyRights, keySecureOnly, anonymousReads, unknownKey } = gateway.faults;
  if (refuseToken !== null) return refuseToken;
  if (gateway.tokenFile === undefined || (method === 'GET' && anonymousReads)) return undefined;
  const key = keyOf(request);
  if (key === undefined || !(key === readFileSync(gateway.tokenFile, 'utf8').trim() || isStored(gateway, key))) return unknownKey;
  if (keySecureOnly && !gateway.tls) return 403;
  return keyRights === 'write' || (keyRights === 'read' && method === 'GET') ? undefined : 403;
}

function keyOf(request: IncomingMessage): string | undefined {
  const key = request.headers['x-ignition-api-token'];
  return typeof key === 'string' ? key : undefined;
}

/** A key of a loaded `api-token` resource: its hash is that of the decoded secret [facts 1.14]. */
function isStored(gateway: Gateway, key: string): boolean {
  const [name = '', secret = ''] = key.split(':');
  const hash = createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url');
  return (gateway.faults.keysLoaded === 'boot' ? gateway.keysAtBoot : storedKeys(gateway)).has(`${name}:${hash}`);
}

/** `name:hash` of every key that is in memory. */
export function storedKeys(gateway: Gateway): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [id, { payloads }] of effective(gateway)) {
    const [, name] = /^ignition\/api-token\/(.+)$/.exec(id) ?? [];
    if (name === undefined) continue;
    const config = parse(payloads.get('config.json')?.content?.toString('utf8') ?? '');
    const { settings } = (config ?? {}) as { settings?: { tokenHash?: unknown } };
    if (typeof settings?.tokenHash === 'string') keys.add(`${name}:${settings.tokenHash}`);
  }
  return keys;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** What no gateway should answer and something in front of it may. */
function answerWrongly(how: NonNullable<Gateway['faults']['wrongAnswer']>, response: ServerResponse): void {
  const type = { 'content-type': 'application/json' };
  switch (how) {
    case 'html':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please sign in</body></html>');
    case 'redirect':
      return void response.writeHead(302, { location: 'https://login.example/' }).end();
    case 'half':
      response.writeHead(200, { ...type, 'content-length': '4096' }).write('{"items":[');
      return void setImmediate(() => response.destroy());
    case 'huge':
      pour(response.writeHead(200, type));
      return;
    case 'garbage':
      return void response.writeHead(200, type).end('{"scanning":true,');
    case 'successFalse':
      send(response, refusedInside('the gateway said no'));
      return;
    case 'cut':
      return void response.destroy();
    case 'silence':
      return undefined;
  }
}

/** A gigabyte, as fast as the reader takes it. */
function pour(response: ServerResponse): void {
  const block = Buffer.alloc(64 * 1024, ' ');
  let left = HUGE;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= block.length;
      if (!response.write(block)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

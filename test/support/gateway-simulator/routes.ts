import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { empty, errorPage, json, list, noRoute, send, text, toWelcome, type Reply } from './answers.ts';
import { Faults } from './faults.ts';
import { readProject } from './project-record.ts';
import type { ScanEngine } from './scan-engine.ts';

/** One simulated gateway as its routes see it. */
export interface Gateway {
  readonly name: string;
  readonly dataDir: string;
  /** The API key that is accepted, `name:secret`; any call is allowed when absent. */
  readonly tokenFile?: string | undefined;
  readonly engine: ScanEngine;
  faults: Faults;
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[];
}

type Handler = (gateway: Gateway) => Reply;

/** Below /data/api/v1. Every one needs a token; those that write need more, which this first cut does not tell apart. */
const API = new Map<string, Handler>([
  ['GET gateway-info', (gateway) => json(gatewayInfo(gateway))],
  ['GET projects/names', ({ engine }) => list(engine.projectNames().map((name) => ({ name })))],
  ['GET projects/list', ({ engine, dataDir }) => list(engine.projectNames().map((name) => readProject(dataDir, name)))],
  ...scanRoutes('config'),
  ...scanRoutes('projects'),
]);

function scanRoutes(kind: 'config' | 'projects'): [string, Handler][] {
  return [
    [`GET scan/${kind}`, ({ engine }) => json(engine.status(kind))],
    [
      `POST scan/${kind}`,
      ({ engine, faults }) =>
        faults.scanFails ? errorPage(500, 'java.lang.IllegalStateException: scan failed') : json(engine.trigger(kind)),
    ],
  ];
}

/** Answers one request as a gateway in its present state does. */
export async function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://gateway').pathname;
  const method = request.method ?? 'GET';
  if (path.startsWith('/simulator/')) {
    send(response, await control(gateway, method, path, request));
    return;
  }
  const reply = replyTo(gateway, method, path, request);
  gateway.requests.push({ method, path, status: reply.status });
  send(response, reply);
}

function replyTo(gateway: Gateway, method: string, path: string, request: IncomingMessage): Reply {
  const { state } = gateway.faults;
  if (path === '/StatusPing') return json(statusPing(state));
  if (state === 'starting') return errorPage(503, 'Service Unavailable');
  if (path === '/system/gwinfo') return text(gwinfo(gateway));
  if (state === 'commissioning') return toWelcome();
  const handler = path.startsWith('/data/api/v1/') ? API.get(`${method} ${path.slice('/data/api/v1/'.length)}`) : undefined;
  if (!handler) return path.startsWith('/data/api') ? noRoute(path) : errorPage(404, 'Not Found');
  const refused = refusal(gateway, request);
  if (refused === undefined) return handler(gateway);
  return method === 'GET' ? errorPage(refused, refused === 401 ? 'Unauthorized' : 'Forbidden') : empty(refused);
}

function refusal(gateway: Gateway, request: IncomingMessage): 401 | 403 | undefined {
  if (gateway.faults.refuseToken !== null) return gateway.faults.refuseToken;
  if (gateway.tokenFile === undefined) return undefined;
  return request.headers['x-ignition-api-token'] === readFileSync(gateway.tokenFile, 'utf8').trim() ? undefined : 401;
}

function statusPing(state: Faults['state']): unknown {
  if (state === 'starting') return { state: 'STARTING' };
  return state === 'commissioning' ? { state: 'RUNNING', details: 'COMMISSIONING' } : { state: 'RUNNING' };
}

function gwinfo({ name, faults }: Gateway): string {
  const pairs = {
    ContextStatus: faults.state === 'commissioning' ? 'NEEDS_COMMISSIONING' : 'RUNNING',
    PlatformName: name,
    Version: '8.3.6',
    RedundancyStatus: 'Independent',
    RedundantState: 'Good',
    RedundantNodeActiveStatus: 'Active',
  };
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value};`)
    .join('');
}

function gatewayInfo({ name }: Gateway): unknown {
  return {
    name,
    redundancyRole: 'Independent',
    edition: 'standard',
    hostname: name,
    port: 8088,
    ignitionVersion: '8.3.6 (b2026042713)',
    deploymentMode: '',
    timeZone: 'Coordinated Universal Time',
    timeZoneId: 'UTC',
    jvmVersion: '17.0.14',
    allowUnsignedModules: false,
    license: { mode: 'Trial', validForVersion: true, expirationDate: null, licenseRestrictions: [] },
  };
}

/** Not a gateway's: the switches and what it saw. POST /simulator/faults takes any part of the faults, GET /simulator/state tells all. */
async function control(gateway: Gateway, method: string, path: string, request: IncomingMessage): Promise<Reply> {
  if (method === 'POST' && path === '/simulator/faults') {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const parsed = Faults.partial().safeParse(JSON.parse(Buffer.concat(parts).toString()));
    if (!parsed.success) return json({ message: parsed.error.message }, 422);
    gateway.faults = Faults.parse({ ...gateway.faults, ...parsed.data });
    return json(gateway.faults);
  }
  if (method === 'GET' && path === '/simulator/state') {
    return json({ faults: gateway.faults, requests: gateway.requests, loaded: gateway.engine.loaded() });
  }
  return noRoute(path);
}

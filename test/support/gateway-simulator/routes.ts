import { empty, errorPage, exception, json, noRoute, notFound, notPlayed, type Reply } from './answers.ts';
import type { Gateway } from './gateway.ts';
import { LEVELS, type Level } from './log.ts';
import { definedIn, envelope, find, kindOfType, ofType } from './merged.ts';
import { exportProject, projectRecord } from './projects.ts';
import { list } from './query.ts';
import { remove, write } from './resource-writes.ts';
import { Router, type Call, type Handler } from './router.ts';
import { gatewayInfo, overview, redundancy } from './status.ts';
import { exportTags } from './tags.ts';
import type { Kind } from './load.ts';

/** Below `/data/api/v1/` [facts 1.4–1.14]. */
export const API = new Router({
  ...scan('config'),
  ...scan('projects'),
  'GET gateway-info': ({ gateway }) => gatewayInfo(gateway),
  'GET overview': ({ gateway }) => overview(gateway),
  'GET redundancy': ({ gateway }) => redundancy(gateway),
  'POST redundancy/gwaction/failover': ({ gateway }) => {
    gateway.failover?.();
    return json(gateway.failover !== undefined);
  },
  'GET mode': ({ gateway, query }) => list(modes(gateway), query),

  'GET projects/names': ({ gateway, query }) =>
    list(
      projects(gateway).map(({ name }) => ({ name })),
      query,
    ),
  'GET projects/list': ({ gateway, query }) => list(projects(gateway), query),
  'GET projects/find/:name': ({ gateway, params }) => {
    const one = projects(gateway).find(({ name }) => name === params['name']);
    return one ? json(one) : notFound();
  },
  'GET projects/export/:name': ({ gateway, params }) =>
    gateway.faults.exportAbsent ? notFound() : exportProject(gateway, params['name'] ?? ''),

  'GET resources/names/:module/:type': (call) =>
    named(call, (resource) => {
      const { fields, name } = resource;
      return { name, enabled: fields.attributes?.['enabled'] ?? true, modes: definedIn(call.gateway, resource) };
    }),
  'GET resources/list/:module/:type': (call) => named(call, (resource) => envelope(call.gateway, resource)),
  'GET resources/find/:module/:type/*name': (call) => one(call, call.params['name'] ?? ''),
  'GET resources/singleton/:module/:type': (call) => one(call, ''),
  'GET resources/datafile/:module/:type/*rest': datafile,
  'POST resources/:module/:type': (call) => write(call, 'create'),
  'PUT resources/:module/:type': (call) => write(call, 'update'),
  'DELETE resources/:module/:type/:signature': remove, // a singleton
  'DELETE resources/:module/:type/:name/:signature': remove,
  'GET tags/export': ({ gateway, query }) => exportTags(gateway, query),

  'GET designers': ({ gateway, query }) => list(designers(gateway), query),
  'DELETE designer/:id': () => empty(409), // facts 1.6: DELETE only prunes dormant entries; a live Designer answers 409

  'GET modules/healthy': ({ gateway, query }) => list(modules(gateway), query),
  'GET modules/quarantined': ({ gateway, query }) =>
    list(
      gateway.faults.quarantinedModules.map(({ id, reason }) => ({
        id,
        name: id,
        version: '1.0.0',
        certAccepted: false,
        licenseAccepted: false,
        reason,
      })),
      query,
    ),
  'GET restart-tasks/pending': ({ gateway }) => json({ pending: gateway.faults.pendingRestart }),
  // facts 1.7: 200 and the literal `true`; without confirm nothing is said to happen, as with the deletes of 1.8.
  'POST restart-tasks/restart': ({ gateway, query }) => {
    const { restart } = gateway.faults;
    if (query.get('confirm') !== 'true' || restart === 'refused') return json(false);
    if (restart !== 'ignored') void gateway.restart();
    return restart === 'answers-500' ? exception('the answer got lost') : json(true);
  },
  'GET logs': logs,
});

/** Below `/data/perspective/api/v1/` and `/data/vision/api/v1/` [facts 1.6]: the slash at the end is part of the route. */
export const MODULES = new Router({
  'GET perspective/api/v1/sessions/': ({ gateway, query }) => list(sessions(gateway), query),
  'GET vision/api/v1/clients': ({ gateway, query }) => list(clients(gateway), query),
});

/** Routes of the sources whose answers are not recorded well enough to be played. */
const KNOWN =
  /^(backup|licenses|trial|api-token|encryption|secret-providers|entity|eam|gateway-network|tags\/import|projects\/(import|copy|rename|parents)|modules\/|systemPerformance|logs\/|locales|overview\/|resources\/|redundancy\/|mode$|mode\/)/;

/** The route of a call, or what an unknown one gets. */
export function resolve(method: string, path: string): { handle: Handler; params: Record<string, string> } | Reply {
  if (path.startsWith('/data/api/v1/')) {
    const rest = path.slice('/data/api/v1/'.length);
    return (
      API.find(method, rest) ??
      (KNOWN.test(rest) || (method !== 'GET' && /^projects(\/[^/]+)?$/.test(rest)) ? notPlayed(`${method} ${path}`) : noRoute(path))
    );
  }
  const found = path.startsWith('/data/') ? MODULES.find(method, path.slice('/data/'.length)) : undefined;
  return found ?? (path.startsWith('/data/') ? noRoute(path) : errorPage(404, 'Not Found'));
}

function scan(kind: Kind): Record<string, Handler> {
  return {
    [`GET scan/${kind}`]: ({ gateway }) => json(gateway.engine.status(kind)),
    [`POST scan/${kind}`]: ({ gateway }) => {
      if (gateway.faults.scanFails) return exception('scan failed');
      gateway.locks[kind].release(); // facts 1.4: whoever holds it
      return json(gateway.engine.trigger(kind));
    },
    [`GET scan-lock/${kind}`]: ({ gateway, path }) => gateway.locks[kind].show(gateway.faults, path),
    [`POST scan-lock/${kind}`]: async ({ gateway, actor, body, path }) =>
      gateway.locks[kind].acquire(gateway.faults, actor, await body(), path),
  };
}

function projects({ engine }: Gateway): (Record<string, unknown> & { name?: unknown })[] {
  return [...engine.projects()].map(([name, loaded]) => projectRecord(name, loaded));
}

/** facts 1.10: `{name,title,description,resourceCount}`; the built-in collections are not said to be among them. */
function modes({ engine }: Gateway): Record<string, unknown>[] {
  return [...engine.collections().values()]
    .filter(({ name }) => !['external', 'core', 'local'].includes(name))
    .map(({ name, fields, resources }) => ({
      name,
      title: fields['title'] ?? '',
      description: fields['description'] ?? '',
      resourceCount: resources.size,
    }));
}

function typeOf({ params }: Call): string {
  return `${params['module'] ?? ''}/${params['type'] ?? ''}`;
}

function named(call: Call, show: (resource: ReturnType<typeof ofType>[number]) => Record<string, unknown>): Reply {
  const type = typeOf(call);
  if (kindOfType(call.gateway, type) === undefined) return notFound();
  return list(ofType(call.gateway, type).map(show), call.query);
}

function one(call: Call, name: string): Reply {
  if (kindOfType(call.gateway, typeOf(call)) === undefined) return notFound();
  const resource = find(call.gateway, typeOf(call), name, call.query.get('collection'));
  return resource ? json(envelope(call.gateway, resource)) : notFound();
}

/** `resources/datafile/<m>/<t>/<name>/<file>` [facts 1.9]. */
function datafile(call: Call): Reply {
  const parts = (call.params['rest'] ?? '').split('/');
  const file = parts.pop() ?? '';
  const payload = find(call.gateway, typeOf(call), parts.join('/'), call.query.get('collection'))?.payloads.get(file);
  if (!payload?.content) return notFound();
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: payload.content };
}

/** facts 1.6; `memory` is an object whose shape is not recorded. */
function designers({ faults }: Gateway): Record<string, unknown>[] {
  return programs('designer', faults.designers);
}

/** facts 1.6: as Designers, with `tagCount`. */
function clients({ faults }: Gateway): Record<string, unknown>[] {
  return programs('client', faults.vision).map((one) => ({ ...one, tagCount: 0 }));
}

function programs(kind: string, people: Gateway['faults']['designers']): Record<string, unknown>[] {
  return people.map(({ user, project, address }, index) => ({
    id: `${kind}-${index}`,
    user,
    uptime: 60_000,
    lastcomm: 500,
    timeout: 60_000,
    memory: {},
    project,
    address,
    timezone: 'UTC',
  }));
}

function sessions({ faults }: Gateway): Record<string, unknown>[] {
  return faults.perspective.map(({ user, project, address }, index) => ({
    id: `session-${index}`,
    username: user,
    authorized: true,
    project,
    clientAddress: address,
    lastComm: 500,
    sessionScope: 'BROWSER',
    activePages: 1,
    pageIds: [`page-${index}`],
    recentBytesSent: 0,
    totalBytesSent: 0,
    userAgent: 'test',
  }));
}

function modules({ edition }: Gateway): Record<string, unknown>[] {
  const ids = [
    'com.inductiveautomation.perspective',
    'com.inductiveautomation.opcua',
    ...(edition === 'edge' ? [] : ['com.inductiveautomation.webdev']),
  ];
  return ids.map((id) => ({
    id,
    name: id,
    version: '8.3.6',
    state: 'ACTIVE',
    licenseState: 'Trial',
    vendorName: 'Inductive Automation',
    startupTime: '1 ms',
    onStartup: true,
    shouldUpgrade: false,
  }));
}

/** facts 1.12: `startTime`, `endTime` and `minLevel` besides what every list knows; `logger` is an exact match. */
function logs({ gateway, query }: Call): Reply {
  const from = Number(query.get('startTime') ?? 0);
  const to = Number(query.get('endTime') ?? Infinity);
  const least = LEVELS.indexOf((query.get('minLevel') ?? 'TRACE') as Level);
  const logger = query.get('logger');
  const lines = gateway.log
    .lines()
    .filter(
      ({ timestamp, level, loggerName }) =>
        timestamp >= from && timestamp <= to && LEVELS.indexOf(level) >= least && (logger ?? loggerName) === loggerName,
    );
  return list(
    lines.map((line) => ({ ...line })),
    query,
    new Set(['startTime', 'endTime', 'minLevel', 'logger']),
  );
}

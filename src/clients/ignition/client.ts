import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { readApiKey, type ApiKey } from './api-key.ts';
import { isWelcome, refused } from './failure.ts';
import { IgnitionHttp, type IgnitionAddress } from './http.ts';
import {
  Designers,
  GatewayInfo,
  LogLines,
  Modes,
  Names,
  PendingRestart,
  PerspectiveSessions,
  Redundancy,
  Resource,
  ScanStatus,
  StatusPing,
  VisionClients,
  readGwInfo,
  type GwInfo,
} from './wire.ts';

export type ScanKind = 'config' | 'projects';

/** `Down`: nothing answers at the address, as on a gateway that is stopped or not yet up. */
export type GatewayState = 'Running' | 'Starting' | 'Commissioning' | 'Down';

/** What became of asking for a scan lock: another may hold it, and not every gateway has it. */
export type LockOutcome = 'held' | 'taken' | 'absent';

/** A line of the gateway's log. */
export type LogLine = z.infer<typeof LogLines>['items'][number];

/** Names a resource: `module/type`, its name (empty for a singleton), and the collection that is meant. */
export interface ResourceRef {
  readonly type: string;
  readonly name: string;
  readonly collection: string;
}

/**
 * A gateway's HTTP API, as far as a sync needs it. Every failure is a SyncError: GatewayNotRunning (503, redirect to the welcome page,
 * nothing answers, half an answer, too late), GatewayAuthFailed (401, 403), GatewayIncompatible (an answer of another shape, another redirect,
 * more bytes than a gateway has to say), ScanFailed (other 5xx, 200 that says no). What may hold secrets is never part of a message.
 */
export interface IgnitionClient {
  /** The key that is sent, without its secret; undefined without one. Asks no gateway. */
  key(): Promise<ApiKey | undefined>;
  /** Needs no API key. Never fails because the gateway is down: that is an answer. */
  state(signal?: AbortSignal): Promise<GatewayState>;
  /** Needs no API key; any version answers. Undefined when nothing does, or not with this. */
  gwInfo(signal?: AbortSignal): Promise<GwInfo | undefined>;
  gatewayInfo(signal?: AbortSignal): Promise<GatewayInfo>;
  scanStatus(kind: ScanKind, signal?: AbortSignal): Promise<ScanStatus>;
  /** Asks for a scan. The gateway's answer is a receipt and says nothing of the scan, so it is not given. Releases the lock of this kind. */
  triggerScan(kind: ScanKind, signal?: AbortSignal): Promise<void>;
  /** Holds up other writers and scans of this kind: until a scan is asked for, or `holdSeconds` are over. */
  lockScans(kind: ScanKind, wish: { acquireSeconds: number; holdSeconds: number }, signal?: AbortSignal): Promise<LockOutcome>;
  projectNames(signal?: AbortSignal): Promise<string[]>;
  /** Writes what the gateway serves of a project to a file, as a ZIP. */
  exportProject(name: string, file: string, maxBytes: number, signal?: AbortSignal): Promise<number | 'absent' | 'tooLarge'>;
  /** Names of a type's resources; undefined when the gateway does not know the type. */
  resourceNames(type: string, signal?: AbortSignal): Promise<string[] | undefined>;
  /** A resource as served; undefined when there is none. */
  resource(ref: ResourceRef, signal?: AbortSignal): Promise<Resource | undefined>;
  /** Writes a payload of a resource, as served, to a file. */
  dataFile(ref: ResourceRef, name: string, file: string, maxBytes: number, signal?: AbortSignal): Promise<number | 'absent' | 'tooLarge'>;
  /** Tags and UDT types of a provider as one tree; undefined when the gateway does not show them. */
  exportTags(provider: string, signal?: AbortSignal): Promise<unknown>;
  /** Deployment modes by name, with their titles. */
  modes(signal?: AbortSignal): Promise<Map<string, string>>;
  designers(signal?: AbortSignal): Promise<z.infer<typeof Designers>['items']>;
  /** Undefined on a gateway without Perspective. */
  perspectiveSessions(signal?: AbortSignal): Promise<z.infer<typeof PerspectiveSessions>['items'] | undefined>;
  /** Undefined on a gateway without Vision. */
  visionClients(signal?: AbortSignal): Promise<z.infer<typeof VisionClients>['items'] | undefined>;
  redundancy(signal?: AbortSignal): Promise<Redundancy>;
  /** What waits for a restart of the gateway. */
  pendingRestart(signal?: AbortSignal): Promise<string[]>;
  /** Asks for a restart of the whole gateway. False when it says no. It goes down some seconds after it has answered. */
  restart(signal?: AbortSignal): Promise<boolean>;
  /** Lines of WARN and ERROR since a moment (epoch milliseconds by the gateway's clock), at most `limit`. */
  complaintsSince(since: number, limit: number, signal?: AbortSignal): Promise<LogLine[]>;
  close(): Promise<void>;
}

const V1 = '/data/api/v1';

/** Opens a client for one gateway. @throws SyncError InvalidSpec when TLS checks shall be skipped for a host other than this machine. */
export function createIgnitionClient(address: IgnitionAddress): IgnitionClient {
  const http = new IgnitionHttp(address);
  const get = async <T>(schema: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T> =>
    http.decode(schema, await http.call('GET', path, { signal }));
  const find = async <T>(schema: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T | undefined> => {
    const answer = await http.find(path, { signal });
    return answer && http.decode(schema, answer);
  };
  return {
    key: async () => readApiKey((await http.key()) ?? ''),
    async state(signal) {
      const answer = await http.probe('/StatusPing', signal);
      if (answer === undefined) return 'Down';
      if (isWelcome(answer)) return 'Commissioning';
      if (answer.status >= 500) return 'Starting';
      if (answer.status !== 200) throw refused(answer, 'GET');
      const ping = http.decode(StatusPing, answer);
      if (ping.details === 'COMMISSIONING') return 'Commissioning';
      return ping.state === 'RUNNING' ? 'Running' : 'Starting';
    },
    async gwInfo(signal) {
      const answer = await http.probe('/system/gwinfo', signal);
      return answer?.status === 200 && /^text\/plain\b/i.test(answer.contentType) ? readGwInfo(answer.text) : undefined;
    },
    gatewayInfo: (signal) => get(GatewayInfo, `${V1}/gateway-info`, signal),
    scanStatus: (kind, signal) => get(ScanStatus, `${V1}/scan/${kind}`, signal),
    triggerScan: async (kind, signal) => {
      http.json(await http.call('POST', `${V1}/scan/${kind}`, { signal }));
    },
    async lockScans(kind, { acquireSeconds, holdSeconds }, signal) {
      const body = { acquireTimeout: acquireSeconds, holdTimeout: holdSeconds };
      const answer = await http.ask('POST', `${V1}/scan-lock/${kind}`, { signal, body, timeoutMs: (acquireSeconds + 2) * 1000 });
      if (answer.status === 404) return 'absent';
      if (answer.status === 408 || answer.status === 409) return 'taken';
      if (answer.status === 200) return 'held';
      throw refused(answer, 'POST');
    },
    projectNames: (signal) => get(Names, `${V1}/projects/names`, signal),
    exportProject: (name, file, maxBytes, signal) =>
      http.download(`${V1}/projects/export/${segments(name)}`, file, { type: /zip|octet-stream/i, maxBytes, signal }),
    resourceNames: (type, signal) => find(Names, `${V1}/resources/names/${type}`, signal),
    resource: ({ type, name, collection }, signal) =>
      find(
        Resource,
        `${V1}/resources/${name === '' ? `singleton/${type}` : `find/${type}/${segments(name)}`}?collection=${encodeURIComponent(collection)}`,
        signal,
      ),
    dataFile: ({ type, name, collection }, payload, file, maxBytes, signal) => {
      const at = [type, ...(name === '' ? [] : [segments(name)]), segments(payload)].join('/');
      const path = `${V1}/resources/datafile/${at}?collection=${encodeURIComponent(collection)}`;
      return http.download(path, file, { type: /./, maxBytes, signal });
    },
    exportTags: async (provider, signal) => {
      const query = new URLSearchParams({ provider, type: 'json', recursive: 'true', includeUdts: 'true' });
      const answer = await http.find(`${V1}/tags/export?${query.toString()}`, { signal });
      return answer && http.json(answer);
    },
    modes: async (signal) => new Map((await get(Modes, `${V1}/mode`, signal)).items.map(({ name, title }) => [name, title ?? ''])),
    designers: async (signal) => (await get(Designers, `${V1}/designers`, signal)).items,
    perspectiveSessions: async (signal) => (await find(PerspectiveSessions, '/data/perspective/api/v1/sessions/', signal))?.items,
    visionClients: async (signal) => (await find(VisionClients, '/data/vision/api/v1/clients', signal))?.items,
    redundancy: (signal) => get(Redundancy, `${V1}/redundancy`, signal),
    pendingRestart: async (signal) => (await find(PendingRestart, `${V1}/restart-tasks/pending`, signal))?.pending ?? [],
    async restart(signal) {
      const path = `${V1}/restart-tasks/restart?confirm=true`;
      const { text } = await http.call('POST', path, { signal });
      if (/^\s*(true|false)\s*$/.test(text)) return text.trim() === 'true';
      throw new SyncError('GatewayIncompatible', `${path} of the gateway answered neither true nor false.`);
    },
    async complaintsSince(since, limit, signal) {
      const query = new URLSearchParams({ startTime: `${since}`, minLevel: 'WARN', limit: `${limit}` });
      return (await get(LogLines, `${V1}/logs?${query.toString()}`, signal)).items;
    },
    close: () => http.close(),
  };
}

/** Each part of a name as one segment of a URL. */
function segments(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

export type { IgnitionAddress, ScanStatus };

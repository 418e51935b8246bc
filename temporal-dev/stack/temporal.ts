import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names.ts';
import { answers } from './http.ts';
import type { ServerSpec } from './server.ts';

/** Ports of the Temporal dev server. */
export interface TemporalPorts {
  readonly grpc: number;
  readonly ui: number;
  readonly http: number;
}

/**
 * One hop costs 21 ms with these and 101 ms without: by default the queue readers of a history shard may load only 20 times a second.
 * The limits let some hundred agents poll one server.
 */
const DYNAMIC_CONFIG = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.rps': 20000,
  'frontend.rps': 20000,
  'frontend.namespaceRPS': 20000,
  'frontend.namespaceCount': 20000,
} as const;

/** The Temporal dev server with its UI, our Search Attributes and its state in one file. */
export function temporalServer(binary: string, dataDir: string, ports: TemporalPorts, env: NodeJS.ProcessEnv): ServerSpec {
  return {
    name: 'temporal',
    command: binary,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'error'],
      ...['--port', `${ports.grpc}`, '--ui-port', `${ports.ui}`, '--http-port', `${ports.http}`],
      ...['--db-filename', join(dataDir, 'temporal.db'), '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'],
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
      ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ],
    env,
    logFile: join(dataDir, 'logs', 'temporal.log'),
    ready: async () =>
      (await answers(`http://127.0.0.1:${ports.http}/api/v1/namespaces/default`)) &&
      (await answers(`http://127.0.0.1:${ports.ui}/api/v1/cluster-info`)),
    readyWithinMs: 30_000,
  };
}

import {
  type InjectedSinks,
  NativeConnection,
  type LogLevel,
  type LogMetadata,
  Runtime,
  Worker,
  type WorkerOptions,
  makeTelemetryFilterString,
} from '@temporalio/worker';
import { readFile } from 'node:fs/promises';
import type { Logger } from '../telemetry/logger.ts';
import { FailureInterceptor } from './interceptors/failure.ts';

/** Where Temporal is. */
export interface TemporalEnvironment {
  readonly TEMPORAL_ADDRESS: string;
  readonly TEMPORAL_NAMESPACE: string;
  readonly TEMPORAL_TLS: boolean;
  readonly TEMPORAL_API_KEY_FILE?: string | undefined;
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
/** Said by the SDK of every worker without workflows: expected of agents and of the source. */
const EXPECTED = 'No workflows registered';

/** Installs the process-wide Temporal runtime; once per process, before anything else of the SDK. */
export function installRuntime(logger: Logger): void {
  const log = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    if (message.includes(EXPECTED)) return;
    const { sdkComponent, workflowId, activityId, activityType, error, object, rollout, commit, state, stage, wave, reason } = meta ?? {};
    logger[LEVELS[level]](
      {
        sdk: sdkComponent as unknown,
        workflowId: workflowId as unknown,
        activityId: activityId as unknown,
        activityType: activityType as unknown,
        err: error as unknown,
        object: object as unknown,
        rollout: rollout as unknown,
        commit: commit as unknown,
        state: state as unknown,
        stage: stage as unknown,
        wave: wave as unknown,
        reason: reason as unknown,
        fault: meta?.['message'] as unknown,
      },
      message,
    );
  };
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log,
      trace: (message, meta) => log('TRACE', message, meta),
      debug: (message, meta) => log('DEBUG', message, meta),
      info: (message, meta) => log('INFO', message, meta),
      warn: (message, meta) => log('WARN', message, meta),
      error: (message, meta) => log('ERROR', message, meta),
    },
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}

/** Connects to Temporal, asking until the server answers: processes may start in any order. */
export async function connect(env: TemporalEnvironment, logger: Logger, stopping: AbortSignal): Promise<NativeConnection> {
  for (let wait = 200; ; wait = Math.min(2 * wait, 5_000)) {
    try {
      const apiKey = env.TEMPORAL_API_KEY_FILE ? (await readFile(env.TEMPORAL_API_KEY_FILE, 'utf8')).trim() : undefined;
      return await NativeConnection.connect({ address: env.TEMPORAL_ADDRESS, tls: env.TEMPORAL_TLS ? true : undefined, apiKey });
    } catch (error) {
      stopping.throwIfAborted();
      logger.warn(
        { address: env.TEMPORAL_ADDRESS, error: error instanceof Error ? error.message : String(error) },
        'Temporal does not answer yet',
      );
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

type Chosen = Pick<
  WorkerOptions,
  'taskQueue' | 'activities' | 'workflowBundle' | 'identity' | 'activityTaskPollerBehavior' | 'maxConcurrentActivityTaskExecutions'
>;

/** A worker with what all of ours have in common. */
export async function createWorker(
  connection: NativeConnection,
  namespace: string,
  options: Chosen & { sinks?: InjectedSinks<Record<string, never>> },
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
    shutdownGraceTime: '10s',
    maxHeartbeatThrottleInterval: '5s',
    // After a killed worker each of its workflows waits this long before any other worker may take it, one after the other.
    stickyQueueScheduleToStartTimeout: '2s',
    ...options,
  });
}

/** Runs a worker until it is asked to stop. */
export async function runUntil(worker: Worker, stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return;
  stopping.addEventListener('abort', () => worker.shutdown(), { once: true });
  await worker.run();
}

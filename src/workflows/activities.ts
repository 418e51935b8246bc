import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../contract/control-activities.ts';
import type { GatewayActivities } from '../contract/gateway-activities.ts';
import type { SourceActivities } from '../contract/source-activities.ts';
import { CONTROL_TASK_QUEUE, SOURCE_TASK_QUEUE, gatewayTaskQueue } from '../contract/names.ts';
import { REFUSALS } from '../domain/reasons.ts';

const nonRetryableErrorTypes = [...REFUSALS];

/** An activity as workflows call it: each call carries the sentence that the Temporal UI shows beside it. */
type Called<T> = { [K in keyof T]: T[K] extends (input: infer I) => infer R ? (input: I, summary: string) => R : never };

/** Proxies of one kind of risk. `own` changes the options of single activities. */
function called<T extends object>(
  names: readonly (keyof T & string)[],
  options: ActivityOptions,
  own: Partial<Record<keyof T, ActivityOptions>> = {},
): Called<T> {
  const proxied = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>(options);
  const entries = names.map((name) => [
    name,
    (input: unknown, summary: string) => proxied[name]?.executeWithOptions({ ...own[name], summary }, [input]),
  ]);
  return Object.fromEntries(entries) as Called<T>;
}

/** Reading and writing Kubernetes objects: the apiserver may be away for a while, so this is asked until it answers. */
export const control = called<ControlActivities>(['readDesired', 'reportStatus'], {
  taskQueue: CONTROL_TASK_QUEUE,
  startToCloseTimeout: '1m',
  heartbeatTimeout: '8s', // as long as everything waits after the worker was killed in the middle of a call
  retry: { initialInterval: '200ms', maximumInterval: '10s', nonRetryableErrorTypes },
});

/** The git host may be away too, but then the object's own back-off decides, and says so in status: few attempts here. */
export const source = called<SourceActivities>(['resolveRevision', 'fetch', 'plan', 'readWave'], {
  taskQueue: SOURCE_TASK_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '500ms', maximumInterval: '5s', maximumAttempts: 3, nonRetryableErrorTypes },
});

/** How long a gateway's agent may stay silent before the gateway counts as unreachable. */
const AGENT_SILENCE = '30s';

/**
 * The agent of one gateway. One worker serves this queue, so the wait for that worker is bounded too, not only the work:
 * schedule-to-start running out is the detector of an agent that is away.
 */
export function gatewayActivities(namespace: string, gateway: string): Called<GatewayActivities> {
  return called<GatewayActivities>(
    ['stage', 'apply', 'scan', 'restore'],
    {
      taskQueue: gatewayTaskQueue(namespace, gateway),
      scheduleToStartTimeout: AGENT_SILENCE,
      startToCloseTimeout: '15m',
      heartbeatTimeout: '10s',
      retry: {
        initialInterval: '500ms',
        maximumInterval: '10s',
        maximumAttempts: 5,
        nonRetryableErrorTypes: [...nonRetryableErrorTypes, 'TicketRefused'],
      },
    },
    // The agent itself waits for the gateway's scan, bounded: a scan that then failed is not asked for again and again, it is undone.
    { scan: { retry: { maximumAttempts: 2 } } },
  );
}

/** The same scan of a gateway that is coming up: asked again and again without a line of history, as often as the agent says. */
export function scanOfStartingGateway(namespace: string, gateway: string): Called<Pick<GatewayActivities, 'scan'>> {
  return called<Pick<GatewayActivities, 'scan'>>(['scan'], {
    taskQueue: gatewayTaskQueue(namespace, gateway),
    scheduleToCloseTimeout: '5m',
    scheduleToStartTimeout: AGENT_SILENCE,
    startToCloseTimeout: '3m',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '1s', maximumInterval: '10s', nonRetryableErrorTypes: [...nonRetryableErrorTypes, 'ScanFailed'] },
  });
}

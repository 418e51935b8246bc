import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, GatewayActivities, SourceActivities } from '../contract/activities.ts';
import { CONTROL_TASK_QUEUE, SOURCE_TASK_QUEUE, gatewayTaskQueue } from '../contract/names.ts';
import { REFUSALS } from '../domain/reasons.ts';

const nonRetryableErrorTypes = [...REFUSALS];

/** Reading and writing Kubernetes objects: the apiserver may be away for a while, so this is asked until it answers. */
export const control = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_TASK_QUEUE,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', maximumInterval: '10s', nonRetryableErrorTypes },
});

/** The git host may be away too, but then the object's own back-off decides, and says so in status: few attempts here. */
export const source = proxyActivities<SourceActivities>({
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
export function gatewayActivities(
  namespace: string,
  gateway: string,
): { [K in keyof GatewayActivities]: (input: Parameters<GatewayActivities[K]>[0], summary: string) => ReturnType<GatewayActivities[K]> } {
  const taskQueue = gatewayTaskQueue(namespace, gateway);
  const proxied = proxyActivities<GatewayActivities>({
    taskQueue,
    scheduleToStartTimeout: AGENT_SILENCE,
    startToCloseTimeout: '15m',
    heartbeatTimeout: '10s',
    retry: {
      initialInterval: '500ms',
      maximumInterval: '10s',
      maximumAttempts: 5,
      nonRetryableErrorTypes: [...nonRetryableErrorTypes, 'TicketRefused'],
    },
  });
  return {
    stage: (input, summary) => proxied.stage.executeWithOptions({ summary }, [input]),
    apply: (input, summary) => proxied.apply.executeWithOptions({ summary }, [input]),
    // The agent itself waits for the gateway's scan, bounded: a scan that then failed is not asked for again and again, it is undone.
    scan: (input, summary) => proxied.scan.executeWithOptions({ summary, retry: { maximumAttempts: 2 } }, [input]),
    restore: (input, summary) => proxied.restore.executeWithOptions({ summary }, [input]),
  };
}

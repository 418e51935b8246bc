import { proxyActivities } from '@temporalio/workflow';
import type { GatewayActivities, GatewayStep } from '../../../src/contract/gateway-activities.ts';

/** What one gateway is made to do: each of these live, one after the other, then back to the one before the last. */
export interface OneGateway {
  readonly taskQueue: string;
  readonly steps: readonly GatewayStep[];
  readonly back?: GatewayStep;
}

/** The agent's activities as a wave calls them, without all that a wave waits for. */
export async function oneGateway({ taskQueue, steps, back }: OneGateway): Promise<string[]> {
  const agent = proxyActivities<GatewayActivities>({
    taskQueue,
    startToCloseTimeout: '15m',
    heartbeatTimeout: '5m',
    retry: { maximumAttempts: 1 },
  });
  const outcomes: string[] = [];
  for (const step of steps) {
    await agent.stage(step);
    const { scans } = await agent.apply(step);
    const { outcome, message } = await agent.scan({ ...step, scans });
    outcomes.push(`${outcome}: ${message}`);
  }
  if (back) await agent.restore(back);
  return outcomes;
}

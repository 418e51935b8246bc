import type { Agent } from '../../agent/agent.ts';
import type { GatewayActivities } from '../../contract/gateway-activities.ts';
import { whileBeating } from '../beating.ts';

/** What the agent does, as Temporal asks for it: its progress as heartbeats, Temporal's cancellation as a signal. */
export function createGatewayActivities(agent: Pick<Agent, 'stage' | 'apply' | 'scan' | 'restore' | 'restart'>): GatewayActivities {
  return {
    stage: (input) => whileBeating((doing) => agent.stage(input, doing)),
    apply: (input) => whileBeating((doing) => agent.apply(input, doing)),
    scan: (input) => whileBeating((doing) => agent.scan(input, doing)),
    restore: (input) => whileBeating((doing) => agent.restore(input, doing)),
    restart: (input) => whileBeating((doing) => agent.restart(input, doing)),
  };
}

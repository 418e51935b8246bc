import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Agent } from '../../agent/agent.ts';
import type { Doing, Progress } from '../../agent/ports.ts';
import type { GatewayActivities } from '../../contract/activities.ts';

/** Also while nothing moves, such as in a flush: the server must not take a slow volume for a dead agent. */
const HEARTBEAT_MS = 2000;

/** What the agent does, as Temporal asks for it: its progress as heartbeats, Temporal's cancellation as a signal. */
export function createGatewayActivities(agent: Pick<Agent, 'stage' | 'apply' | 'scan' | 'restore'>): GatewayActivities {
  return {
    stage: (input) => whileBeating((doing) => agent.stage(input, doing)),
    apply: (input) => whileBeating((doing) => agent.apply(input, doing)),
    scan: (input) => whileBeating((doing) => agent.scan(input, doing)),
    restore: (input) => whileBeating((doing) => agent.restore(input, doing)),
  };
}

async function whileBeating<T>(work: (doing: Doing) => Promise<T>): Promise<T> {
  let last: Progress | undefined;
  const timer = setInterval(() => heartbeat(last), HEARTBEAT_MS);
  try {
    const onProgress = (progress: Progress): void => {
      last = progress;
      heartbeat(progress);
    };
    return await work({ signal: cancellationSignal(), onProgress });
  } finally {
    clearInterval(timer);
  }
}

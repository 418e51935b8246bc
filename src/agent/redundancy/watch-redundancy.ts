import { toFault } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Agent } from '../agent.ts';
import { pause } from '../pause.ts';

const LOOK_MS = 5_000;
/** Of a gateway that has said that it has no peer: it takes a restart to get one. */
const ALONE_LOOK_MS = 60_000;

/** Tells at once when the gateway's part in its pair changes: that is how a pair is found, and how a failover is seen before the next commit. */
export async function watchRedundancy(agent: Agent, logger: Logger, stopping: AbortSignal): Promise<void> {
  const isOver = (): boolean => stopping.aborted;
  while (!isOver()) {
    try {
      if (await agent.node.look(stopping)) await agent.hello(stopping);
    } catch (error) {
      if (!isOver()) logger.warn({ ...toFault(error) }, 'the gateway could not be asked for its redundant pair');
    }
    await pause(agent.node.isAlone ? ALONE_LOOK_MS : LOOK_MS, stopping).catch(() => undefined);
  }
}

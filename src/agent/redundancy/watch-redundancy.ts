import { toFault } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { pause } from '../pause.ts';
import type { NodeWatch } from './node-watch.ts';

const LOOK_MS = 5_000;
/** Of a gateway that has said that it has no peer: it takes a restart to get one. */
const ALONE_LOOK_MS = 60_000;

/** Tells at once when the gateway's part in its pair changes: that is how a pair is found, and how a failover is seen before the next commit. */
export async function watchRedundancy(
  node: NodeWatch,
  hello: (signal: AbortSignal) => Promise<unknown>,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => stopping.aborted;
  while (!isOver()) {
    try {
      if (await node.look(stopping)) await hello(stopping);
    } catch (error) {
      if (!isOver()) logger.warn({ ...toFault(error) }, 'the gateway could not be asked for its redundant pair');
    }
    await pause(node.isAlone ? ALONE_LOOK_MS : LOOK_MS, stopping).catch(() => undefined);
  }
}

import { toFault } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { pause } from './pause.ts';

/** What is looked at again and again. */
export interface Watched {
  /** One look. @returns whether what the relay was told is no longer so */
  look(signal: AbortSignal): Promise<boolean>;
  /** Milliseconds to the next look. */
  paceMs(): number;
  /** What is said where a look fails. */
  readonly complaint: string;
}

/** Looks as long as the process lives, and tells the relay at once what has changed. */
export async function tellChanges(
  watched: Watched,
  hello: (signal: AbortSignal) => Promise<unknown>,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => stopping.aborted;
  while (!isOver()) {
    try {
      if (await watched.look(stopping)) await hello(stopping);
    } catch (error) {
      if (!isOver()) logger.warn({ ...toFault(error) }, watched.complaint);
    }
    await pause(watched.paceMs(), stopping).catch(() => undefined);
  }
}

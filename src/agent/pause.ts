import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, unless the process is asked to stop: then it throws at once. */
export async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stopping });
}

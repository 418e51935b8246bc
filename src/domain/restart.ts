import type { Restart } from '../api/v1alpha1/restart.ts';
import { durationMs } from '../api/v1alpha1/schema.ts';
import type { Fault } from './errors.ts';
import { isTimeZone, type TimeWindow } from './windows.ts';

/** When a gateway may be restarted, as a plan says it. */
export interface RestartPolicy {
  /** At least one. */
  readonly windows: readonly TimeWindow[];
  /** Also while people are in. */
  readonly whenInUse?: 'proceed';
  /** Milliseconds that it may take to come back. */
  readonly timeoutMs: number;
}

const DAY_MS = 86_400_000;

/** What a profile says of restarts, for a plan. */
export function restartPolicy({ windows, whenInUse, timeout }: Restart): RestartPolicy {
  return {
    windows: windows.map(({ duration, ...window }) => ({ ...window, durationMs: durationMs(duration) })),
    ...(whenInUse === 'proceed' && { whenInUse }),
    timeoutMs: durationMs(timeout),
  };
}

/** What is wrong with the windows of a profile: what no pattern can tell. */
export function restartFaults(restart: Restart | undefined): Fault[] {
  return (restart?.windows ?? []).flatMap(({ timeZone, duration }, i): Fault[] => {
    const field = `spec.restart.windows[${i}]`;
    const ms = durationMs(duration);
    if (!isTimeZone(timeZone))
      return [
        { reason: 'InvalidProfile', message: `${field}.timeZone "${timeZone}" is no time zone: give one such as Europe/Berlin or UTC.` },
      ];
    if (ms < 60_000 || ms > DAY_MS)
      return [
        { reason: 'InvalidProfile', message: `${field}.duration "${duration}" must be from 1m to 24h: for all day give 24h from 00:00.` },
      ];
    return [];
  });
}

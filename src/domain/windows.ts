/** Days of the week as users write them, in the order of Date's numbers. */
export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** A part of the day, by the clock on the wall of a place. */
export interface TimeWindow {
  /** On which it begins; every day when absent. */
  readonly days?: readonly (typeof WEEKDAYS)[number][] | undefined;
  /** `02:00`. */
  readonly start: string;
  /** Milliseconds, at most a day. */
  readonly durationMs: number;
  /** Of the IANA database, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** Whether a window is open, and until when; else which opens next. Moments in epoch milliseconds. */
export type Opening =
  { readonly open: true; readonly closesAt: number } | { readonly open: false; readonly opensAt: number; readonly window: TimeWindow };

const DAY_MS = 86_400_000;

/**
 * Where `now` lies among windows. A start that a change to summer time leaves out is as much later as the clock was moved; one that comes
 * twice counts once.
 * @param windows at least one
 */
export function openingAt(windows: readonly TimeWindow[], now: number): Opening {
  let closesAt = 0;
  let next: { opensAt: number; window: TimeWindow } | undefined;
  for (const window of windows) {
    for (const opensAt of startsAround(window, now)) {
      const end = opensAt + window.durationMs;
      if (opensAt <= now && now < end) closesAt = Math.max(closesAt, end);
      if (opensAt > now && (!next || opensAt < next.opensAt)) next = { opensAt, window };
    }
  }
  if (closesAt > 0) return { open: true, closesAt };
  if (!next) throw new RangeError('there is no window');
  return { open: false, ...next };
}

/** What a person reads: `Sat, Sun 02:00 Europe/Berlin`. */
export function windowText({ days, start, timeZone }: TimeWindow): string {
  return `${days ? `${days.join(', ')} ` : ''}${start} ${timeZone}`;
}

/** Whether a time zone is one that this program knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    wallClock(0, timeZone);
    return true;
  } catch {
    return false;
  }
}

/** Starts of a window from the day before `now` until a week after. */
function startsAround({ days, start, timeZone }: TimeWindow, now: number): number[] {
  const today = Math.floor(wallClock(now, timeZone) / DAY_MS) * DAY_MS;
  const [hours = 0, minutes = 0] = start.split(':').map(Number);
  const starts: number[] = [];
  for (let day = -1; day <= 7; day += 1) {
    const date = today + day * DAY_MS;
    const weekday = WEEKDAYS[new Date(date).getUTCDay()];
    if (days && (!weekday || !days.includes(weekday))) continue;
    starts.push(momentOf(date + hours * 3_600_000 + minutes * 60_000, timeZone));
  }
  return starts;
}

/** When a clock on the wall shows this; as if it were UTC. */
function momentOf(shown: number, timeZone: string): number {
  const first = shown - (wallClock(shown, timeZone) - shown);
  const second = first + (shown - wallClock(first, timeZone));
  // One that summer time leaves out is never shown: the earlier candidate lies before the clock is moved, outside what was meant.
  return wallClock(second, timeZone) === shown ? second : Math.max(first, second);
}

/** What a clock on the wall shows at a moment, to the second, as if it were UTC. */
function wallClock(moment: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(moment);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

import { isTimeZone, openingAt, windowText, type TimeWindow } from '../../../src/domain/windows.ts';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);
const berlin = (start: string, hours: number, days?: TimeWindow['days']): TimeWindow => ({
  ...(days && { days }),
  start,
  durationMs: hours * HOUR,
  timeZone: 'Europe/Berlin',
});

test.each<{ name: string; windows: TimeWindow[]; now: string; open?: string; opens?: string }>([
  { name: 'open in the middle', windows: [berlin('02:00', 2)], now: '2026-01-10T01:30:00Z', open: '2026-01-10T03:00:00Z' },
  { name: 'open at its first moment', windows: [berlin('02:00', 2)], now: '2026-01-10T01:00:00Z', open: '2026-01-10T03:00:00Z' },
  { name: 'closed at its last', windows: [berlin('02:00', 2)], now: '2026-01-10T03:00:00Z', opens: '2026-01-11T01:00:00Z' },
  { name: 'across midnight', windows: [berlin('23:00', 4)], now: '2026-01-10T01:00:00Z', open: '2026-01-10T02:00:00Z' },
  {
    name: 'the day is the one on which it begins',
    windows: [berlin('23:00', 4, ['Sat'])],
    now: '2026-01-11T01:00:00Z', // Sunday 02:00
    open: '2026-01-11T02:00:00Z',
  },
  { name: 'not on other days', windows: [berlin('23:00', 4, ['Sat'])], now: '2026-01-10T01:00:00Z', opens: '2026-01-10T22:00:00Z' },
  { name: 'a week ahead', windows: [berlin('02:00', 1, ['Sat'])], now: '2026-01-10T02:00:00Z', opens: '2026-01-17T01:00:00Z' },
  { name: 'summer time moves it', windows: [berlin('02:00', 2)], now: '2026-07-10T23:00:00Z', opens: '2026-07-11T00:00:00Z' },
  { name: 'a start that is left out in spring', windows: [berlin('02:30', 1)], now: '2026-03-29T00:00:00Z', opens: '2026-03-29T01:30:00Z' },
  ...[
    { name: 'west of Greenwich', timeZone: 'America/New_York', start: '02:00', now: '2026-03-08T05:30:00Z', opens: '2026-03-08T07:00:00Z' },
    { name: 'further west', timeZone: 'America/Los_Angeles', start: '02:30', now: '2026-03-08T09:00:00Z', opens: '2026-03-08T10:30:00Z' },
    { name: 'at midnight', timeZone: 'America/Santiago', start: '00:00', now: '2026-09-06T02:30:00Z', opens: '2026-09-06T04:00:00Z' },
  ].map(({ name, timeZone, start, now, opens }) => ({
    name: `a start that is left out in spring ${name}`,
    windows: [{ start, durationMs: HOUR, timeZone }],
    now,
    opens,
  })),
  {
    name: 'directly after a start that is left out',
    windows: [{ start: '03:00', durationMs: HOUR, timeZone: 'America/New_York' }],
    now: '2026-03-08T06:30:00Z',
    opens: '2026-03-08T07:00:00Z',
  },
  {
    name: 'the day of another place',
    windows: [{ start: '08:00', durationMs: HOUR, timeZone: 'Asia/Tokyo', days: ['Mon'] }],
    now: '2026-01-11T23:30:00Z',
    open: '2026-01-12T00:00:00Z',
  },
  {
    name: 'the one that stays open longest',
    windows: [berlin('02:00', 2), berlin('01:00', 5)],
    now: '2026-01-10T01:30:00Z',
    open: '2026-01-10T05:00:00Z',
  },
  {
    name: 'the one that opens first',
    windows: [berlin('05:00', 1), berlin('03:00', 1)],
    now: '2026-01-10T01:30:00Z',
    opens: '2026-01-10T02:00:00Z',
  },
  { name: 'the whole day', windows: [berlin('00:00', 24)], now: '2026-01-10T15:00:00Z', open: '2026-01-10T23:00:00Z' },
])('a window: $name', ({ windows, now, open, opens }) => {
  expect(openingAt(windows, at(now))).toMatchObject(open ? { open: true, closesAt: at(open) } : { open: false, opensAt: at(opens ?? '') });
});

test('a window is told as it was written, and a place that is none is known as such', () => {
  expect(windowText(berlin('02:00', 2, ['Sat', 'Sun']))).toBe('Sat, Sun 02:00 Europe/Berlin');
  expect(['UTC', 'America/New_York', 'Europe/Berln', ''].map(isTimeZone)).toEqual([true, true, false, false]);
});

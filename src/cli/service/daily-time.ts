import type { DailyTime } from '../../jobs/daemon-schedule.js';

const DAY_MINUTES = 24 * 60;

/**
 * The earliest time of the day in a zone at which each of some instants of different days has passed: clocks change on
 * other days there than in New York, and sessions may end early. The instants must lie within half a day of each other.
 */
export function latestOfDay(instantsMs: readonly number[], timeZone: string): DailyTime {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const minutes = new Set(instantsMs.map((ms) => minuteOfDay(format.format(ms))));
  // Around midnight the later one of 23:30 and 00:30 is 00:30.
  const isLatest = (candidate: number): boolean =>
    [...minutes].every((other) => (candidate - other + DAY_MINUTES) % DAY_MINUTES < DAY_MINUTES / 2);
  const latest = [...minutes].find(isLatest) ?? Math.max(...minutes);
  return { hour: Math.floor(latest / 60), minute: latest % 60, timeZone };
}

/** `20:05`. */
export function clockText({ hour, minute }: DailyTime): string {
  return `${twoDigits(hour)}:${twoDigits(minute)}`;
}

function minuteOfDay(text: string): number {
  const [hour = '', minute = ''] = text.split(':');
  return Number(hour) * 60 + Number(minute);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

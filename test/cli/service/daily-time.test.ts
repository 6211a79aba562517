import { expect, it } from 'vitest';
import { latestOfDay } from '../../../src/cli/service/daily-time.js';
import { createSchedule } from '../../../src/jobs/daemon-schedule.js';

/** Due instants of the sessions from a date on. */
function dues(hour: number, timeZone: string, sessions = 260): number[] {
  const schedule = createSchedule({ hour, minute: 0, timeZone });
  const instants: number[] = [];
  let atMs = Date.UTC(2026, 0, 1, 12);
  while (instants.length < sessions) {
    atMs = schedule.next(atMs).dueMs;
    instants.push(atMs);
  }
  return instants;
}

it('in the zone of the schedule is the time of the schedule', () => {
  expect(latestOfDay(dues(20, 'America/New_York'), 'America/New_York')).toEqual({
    ...{ hour: 20, minute: 0, timeZone: 'America/New_York' },
  });
});

it.each([
  // London changes its clocks three weeks after New York in spring and a week before it in autumn.
  ['Europe/London', 1],
  ['Europe/Berlin', 2],
  ['UTC', 1],
  ['America/Phoenix', 18],
  ['Asia/Tokyo', 10],
])("in %s is %i o'clock, when every session of the year is due", (timeZone, hour) => {
  expect(latestOfDay(dues(20, 'America/New_York'), timeZone)).toMatchObject({ hour, minute: 0 });
});

it('around midnight is the later side of it', () => {
  expect(latestOfDay(dues(19, 'America/New_York'), 'UTC')).toMatchObject({ hour: 0, minute: 0 });
});

it('is half an hour after the close when the schedule comes before it, short sessions or not', () => {
  expect(latestOfDay(dues(9, 'America/New_York'), 'America/New_York')).toMatchObject({ hour: 16, minute: 30 });
});

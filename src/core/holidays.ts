/** The NYSE's standing rules as pure date arithmetic; days are counted from 1970-01-01. Source: NYSE Rule 7.2 and its holiday notices. */

export const DAY_MS = 86_400_000;

/** Day number of a calendar date; months count from 1 and may overflow. */
export function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** Day of the week of a day number, Sunday 0 to Saturday 6. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Day number of the nth given weekday of a month; n = -1 is the last one. */
export function nthWeekday(year: number, month: number, weekday: number, n: number): number {
  if (n < 0) {
    const last = dayNumber(year, month + 1, 0);
    return last - ((weekdayOf(last) - weekday + 7) % 7);
  }
  const first = dayNumber(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (n - 1);
}

/** Easter Sunday of the Gregorian calendar (the anonymous algorithm, Nature 1876). */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const yearOfCentury = year % 100;
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - Math.floor(century / 4) - correction + 15) % 30;
  const leap = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - epact - (yearOfCentury % 4)) % 7;
  const shift = Math.floor((golden + 11 * epact + 22 * leap) / 451);
  const position = epact + leap - 7 * shift + 114;
  return dayNumber(year, Math.floor(position / 31), (position % 31) + 1);
}

/** A Saturday holiday is kept on Friday, a Sunday holiday on Monday. */
function observed(day: number): number {
  const weekday = weekdayOf(day);
  return weekday === 6 ? day - 1 : weekday === 0 ? day + 1 : day;
}

interface HolidayRule {
  readonly name: string;
  readonly since?: number;
  /** Day number in a year; undefined where the year has none. */
  readonly day: (year: number) => number | undefined;
}

const HOLIDAY_RULES: readonly HolidayRule[] = [
  {
    name: "New Year's Day",
    // A Saturday New Year is not kept on Friday: that is the last day of the old accounting year.
    day: (year) => {
      const day = dayNumber(year, 1, 1);
      return weekdayOf(day) === 6 ? undefined : observed(day);
    },
  },
  { name: 'Martin Luther King Jr. Day', since: 1998, day: (year) => nthWeekday(year, 1, 1, 3) },
  { name: "Washington's Birthday", day: (year) => nthWeekday(year, 2, 1, 3) },
  { name: 'Good Friday', day: (year) => easterSunday(year) - 2 },
  { name: 'Memorial Day', day: (year) => nthWeekday(year, 5, 1, -1) },
  { name: 'Juneteenth', since: 2022, day: (year) => observed(dayNumber(year, 6, 19)) },
  { name: 'Independence Day', day: (year) => observed(dayNumber(year, 7, 4)) },
  { name: 'Labor Day', day: (year) => nthWeekday(year, 9, 1, 1) },
  { name: 'Thanksgiving Day', day: (year) => nthWeekday(year, 11, 4, 4) },
  { name: 'Christmas Day', day: (year) => observed(dayNumber(year, 12, 25)) },
];

/** Holidays of a year by day number. */
export function holidaysOf(year: number): Map<number, string> {
  const days = new Map<number, string>();
  for (const rule of HOLIDAY_RULES) {
    const day = year < (rule.since ?? 0) ? undefined : rule.day(year);
    if (day !== undefined) days.set(day, rule.name);
  }
  return days;
}

/** Early closes were at 14:00 until the end of 1992, at 13:00 since. */
const earlyMinute = (year: number): number => (year < 1993 ? 14 : 13) * 60;

/** Early closes of a year: closing minute of the day (New York) by day number. Holidays among them are not sorted out here. */
export function earlyClosesOf(year: number): Map<number, number> {
  const days = new Map<number, number>();
  const minute = earlyMinute(year);
  if (year >= 1992) days.set(nthWeekday(year, 11, 4, 4) + 1, minute);
  const christmasEve = dayNumber(year, 12, 24);
  if (isMondayToThursday(christmasEve)) days.set(christmasEve, minute);
  if (year >= 1995) {
    const third = dayNumber(year, 7, 3);
    // With the Fourth on a Thursday the Friday after it was short until 2012, the Wednesday before it is since 2013.
    if (weekdayOf(third) === 3) days.set(year < 2013 ? third + 2 : third, minute);
    else if (isMondayToThursday(third)) days.set(third, minute);
  }
  return days;
}

function isMondayToThursday(day: number): boolean {
  const weekday = weekdayOf(day);
  return weekday >= 1 && weekday <= 4;
}

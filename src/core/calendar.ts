import { IANAZone } from 'luxon';
import { GexError } from '../errors.js';
import { DAY_MS, dayNumber, earlyClosesOf, holidaysOf, weekdayOf } from './holidays.js';
import { SPECIAL_DAYS, type SpecialDay } from './special-days.js';

/** The years the rules are checked for. */
export const FIRST_YEAR = 1990;
export const LAST_YEAR = 2050;

/** One session of the New York Stock Exchange. */
export interface TradingDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly openMs: number;
  readonly closeMs: number;
  /** Closes before 16:00 New York. */
  readonly early: boolean;
}

/** Sessions and holidays. Dates are `YYYY-MM-DD` from 1990 to 2050; others throw a `usage` error. */
export interface Calendar {
  /** The session of a date; undefined on weekends, holidays and closures. */
  tradingDay(date: string): TradingDay | undefined;
  isTradingDay(date: string): boolean;
  /** The first session after a date. */
  nextTradingDay(date: string): string;
  /** The last session before a date. */
  previousTradingDay(date: string): string;
  /** Dates of the sessions from `from` to `to`, both included. */
  tradingDays(from: string, to: string): string[];
  /** Why the exchange is closed on a weekday; undefined on sessions and weekends. */
  holidayOn(date: string): string | undefined;
}

const NEW_YORK = IANAZone.create('America/New_York');
const MINUTE_MS = 60_000;
const OPEN_MINUTE = 9 * 60 + 30;
const CLOSE_MINUTE = 16 * 60;

/** Offset from UTC in minutes from 03:00 to midnight of a New York day: clocks only change at 02:00. */
const dayOffsets = new Map<number, number>();

function dayOffset(day: number): number {
  let offset = dayOffsets.get(day);
  if (offset === undefined) {
    offset = NEW_YORK.offset(day * DAY_MS + 17 * 60 * MINUTE_MS);
    dayOffsets.set(day, offset);
  }
  return offset;
}

/** Epoch ms of a New York wall clock time. In the hour that a clock change repeats, the first of the two. */
export function newYorkInstant(date: string, hour: number, minute: number, second = 0): number {
  const day = parseDate(date);
  const local = day * DAY_MS + (hour * 60 + minute) * MINUTE_MS + second * 1000;
  if (hour >= 3) return local - dayOffset(day) * MINUTE_MS;
  const guess = local - dayOffset(day - 1) * MINUTE_MS;
  return local - NEW_YORK.offset(guess) * MINUTE_MS;
}

/** The New York date, `YYYY-MM-DD`, of an instant in epoch ms. */
export function newYorkDate(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const sinceMidnight = ms - day * DAY_MS;
  // New York is four or five hours behind UTC: only between the two does it matter which.
  if (sinceMidnight >= 300 * MINUTE_MS) return dateOf(day);
  if (sinceMidnight < 240 * MINUTE_MS) return dateOf(day - 1);
  return dateOf(Math.floor((ms + NEW_YORK.offset(ms) * MINUTE_MS) / DAY_MS));
}

/** Weekdays in [from, to), holidays counted as weekdays; negative when `to` is earlier. Semantics of numpy.busday_count. */
export function businessDays(from: string, to: string): number {
  const first = parseDate(from);
  const last = parseDate(to);
  return first <= last
    ? weekdaysBefore(last) - weekdaysBefore(first)
    : weekdaysBefore(last + 1) - weekdaysBefore(first + 1);
}

/** Weekdays from Monday 1970-01-05, day 4, up to but without a day. */
function weekdaysBefore(day: number): number {
  const weeks = Math.floor((day - 4) / 7);
  return weeks * 5 + Math.min(day - 4 - weeks * 7, 5);
}

/** A calendar of the standing rules, the known special days and, over both, the given ones. Bad rows throw `usage` errors. */
export function createCalendar(overrides: readonly SpecialDay[] = []): Calendar {
  const special = new Map<number, SpecialDay>();
  for (const row of [...SPECIAL_DAYS, ...overrides]) special.set(parseDate(row.date), row);
  const holidays = lazily(holidaysOf);
  const earlyCloses = lazily(earlyClosesOf);
  const sessions = new Map<number, TradingDay | undefined>();

  const closure = (day: number): string | undefined => {
    const row = special.get(day);
    if (row !== undefined) return row.session === 'closed' ? row.name : undefined;
    return holidays(yearOf(day)).get(day);
  };
  const buildSession = (day: number): TradingDay | undefined => {
    if (isWeekend(day) || closure(day) !== undefined) return undefined;
    const hours = special.get(day)?.session;
    let open = OPEN_MINUTE;
    let close = earlyCloses(yearOf(day)).get(day) ?? CLOSE_MINUTE;
    if (hours === 'regular') close = CLOSE_MINUTE;
    else if (typeof hours === 'object') {
      open = hours.open === undefined ? open : parseMinute(hours.open);
      close = hours.close === undefined ? close : parseMinute(hours.close);
    }
    const midnight = day * DAY_MS - dayOffset(day) * MINUTE_MS;
    const date = dateOf(day);
    return {
      date,
      openMs: midnight + open * MINUTE_MS,
      closeMs: midnight + close * MINUTE_MS,
      early: close < CLOSE_MINUTE,
    };
  };
  const session = (day: number): TradingDay | undefined => {
    if (!sessions.has(day)) sessions.set(day, buildSession(day));
    return sessions.get(day);
  };
  const step = (date: string, by: 1 | -1): string => {
    let day = checkedDay(date) + by;
    while (session(day) === undefined) day += by;
    return dateOf(day);
  };
  // A bad row is reported here, not on the day it falls on.
  for (const row of overrides) checkRow(row);

  return {
    tradingDay: (date) => session(checkedDay(date)),
    isTradingDay: (date) => session(checkedDay(date)) !== undefined,
    nextTradingDay: (date) => step(date, 1),
    previousTradingDay: (date) => step(date, -1),
    tradingDays: (from, to) => {
      const dates: string[] = [];
      const last = checkedDay(to);
      for (let day = checkedDay(from); day <= last; day++) if (session(day) !== undefined) dates.push(dateOf(day));
      return dates;
    },
    holidayOn: (date) => {
      const day = checkedDay(date);
      return isWeekend(day) ? undefined : closure(day);
    },
  };
}

let nyse = createCalendar();
let overridden: readonly SpecialDay[] = [];

/** The New York Stock Exchange: the rules, the special days known to this release and those of `overrideCalendar`. */
export const NYSE: Calendar = {
  tradingDay: (date) => nyse.tradingDay(date),
  isTradingDay: (date) => nyse.isTradingDay(date),
  nextTradingDay: (date) => nyse.nextTradingDay(date),
  previousTradingDay: (date) => nyse.previousTradingDay(date),
  tradingDays: (from, to) => nyse.tradingDays(from, to),
  holidayOn: (date) => nyse.holidayOn(date),
};

/** Gives `NYSE` these special days over the known ones, for the whole process: once, at its start. Bad rows throw `usage`. */
export function overrideCalendar(overrides: readonly SpecialDay[]): void {
  nyse = createCalendar(overrides);
  overridden = overrides;
}

/** The special days given to `overrideCalendar`, for processes that this one starts. */
export function calendarOverrides(): readonly SpecialDay[] {
  return overridden;
}

/** The functions of `NYSE` by themselves. */
export const { tradingDay, isTradingDay, nextTradingDay, previousTradingDay, tradingDays, holidayOn } = NYSE;

/** `YYYY-MM-DD` of a day number. */
function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear();
const isWeekend = (day: number): boolean => weekdayOf(day) % 6 === 0;

/** Day number of a `YYYY-MM-DD` date; undefined when it is not a date of the Gregorian calendar. */
export function dayOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const day = dayNumber(Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8)));
  return dateOf(day) === date ? day : undefined;
}

function parseDate(date: string): number {
  const day = dayOf(date);
  if (day === undefined) throw new GexError('usage', `"${date}" is not a date: write YYYY-MM-DD`);
  return day;
}

function checkedDay(date: string): number {
  const day = parseDate(date);
  const year = yearOf(day);
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    throw new GexError('usage', `${date} is outside the exchange calendar, which knows ${FIRST_YEAR} to ${LAST_YEAR}`);
  }
  return day;
}

function checkRow({ date, session }: SpecialDay): void {
  checkedDay(date);
  if (session === 'closed' || session === 'regular') return;
  const times = [session?.open, session?.close].filter((time) => time !== undefined);
  if (times.length === 0) {
    throw new GexError(
      'usage',
      `the special day ${date} needs a session: "closed", "regular", or an open or close time`,
    );
  }
  times.forEach(parseMinute);
}

function parseMinute(time: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (match === null) throw new GexError('usage', `"${time}" is not a time of a special day: write HH:MM, New York`);
  return Number(match[1]) * 60 + Number(match[2]);
}

function lazily<T>(build: (year: number) => T): (year: number) => T {
  const years = new Map<number, T>();
  return (year) => {
    let value = years.get(year);
    if (value === undefined) {
      value = build(year);
      years.set(year, value);
    }
    return value;
  };
}

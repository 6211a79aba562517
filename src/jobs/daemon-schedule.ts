import { Cron } from 'croner';
import { newYorkDate, nextTradingDay, previousTradingDay, tradingDay, tradingDays } from '../core/calendar.js';
import { plusDays } from '../core/dates.js';
import { GexError } from '../errors.js';
import { oldestKept } from './vendor-window.js';

/** A session is never asked for earlier than this after its close: the vendor still writes its last records. */
const AFTER_CLOSE_MS = 30 * 60_000;

/** A session and the instant from which it is due, epoch ms. */
export interface DueSession {
  readonly date: string;
  readonly dueMs: number;
}

/** When sessions are due. Due instants ascend strictly with the dates, whatever clocks do in between. */
export interface Schedule {
  /** The first session that is due after an instant. */
  next(nowMs: number): DueSession;
  /** The newest session that is due at an instant. */
  last(nowMs: number): DueSession;
  /** Sessions that are due at an instant and still kept by the vendor, oldest first. */
  due(nowMs: number): string[];
}

/** A time of the day in a time zone. */
export interface DailyTime {
  readonly hour: number;
  readonly minute: number;
  /** IANA name. */
  readonly timeZone: string;
}

/**
 * The schedule of a daily time: a session is due at that time on the local day of its close, or half an hour after the
 * close when that is later; without a time, always the latter. A local time that a clock change skips is the end of the
 * gap, one that it repeats is the first of the two.
 */
export function createSchedule(daily?: DailyTime): Schedule {
  const localTime = daily && dailyInstant(daily);
  const known = new Map<string, number>();
  const dueMs = (date: string): number => {
    let due = known.get(date);
    if (due === undefined) {
      const closeMs = closeOf(date);
      due = Math.max(closeMs + AFTER_CLOSE_MS, localTime?.(closeMs) ?? 0);
      known.set(date, due);
    }
    return due;
  };
  const last = (nowMs: number): DueSession => {
    let date = previousTradingDay(plusDays(newYorkDate(nowMs), 1));
    while (dueMs(date) > nowMs) date = previousTradingDay(date);
    return { date, dueMs: dueMs(date) };
  };
  return {
    last,
    next: (nowMs) => {
      const date = nextTradingDay(last(nowMs).date);
      return { date, dueMs: dueMs(date) };
    },
    due: (nowMs) => tradingDays(oldestKept(nowMs), last(nowMs).date),
  };
}

function closeOf(date: string): number {
  const session = tradingDay(date);
  if (!session) throw new GexError('usage', `${date} is no trading day`);
  return session.closeMs;
}

/** The instant of the daily time on the local day of another instant. */
function dailyInstant({ hour, minute, timeZone }: DailyTime): (onDayOf: number) => number {
  const cron = new Cron(`0 ${minute} ${hour} * * *`, { timezone: timeZone, paused: true });
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (onDayOf) => {
    const day = format.format(onDayOf);
    let at = cron.nextRun(new Date(onDayOf - 26 * 3_600_000)); // a local day has 25 hours at most
    while (at && format.format(at) < day) at = cron.nextRun(at);
    if (!at) throw new Error(`no ${hour}:${minute} in ${timeZone} on ${day}`);
    return at.getTime();
  };
}
